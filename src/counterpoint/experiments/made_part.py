"""What a claim measures on made data, beside what it measures on real ones."""

from counterpoint.experiments.claim import Figures


def with_made(real: Figures, made: Figures) -> dict[str, dict[str, float]]:
    """The measures of every side on both; names of those on made data begin with ``made/``.

    Args:
        real: By side and measure.
        made: The same; sides may be others.
    """
    found = {side: dict(figures) for side, figures in real.items()}
    for side, figures in made.items():
        found.setdefault(side, {}).update({f"made/{name}": value for name, value in figures.items()})
    return found
