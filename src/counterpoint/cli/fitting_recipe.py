"""Whether what ``--recipe`` names goes with the data, and with what ``--encoder`` says."""

from typing import TypeVar

from counterpoint.base.errors import InputError
from counterpoint.experiments.folder import Plan
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.jobs import Job
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender

OneRecipe = TypeVar("OneRecipe")
_KINDS: dict[Job, tuple[type, ...]] = {
    Job.CONTENT: (Recipe,),
    Job.INTERACTIONS: (Recommender, SequentialRecommender),
    Job.EDGES: (NodeLearner,),
}


def check_recipe_fits(named: Plan | None, job: Job, *, recipe: str | None, data: str) -> None:
    """Refuse a recipe for other data.

    Args:
        named: What ``--recipe`` names; None, which fits all data, where it was not typed.
        job: What the data are for.
        recipe: Of what was typed, to be told.
        data: Likewise.

    Raises:
        InputError: The recipe learns from something else.
    """
    if named is None or isinstance(named, _KINDS[job]):
        return
    own = next(job for job, kinds in _KINDS.items() if isinstance(named, kinds))
    wanted = " or ".join(f"a {kind.__name__}" for kind in _KINDS[job])
    raise InputError(
        f"--recipe {recipe} is a {type(named).__name__} and learns from {own}, and {data} holds {job}: these take "
        f"{wanted}"
    )


def as_recipe(named: object, kind: type[OneRecipe]) -> OneRecipe | None:
    """What was named, which fits the data.

    Args:
        named: A recipe of that kind, or None.
        kind: Its class.
    """
    assert named is None or isinstance(named, kind)  # as check_recipe_fits() saw to
    return named


def check_encoder_is(own: str, asked: str | None) -> None:
    """Refuse another encoder than that of the recipe that was named.

    Args:
        own: What the recipe's encoder is called.
        asked: What ``--encoder`` says, if it was typed.

    Raises:
        InputError: They are two.
    """
    if asked is not None and asked != own:
        raise InputError(f"--encoder {asked}: the encoder of the recipe is {own}; change the recipe file to change it")
