"""One run: a recipe is trained on one side of a ground and judged on the other, perhaps in between as well."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from counterpoint.base.errors import CounterpointError, DivergedError, NotFiniteError
from counterpoint.experiments.compare.ground import Ground
from counterpoint.experiments.compare.scoring import score
from counterpoint.experiments.job import start_method
from counterpoint.experiments.judge import System, model_system
from counterpoint.experiments.recipe import Recipe
from counterpoint.methods import Method
from counterpoint.training import Observer, Record, train

RUNGS = 3
"""How often a run is judged while tuning: after each third of its steps."""


class StoppedError(CounterpointError):
    """Ctrl-C or SIGTERM came; what was finished is kept, and the same command goes on."""

    exit_code = 130


@dataclass(frozen=True)
class Ran:
    """How a run came out.

    Attributes:
        value: The measure at the end, or where it was given up.
        per_example: `[N]` what each held-out example has to do with it.
        seconds: Spent on training, judging left out.
        steps: Taken.
        rungs: Steps and values on the way.
        pruned: It was given up early.
    """

    value: float
    per_example: np.ndarray
    seconds: float
    steps: int
    rungs: tuple[tuple[int, float], ...] = ()
    pruned: bool = False


def train_and_score(recipe: Recipe, ground: Ground, *, give_up: Callable[[int, float], bool] | None = None) -> Ran:
    """Train from fresh weights and judge; the same recipe and ground give the same values, judged in between or not.

    Args:
        recipe: With a number of steps.
        ground: What to learn from and to be judged on.
        give_up: Asked after each third of the steps with the steps taken and the value there; None does not look.

    Raises:
        DivergedError: The loss or the embeddings went astray.
        StoppedError: Training was interrupted.
    """
    steps = recipe.training.steps
    assert steps is not None
    method = start_method(recipe, ground.data.train)
    judged = _Judged(lambda: score(system_of(method), ground).value, give_up, last=steps)
    every = -(-steps // RUNGS) if give_up is not None else steps
    settings = replace(recipe.training, log_every=every, checkpoint_every=None)
    with tempfile.TemporaryDirectory() as place, _no_fault_of_the_input():
        watching = () if give_up is None else (judged,)
        result = train(
            method, ground.data.train, settings, Path(place), observers=watching, stop=lambda: judged.gave_up
        )
    if result.interrupted and not judged.gave_up:
        raise StoppedError(f"stopped after step {result.steps} of {steps}")
    found = score(system_of(method), ground)
    return Ran(
        value=found.value,
        per_example=found.per_example,
        seconds=result.seconds - judged.seconds,
        steps=result.steps,
        rungs=tuple(judged.found),
        pruned=judged.gave_up,
    )


def system_of(method: Method) -> System:
    """What a method has learnt so far, ready to be judged."""
    return model_system("trained", (method.encoder, method.other or method.encoder), is_model=True)


@contextmanager
def _no_fault_of_the_input() -> Iterator[None]:
    """The first batch went through before; what an objective refuses later for not being finite is the training's work.

    Raises:
        DivergedError: In place of a complaint about the input.
    """
    try:
        yield
    except NotFiniteError as error:
        raise DivergedError("the embeddings are not finite any more") from error


class _Judged(Observer):
    """Judges a run on its way."""

    def __init__(self, judge: Callable[[], float], give_up: Callable[[int, float], bool] | None, *, last: int) -> None:
        self._judge, self._give_up, self._last = judge, give_up, last
        self.found: list[tuple[int, float]] = []
        self.seconds = 0.0
        self.gave_up = False

    def on_log(self, record: Record) -> None:
        """Judge, but for the first step and the last."""
        step = record["step"]
        if self._give_up is None or step in (1, self._last):
            return
        began = time.perf_counter()
        self.found.append((step, self._judge()))
        self.gave_up = self._give_up(*self.found[-1])
        self.seconds += time.perf_counter() - began
