"""Does what nests, or what a teacher says, fit the rest of a recipe?"""

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders import NoHead
from counterpoint.experiments.recipe import Recipe

_STEPS = ("siamese", "queue", "clustering", "relation", "prototypes", "other_encoder")


def check_shapes(recipe: Recipe) -> None:
    """Refuse a nested or a taught recipe that is something else as well.

    Raises:
        InputError: Two of its parts exclude each other.
    """
    if recipe.nested is not None:
        _nothing_else(recipe, "nested embeddings", (*_STEPS, "teacher"))
        if recipe.head != NoHead():
            raise InputError(
                "the recipe does not fit itself: widths and layers that nest are those of the embedding, so head must "
                f"be NoHead(), got {recipe.head!r}"
            )
    if recipe.teacher is not None:
        _nothing_else(recipe, "a teacher", (*_STEPS, "temperature"))
        if recipe.supervision is not Supervision.VIEWS:
            raise InputError(
                "the recipe does not fit itself: a teacher stands for the second view of an example, and its "
                f"supervision is {recipe.supervision}; give Supervision.VIEWS"
            )


def _nothing_else(recipe: Recipe, what: str, others: tuple[str, ...]) -> None:
    if taken := [other for other in others if getattr(recipe, other) is not None]:
        raise InputError(f"the recipe does not fit itself: with {what} there is no {' or '.join(taken)}")
