"""A run that looks at what it is chosen by while it learns: followed, given up where that is hopeless, and stopped."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from counterpoint.base.errors import DivergedError, InputError
from counterpoint.experiments.compare.contest import GiveUp
from counterpoint.experiments.compare.run import RUNGS, Ran, StoppedError
from counterpoint.training.signals import StopRequest

T = TypeVar("T")
Tell = Callable[[int, float | None], None]
"""Told of the length so far, and of the value there where this was looked at."""


@dataclass(eq=False)
class Followed(Generic[T]):
    """How a run came out.

    Attributes:
        seconds: It took, its own looks among them.
        length: Steps or epochs taken.
        best: Value of its looks.
        rungs: Length and best value so far at the first look after each third, but not at the end.
        found: What was learnt; None where it was given up.
    """

    seconds: float = 0.0
    length: int = 0
    best: float = -math.inf
    rungs: list[tuple[int, float]] = field(default_factory=list)
    found: T | None = None

    def ran(self, per_example: np.ndarray | None = None, value: float | None = None) -> Ran:
        """The same for the comparison.

        Args:
            per_example: `[N]`, of a run that was judged on the test.
            value: Of that run; the best look counts otherwise.
        """
        return Ran(
            value=self.best if value is None else value,
            per_example=np.zeros(0) if per_example is None else per_example,
            seconds=self.seconds,
            steps=self.length,
            rungs=tuple(self.rungs),
            pruned=self.found is None,
        )


def follow(learn: Callable[[Tell], T], *, length: int, give_up: GiveUp | None = None) -> Followed[T]:
    """Run what learns.

    Args:
        learn: Tells of its way, and leaves the state of the process as it was when it is broken off there.
        length: The most it may take.
        give_up: Asked at the rungs; None never gives up.

    Raises:
        DivergedError: What is looked at is no number, or was refused on the way: the data were not, when costs were
            measured, so it is training that made it so.
        StoppedError: Ctrl-C or SIGTERM.
    """
    followed: Followed[T] = Followed()
    began = time.perf_counter()
    with StopRequest() as request:

        def tell(at: int, value: float | None) -> None:
            if request.asked:
                raise StoppedError(f"stopped at {at} of {length}")
            followed.length = at
            if value is not None:
                _note(followed, at, value, length, give_up)

        try:
            followed.found = learn(tell)
        except _GivenUpError:
            pass
        except InputError as error:
            raise DivergedError(f"training went astray: {error}") from error
    followed.seconds = time.perf_counter() - began
    return followed


class _GivenUpError(Exception):
    """The run is hopeless."""


def _note(followed: Followed[T], at: int, value: float, length: int, give_up: GiveUp | None) -> None:
    if not math.isfinite(value):
        raise DivergedError("what is looked at on the way is not finite")
    followed.best = max(followed.best, value)
    before = followed.rungs[-1][0] if followed.rungs else 0
    if at >= length or at * RUNGS // length == before * RUNGS // length:
        return
    followed.rungs.append((at, followed.best))
    if give_up is not None and give_up(at, followed.best):
        raise _GivenUpError
