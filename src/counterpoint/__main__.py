"""``python -m counterpoint``, also under ``torchrun -m counterpoint`` and ``accelerate launch -m counterpoint``."""

from counterpoint.cli.main import main

if __name__ == "__main__":
    main()
