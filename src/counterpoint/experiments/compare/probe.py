"""What a candidate costs: a few steps and one judgement, measured before anything is planned."""

import contextlib
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from counterpoint.base.errors import DivergedError
from counterpoint.experiments.compare.ground import Ground, Grounds
from counterpoint.experiments.compare.plan import Costs
from counterpoint.experiments.compare.run import system_of
from counterpoint.experiments.compare.scoring import score
from counterpoint.experiments.job import start_method
from counterpoint.experiments.peak import peak_bytes
from counterpoint.experiments.presets import with_training
from counterpoint.experiments.recipe import Recipe
from counterpoint.methods import Method
from counterpoint.training import Observer, Record, train

STEPS = 6
"""The first one is not counted: it warms up."""

SLIGHT = 1e-9
"""Cost does not depend on the learning rate, and with next to none nobody goes astray."""

HELD_STEPS = 2
"""After the second step the optimiser has its moments."""


def measure_costs(recipe: Recipe, grounds: Grounds, *, judging: float | None = None) -> Costs:
    """Train for a few steps and judge what comes out.

    Args:
        recipe: Of the candidate.
        grounds: What it will learn from and be judged on.
        judging: Seconds to judge a row, where they are known of the same encoder.

    Raises:
        StoppedError: Training was interrupted.
    """
    method, step = _timed_steps(recipe, grounds.test)
    if judging is None:
        judging = _timed_judging(method, grounds.tuning)
    return Costs(
        step=step,
        validate=judging * grounds.tuning.rows,
        test=judging * grounds.test.rows,
        peak_bytes=peak_bytes(lambda: _hold(recipe, grounds.test)),
    )


def _timed_steps(recipe: Recipe, ground: Ground) -> tuple[Method, float]:
    clock = _Clock()
    method = _steps(recipe, ground, STEPS, clock)
    return method, statistics.median(np.diff(clock.times)[1:])


def _timed_judging(method: Method, ground: Ground) -> float:
    began = time.perf_counter()
    with contextlib.suppress(DivergedError):  # the time is as good
        score(system_of(method), ground)
    return (time.perf_counter() - began) / ground.rows


def _hold(recipe: Recipe, ground: Ground) -> None:
    """Weights, gradients, moments and one batch at work, but no checkpoint, which would copy the weights."""
    with contextlib.suppress(_EnoughError):
        _steps(recipe, ground, HELD_STEPS, _Leave())


def _steps(recipe: Recipe, ground: Ground, steps: int, observer: Observer) -> Method:
    method = start_method(recipe, ground.data.train)
    settings = with_training(
        recipe, steps=steps, log_every=1, optimiser=replace(recipe.training.optimiser, learning_rate=SLIGHT)
    ).training
    with tempfile.TemporaryDirectory() as place:
        train(method, ground.data.train, settings, Path(place), observers=(observer,))
    return method


class _Clock(Observer):
    """Notes when each step ended."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_log(self, record: Record) -> None:
        """One more."""
        self.times.append(record["time"])


class _EnoughError(Exception):
    """All was held that will be held."""


class _Leave(Observer):
    """Leaves after the last step, before a checkpoint is written."""

    def on_log(self, record: Record) -> None:
        """Leave?"""
        if record["step"] == HELD_STEPS:
            raise _EnoughError
