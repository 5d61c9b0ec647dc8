"""A contest on content: what the columns hold is embedded, and judged by what they say."""

from collections.abc import Mapping

import numpy as np

from counterpoint.encoders import EncoderSpec
from counterpoint.evaluation import Statistic
from counterpoint.experiments.compare.contest import GiveUp
from counterpoint.experiments.compare.ground import Grounds
from counterpoint.experiments.compare.plan import Costs
from counterpoint.experiments.compare.probe import measure_costs
from counterpoint.experiments.compare.run import Ran, train_and_score
from counterpoint.experiments.compare.scoring import MEASURES, statistic_of
from counterpoint.experiments.compare.terms import CONTENT, Terms
from counterpoint.experiments.presets import with_training
from counterpoint.experiments.recipe import Recipe


class ContentContest:
    """See :class:`Contest`.

    Args:
        grounds: What is learnt from and judged on.
    """

    terms: Terms = CONTENT
    references: Mapping[str, float] = {}

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        self._judging: dict[EncoderSpec, float] = {}

    @property
    def measure(self) -> str:
        """As it goes with the columns."""
        return MEASURES[self._grounds.test.supervision]

    def settled(self, recipe: Recipe, *, length: int, seed: int) -> Recipe:
        """With so many steps."""
        return with_training(recipe, steps=length, seed=seed)

    def costs(self, recipe: Recipe) -> Costs:
        """Judging is timed once for every encoder."""
        found = measure_costs(recipe, self._grounds, judging=self._judging.get(recipe.encoder))
        self._judging[recipe.encoder] = found.validate / self._grounds.tuning.rows
        return found

    def tune(self, recipe: Recipe, give_up: GiveUp) -> Ran:
        """Training rows alone."""
        return train_and_score(recipe, self._grounds.tuning, give_up=give_up)

    def test(self, recipe: Recipe) -> Ran:
        """All training rows, and the test rows."""
        return train_and_score(recipe, self._grounds.test)

    def statistic(self, per_example: np.ndarray) -> Statistic:
        """A mean, or Spearman's correlation."""
        return statistic_of(per_example, self._grounds.test)
