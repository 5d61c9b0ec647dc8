"""What will run: the budget, divided so that every candidate gets the same steps, trials and seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from counterpoint.base.errors import InputError
from counterpoint.experiments.compare.candidate import Candidate, LeftOut, R
from counterpoint.experiments.compare.run import RUNGS
from counterpoint.experiments.compare.terms import CONTENT, Terms
from counterpoint.experiments.source import DataSource

MOST_TRIALS, FEWEST_TRIALS = 20, 2
FEWEST_STEPS = 5
SPARE = 0.95
"""Of the budget that is planned for; the rest is for resampling and for what a probe cannot know."""


@dataclass(frozen=True, kw_only=True)
class Request(Generic[R]):
    """What was asked for.

    Attributes:
        source: The data.
        candidates: Who takes part.
        left_out: Who does not.
        budget: Seconds for everything.
        seeds: Of the runs on the test rows, one each.
        usual_steps: Steps (epochs with interactions) that the recipe would take if nobody were in a hurry.
        steps: Of every run, likewise; None leaves it to the budget.
        trials: Of tuning, for every candidate; None leaves it to the budget.
        test_rows: Held-out rows that are judged, at most.

    Raises:
        InputError: A number that cannot be.
    """

    source: DataSource
    candidates: tuple[Candidate[R], ...]
    left_out: tuple[LeftOut, ...]
    budget: float
    seeds: tuple[int, ...]
    usual_steps: int
    steps: int | None
    trials: int | None
    test_rows: int

    def __post_init__(self) -> None:
        if not self.budget > 0:
            raise InputError(f"budget must be above 0 seconds, got {self.budget}")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise InputError(f"seeds must be different whole numbers of at least 0, got {list(self.seeds)}")
        if self.steps is not None and self.steps < 1:
            raise InputError(f"steps must be at least 1, got {self.steps}")
        if self.trials is not None and self.trials < 1:
            raise InputError(f"trials must be at least 1, got {self.trials}")
        if self.test_rows < 2:
            raise InputError(f"test_rows must be at least 2, got {self.test_rows}")


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a candidate was measured to cost.

    Attributes:
        step: Seconds of a training step (of an epoch, where runs are counted in those), the median of a few.
        validate: Seconds to judge a model while tuning.
        test: Seconds to judge a model on the test rows.
        peak_bytes: The most bytes of tensors held at one time while training: weights, gradients, optimiser, batch.
    """

    step: float
    validate: float
    test: float
    peak_bytes: int

    def seconds(self, *, steps: int, trials: int, seeds: int) -> float:
        """Of all runs of the candidate, if no trial is given up early."""
        return trials * (steps * self.step + RUNGS * self.validate) + seeds * (steps * self.step + self.test)


@dataclass(frozen=True, kw_only=True)
class Plan(Generic[R]):
    """What will run; once written it is not changed, whatever the time.

    Attributes:
        request: What was asked for.
        costs: Of every candidate, by name.
        steps: Of every run.
        trials: Of every candidate.
        expected: Seconds that it should take, at most.
    """

    request: Request[R]
    costs: Mapping[str, Costs]
    steps: int
    trials: int
    expected: float

    @property
    def runs(self) -> int:
        """All of them."""
        return len(self.request.candidates) * (self.trials + len(self.request.seeds))


def make_plan(
    request: Request[R], costs: Mapping[str, Costs], *, spent: float = 0.0, terms: Terms = CONTENT
) -> Plan[R]:
    """Divide what is left of the budget.

    Trials are as many as leave runs of 100 steps, or 30 epochs (or of as many as are usual), 2 at least and 20 at most;
    steps are then as many as fit, but no more than are usual. Both are the same for every candidate. What was asked for
    by number is not touched.

    Args:
        request: What was asked for.
        costs: Of every candidate, by name.
        spent: Seconds that measuring them took.
        terms: What is a short run, and what it is called.

    Raises:
        InputError: The budget does not even allow five steps and two trials.
    """
    left = SPARE * request.budget - spent
    steps, trials = _divide(list(costs.values()), request, left, terms)
    expected = sum(one.seconds(steps=steps, trials=trials, seeds=len(request.seeds)) for one in costs.values())
    return Plan(request=request, costs=dict(costs), steps=steps, trials=trials, expected=expected)


def _divide(costs: Sequence[Costs], request: Request[R], left: float, terms: Terms) -> tuple[int, int]:
    if request.steps is not None and request.trials is not None:
        return request.steps, request.trials
    wanted = request.steps or min(terms.short, request.usual_steps)
    counts = [request.trials] if request.trials is not None else range(MOST_TRIALS, FEWEST_TRIALS - 1, -1)
    for trials in counts:
        if _steps(costs, trials, request, left) >= wanted:
            break
    if request.steps is not None:
        fitting, least = _steps(costs, trials, request, left), request.steps
        steps = request.steps
    else:
        fitting = _steps(costs, trials, request, left)
        least, steps = min(FEWEST_STEPS, request.usual_steps), min(fitting, request.usual_steps)
    if fitting < least:
        needed = sum(one.seconds(steps=least, trials=trials, seeds=len(request.seeds)) for one in costs)
        more = (needed - left) / SPARE
        raise InputError(
            f"budget: {request.budget / 60:.3g} min are too few for {len(costs)} candidates, {trials} trials and "
            f"{len(request.seeds)} seeds of {least} {terms.units} each, which need about "
            f"{(request.budget + more) / 60:.3g}; name fewer candidates or seeds, {terms.smaller}"
        )
    return steps, trials


def _steps(costs: Sequence[Costs], trials: int, request: Request[R], left: float) -> int:
    """How many steps of every run fit."""
    seeds = len(request.seeds)
    fixed = sum(one.seconds(steps=0, trials=trials, seeds=seeds) for one in costs)
    each = sum(one.step for one in costs) * (trials + seeds)
    return max(0, int((left - fixed) / max(each, 1e-12)))
