"""The page docs/peers.md: ``python tests/peers/page.py > docs/peers.md``."""

import sys

from agreements import Agreement

HEAD = """# Where definitions coincide, so do the numbers

Made by `python tests/peers/page.py` from the table that `tests/peers` runs. Each row is computed on the same rows in
double precision by us and by the library named; value and gradient with respect to every input agree within torch's
tolerance for double precision (1e-7 relative). A note says what the two definitions do not share, and how they were
made to coincide. Gradients over several processes are in `make parity`.

| library | theirs | ours | note |
|---|---|---|---|
"""


def everything() -> list[Agreement]:
    """All tables, one after the other."""
    import metric_learning
    import metric_learning_heads
    import sentence_losses
    import torch_losses

    parts = (metric_learning, metric_learning_heads, sentence_losses, torch_losses)
    return [one for part in parts for one in part.TABLE]


def page(agreements: list[Agreement]) -> str:
    """The page in Markdown."""
    return HEAD + "".join(f"| {one.package} | `{one.theirs}` | `{one.ours}` | {one.note} |\n" for one in agreements)


if __name__ == "__main__":
    sys.stdout.write(page(everything()))
