"""Tuning: the same number of trials for every candidate, never on the test; hopeless trials are given up early.

Optuna proposes (TPE, Bergstra et al., NeurIPS 2011) and prunes (a trial that is below the median of the earlier ones
at the same step). What it proposes is a function of the finished trials and of the number of the next one, so that
tuning that was killed goes on as if nothing had happened; Optuna keeps nothing itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from counterpoint.base.errors import DivergedError
from counterpoint.base.extras import require
from counterpoint.experiments.compare.candidate import Candidate, R
from counterpoint.experiments.compare.contest import Contest
from counterpoint.experiments.compare.folder import Lines
from counterpoint.experiments.compare.space import Dimension, rounded, space_of, with_values
from counterpoint.experiments.compare.terms import Terms

DRAWN = 4
"""Trials that are drawn at random, at the same places for every candidate, before earlier ones are learnt from."""

NEVER_PRUNED = 2
"""Trials that are always finished."""


@dataclass(frozen=True)
class Tuned(Generic[R]):
    """The best trial of a candidate.

    Attributes:
        recipe: With its numbers.
        values: These numbers, by name.
        validation: Its measure on the rows held out for tuning.
    """

    recipe: R
    values: Mapping[str, float]
    validation: float


def run_trial(candidate: Candidate[R], contest: Contest[R], lines: Lines, number: int) -> str | None:
    """Run a trial of a candidate, unless it was run before.

    Args:
        candidate: With the steps and the seed of its trials in the recipe.
        contest: Holds a part out for tuning.
        lines: Trials so far; the new one is added.
        number: Of the trial, from 0.

    Returns:
        What came out in words; None when it is there already.

    Raises:
        StoppedError: Training was interrupted; finished trials are kept.
        MissingExtraError: Optuna is not installed.
    """
    before = lines.where(candidate=candidate.name)
    if len(before) > number:
        return None
    line = _trial(candidate, contest, space_of(candidate.recipe), before, number)
    lines.add(line)
    return _words(line, contest.terms)


def best_trial(candidate: Candidate[R], lines: Lines) -> Tuned[R] | None:
    """What tuning chose; None when every trial went astray."""
    finished = [one for one in lines.where(candidate=candidate.name) if one["state"] == "complete"]
    if not finished:
        return None
    best = max(finished, key=lambda one: one["value"])
    return Tuned(with_values(candidate.recipe, best["values"]), best["values"], best["value"])


def check_optuna() -> None:
    """Find out at once whether there is something to tune with.

    Raises:
        MissingExtraError: Optuna is not installed.
    """
    _optuna()


def _trial(
    candidate: Candidate[R],
    contest: Contest[R],
    space: Sequence[Dimension],
    before: Sequence[Mapping[str, Any]],
    number: int,
) -> dict[str, Any]:
    """Run one trial and say all about it in one line."""
    trial = _asked(space, before, number)
    usual = {one.name: one.usual for one in space}
    values = usual if number == 0 else {name: rounded(value) for name, value in trial.params.items()}
    line = {"candidate": candidate.name, "trial": number, "values": values}

    def hopeless(step: int, value: float) -> bool:
        trial.report(value, step)
        return trial.should_prune()

    try:
        ran = contest.tune(with_values(candidate.recipe, values), hopeless)
    except DivergedError as error:
        return {**line, "state": "astray", "reason": str(error), "rungs": []}
    state = "pruned" if ran.pruned else "complete"
    return {
        **line, "state": state, "value": ran.value, "rungs": ran.rungs, "steps": ran.steps, "seconds": ran.seconds
    }  # fmt: skip


def _asked(space: Sequence[Dimension], before: Sequence[Mapping[str, Any]], number: int) -> Any:
    """What Optuna proposes after these trials."""
    optuna = _optuna()
    distributions = {one.name: optuna.distributions.FloatDistribution(one.low, one.high, log=True) for one in space}
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=number, n_startup_trials=DRAWN),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=NEVER_PRUNED),
    )
    for one in before:
        study.add_trial(_finished(optuna, one, distributions))
    return study.ask(distributions)


def _finished(optuna: Any, line: Mapping[str, Any], distributions: Mapping[str, Any]) -> Any:
    states = optuna.trial.TrialState
    state = {"complete": states.COMPLETE, "pruned": states.PRUNED, "astray": states.FAIL}[line["state"]]
    return optuna.trial.create_trial(
        state=state,
        value=line["value"] if state is states.COMPLETE else None,
        params=line["values"],
        distributions=dict(distributions),
        intermediate_values={step: value for step, value in line["rungs"]},
    )


def _optuna() -> Any:
    optuna = require("optuna", extra="compare", purpose="tuning")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _words(line: Mapping[str, Any], terms: Terms) -> str:
    numbers = ", ".join(f"{name} {value:g}" for name, value in line["values"].items())
    if line["state"] == "astray":
        return f"{numbers}: {line['reason']}"
    given_up = f", given up after {terms.unit} {line['steps']}" if line["state"] == "pruned" else ""
    return f"{numbers}: {line['value']:.4f} in {line['seconds']:.1f} s{given_up}"
