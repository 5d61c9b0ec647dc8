"""Do the clusters of a recipe fit the rest of it, and its data?"""

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.experiments.recipe import Recipe


def check_clusters(recipe: Recipe, rows: int) -> None:
    """Whether clusters stand beside views and nothing else, and enough will have been seen when they are found.

    Args:
        recipe: With clusters or without.
        rows: To learn from.

    Raises:
        InputError: They do not fit.
    """
    step = recipe.clustering
    if step is None:
        return
    if recipe.supervision is not Supervision.VIEWS:
        raise InputError(
            "the recipe does not fit itself: clustering stands beside views, and its supervision is "
            f"{recipe.supervision}"
        )
    others = ("siamese", "queue", "temperature", "prototypes", "other_encoder", "relation")
    if taken := [other for other in others if getattr(recipe, other) is not None]:
        raise InputError(f"the recipe does not fit itself: with clustering there is no {' or '.join(taken)}")
    seen = min(rows, step.start * recipe.training.batch_size * recipe.training.accumulate)
    if seen < step.clusters * step.smallest:
        raise InputError(
            f"clustering.clusters is {step.clusters} of at least {step.smallest} rows, and after {step.start} steps at "
            f"most {seen} of {rows} training rows have been seen: ask for fewer, or start later"
        )
