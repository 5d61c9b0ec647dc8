"""The bake-off from end to end: measure costs, plan, tune, run with every seed, decide, recommend."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Generic

import numpy as np

from counterpoint.base.errors import DivergedError, InputError
from counterpoint.base.files import read_json, write_json, write_text
from counterpoint.base.spec import from_json, to_json
from counterpoint.experiments.compare.candidate import Candidate, LeftOut, R
from counterpoint.experiments.compare.contest import Contest
from counterpoint.experiments.compare.folder import CompareFolder, Lines
from counterpoint.experiments.compare.plan import Costs, Plan, Request, make_plan
from counterpoint.experiments.compare.run import StoppedError
from counterpoint.experiments.compare.terms import Terms
from counterpoint.experiments.compare.tuning import Tuned, best_trial, check_optuna, run_trial
from counterpoint.experiments.compare.verdict import Entrant, Verdict, decide
from counterpoint.experiments.recipe_source import source_of
from counterpoint.training.signals import StopRequest

Say = Callable[[str], None]

ASTRAY = "every trial of tuning went astray"


@dataclass(frozen=True)
class ComparisonResult(Generic[R]):
    """What a comparison leaves.

    Attributes:
        plan: What ran.
        terms: What its parts are called.
        verdict: What came out.
        recommended: The recipe of the best one, tuned, with the first seed.
    """

    plan: Plan[R]
    terms: Terms
    verdict: Verdict
    recommended: R


def compare(
    request: Request[R], contest: Contest[R], folder: CompareFolder, *, say: Say, on_plan: Callable[[Plan[R]], None]
) -> ComparisonResult[R]:
    """Run what has not run yet and decide; the same request on the same folder goes on where it was left.

    Steps and trials are settled once, from measured costs, and kept; everything after that depends on no clock, so a
    comparison that was killed and continued comes out as one that was not.

    Args:
        request: What was asked for.
        contest: On the same data.
        folder: Where every finished run is kept.
        say: Told of progress.
        on_plan: Told what will run before it runs.

    Raises:
        InputError: The folder holds another comparison, the budget is too small, or every candidate went astray.
        StoppedError: Ctrl-C or SIGTERM; what was finished is kept.
        MissingExtraError: Optuna is not installed.
    """
    check_optuna()
    # Training hears of Ctrl-C by itself; what comes between two runs, or too late for the last step, is heard here.
    with StopRequest() as request_to_stop:

        def tell(words: str) -> None:
            """Say what a finished run came to, and stop there when that was asked for."""
            say(words)
            if request_to_stop.asked:
                raise StoppedError("stopped between two runs")

        plan = _plan(request, contest, folder, tell)
        on_plan(plan)
        candidates = [_prepared(one, contest, plan) for one in request.candidates]
        tuned, out = _tune(candidates, contest, folder, plan, tell)
        entrants, out_too = _run_all(tuned, contest, folder, plan, tell)
    left_out = [*request.left_out, *out, *out_too]
    if not entrants:
        raise InputError("every candidate went astray: " + "; ".join(f"{one.name}: {one.reason}" for one in left_out))
    verdict = decide(entrants, contest, left_out)
    recommended = tuned[verdict.rows[0].candidate].recipe
    write_json(folder.verdict, asdict(verdict))
    write_text(folder.recipe, source_of(recommended))
    return ComparisonResult(plan, contest.terms, verdict, recommended)


def _plan(request: Request[R], contest: Contest[R], folder: CompareFolder, say: Say) -> Plan[R]:
    """The plan that is there, or a new one."""
    if folder.plan.exists():
        plan: Any = from_json(read_json(folder.plan))
        if not isinstance(plan, Plan) or to_json(plan.request) != to_json(request):
            raise InputError(
                f"{folder.path} holds another comparison: repeat its command to continue it, delete it with --replace, "
                "or choose another folder with --out"
            )
        return plan
    began = time.perf_counter()
    costs: dict[str, Costs] = {}
    for candidate in request.candidates:
        costs[candidate.name] = found = contest.costs(candidate.recipe)
        spent = f"{1000 * found.step:.3g} ms {contest.terms.each}, {found.peak_bytes / 1e6:.3g} MB at most"
        say(f"{candidate.name}: {spent}")
    plan = make_plan(request, costs, spent=time.perf_counter() - began, terms=contest.terms)
    write_json(folder.plan, to_json(plan))
    return plan


def _prepared(candidate: Candidate[R], contest: Contest[R], plan: Plan[R]) -> Candidate[R]:
    """With the steps of the plan, and the seed that everybody is tuned with."""
    recipe = contest.settled(candidate.recipe, length=plan.steps, seed=plan.request.seeds[0])
    return replace(candidate, recipe=recipe)


def _tune(
    candidates: Sequence[Candidate[R]], contest: Contest[R], folder: CompareFolder, plan: Plan[R], say: Say
) -> tuple[dict[str, Tuned[R]], list[LeftOut]]:
    """All trials, in turns, so that a machine that becomes busy slows everybody down alike."""
    lines = Lines(folder.trials)
    for number in range(plan.trials):
        for candidate in candidates:
            words = run_trial(candidate, contest, lines, number)
            if words is not None:
                say(f"{candidate.name}, trial {number + 1} of {plan.trials}: {words}")
    found = {one.name: best_trial(one, lines) for one in candidates}
    out = [LeftOut(name=name, reason=ASTRAY) for name, tuned in found.items() if tuned is None]
    return {name: tuned for name, tuned in found.items() if tuned is not None}, out


def _run_all(
    tuned: Mapping[str, Tuned[R]], contest: Contest[R], folder: CompareFolder, plan: Plan[R], say: Say
) -> tuple[list[Entrant], list[LeftOut]]:
    """All tuned runs on the test, in turns."""
    lines = Lines(folder.runs)
    for seed in plan.request.seeds:
        for name, one in tuned.items():
            if not lines.where(candidate=name, seed=seed):
                recipe = contest.settled(one.recipe, length=plan.steps, seed=seed)
                lines.add(line := _run(name, recipe, seed, contest))
                words = line["reason"] if "reason" in line else f"{line['value']:.4f} in {line['seconds']:.1f} s"
                say(f"{name}, test with seed {seed}: {words}")
    entrants: list[Entrant] = []
    out: list[LeftOut] = []
    for name, one in tuned.items():
        own = lines.where(candidate=name)
        astray = [line for line in own if "reason" in line]
        if astray:
            out.append(LeftOut(name=name, reason=f"went astray with seed {astray[0]['seed']}: {astray[0]['reason']}"))
        else:
            entrants.append(_entrant(name, one, own, plan))
    return entrants, out


def _run(name: str, recipe: R, seed: int, contest: Contest[R]) -> dict[str, Any]:
    """The line of one tuned run on the test."""
    try:
        ran = contest.test(recipe)
    except DivergedError as error:
        return {"candidate": name, "seed": seed, "reason": str(error)}
    return {
        "candidate": name, "seed": seed, "value": ran.value, "seconds": ran.seconds, "steps": ran.steps,
        "per_example": ran.per_example.tolist(),
    }  # fmt: skip


def _entrant(name: str, tuned: Tuned[R], lines: list[dict[str, Any]], plan: Plan[R]) -> Entrant:
    return Entrant(
        name=name,
        values=tuned.values,
        validation=tuned.validation,
        seconds=[one["seconds"] for one in lines],
        peak_bytes=plan.costs[name].peak_bytes,
        per_example=np.array([one["per_example"] for one in lines]),
    )
