"""What a comparison asks of what it compares on: to train a recipe and judge it, for tuning and for the test."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from counterpoint.evaluation import Statistic
from counterpoint.experiments.compare.candidate import R
from counterpoint.experiments.compare.plan import Costs
from counterpoint.experiments.compare.run import Ran
from counterpoint.experiments.compare.terms import Terms

GiveUp = Callable[[int, float], bool]
"""Asked on the way with the length so far and the value there; True ends a run that is hopeless."""


class Contest(Protocol[R]):
    """Data that were split once, the same for all candidates, and how a recipe is trained and judged on them.

    The same recipe gives the same values in every method that trains, looked at on the way or not.
    """

    @property
    def terms(self) -> Terms:
        """What its parts are called."""
        ...

    @property
    def measure(self) -> str:
        """What is decided by on the test; greater is better."""
        ...

    @property
    def references(self) -> Mapping[str, float]:
        """The measure on the test of what needs no training, by name; empty where there is nothing."""
        ...

    def settled(self, recipe: R, *, length: int, seed: int) -> R:
        """The recipe with a length and a seed."""
        ...

    def costs(self, recipe: R) -> Costs:
        """What training and judging take, measured on a few steps.

        Raises:
            StoppedError: Training was interrupted.
        """
        ...

    def tune(self, recipe: R, give_up: GiveUp) -> Ran:
        """Train and judge on what is held out for tuning; nothing of the test is looked at.

        Raises:
            DivergedError: Training went astray.
            StoppedError: Training was interrupted.
        """
        ...

    def test(self, recipe: R) -> Ran:
        """Train and judge on the test.

        Raises:
            DivergedError: Training went astray.
            StoppedError: Training was interrupted.
        """
        ...

    def statistic(self, per_example: np.ndarray) -> Statistic:
        """The measure as a function of how often each example of the test is drawn.

        Args:
            per_example: `[N]` of a run of :meth:`test`.
        """
        ...
