"""One that takes part in a comparison, and one that does not."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender

AnyRecipe = Recipe | Recommender | SequentialRecommender | NodeLearner
"""What can be compared: learning from content, from interactions or from edges, one task each."""
R = TypeVar("R", bound=AnyRecipe)


@dataclass(frozen=True, kw_only=True)
class Candidate(Generic[R]):
    """One that takes part.

    Attributes:
        name: In tables and files.
        recipe: With settings as they are before tuning.
    """

    name: str
    recipe: R


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """One that does not.

    Attributes:
        name: In tables.
        reason: Why not.
    """

    name: str
    reason: str
