"""What ``counterpoint compare`` says before it runs, and shows at the end."""

from counterpoint.cli import console
from counterpoint.experiments.compare import Plan, R, Row, Terms, Verdict
from counterpoint.experiments.compare.space import space_of


def say_plan(plan: Plan[R], terms: Terms) -> None:
    """What will run, and for how long."""
    request = plan.request
    console.say(
        f"{len(request.candidates)} candidates, for each {plan.trials} trials of tuning and {len(request.seeds)} runs "
        f"on the {terms.examples}, all of {terms.length(plan.steps)}: {plan.runs} runs, "
        f"{plan.expected / 60:.3g} min at most"
    )
    for one in request.candidates:
        seconds = plan.costs[one.name].seconds(steps=plan.steps, trials=plan.trials, seeds=len(request.seeds))
        console.say(f"  {one.name}: {seconds / 60:.3g} min; tuned: {', '.join(map(str, space_of(one.recipe)))}")
    if plan.expected > request.budget:
        console.say(f"warning: the {terms.units} and trials asked for need more than {request.budget / 60:.3g} min")


def show_verdict(verdict: Verdict) -> None:
    """The table, best first, and what it says in words."""
    console.table(
        "candidate", verdict.measure, "interval", "behind by", "p", "s a run", "peak MB", "tuned to",
        rows=[_cells(one) for one in verdict.rows], right=True,
    )  # fmt: skip
    console.result("\n".join(verdict.sentences))


def _cells(one: Row) -> list[str]:
    behind = "" if one.behind is None else f"{one.behind.value:.3f} [{one.behind.low:.3f}, {one.behind.high:.3f}]"
    return [
        one.candidate,
        f"{one.estimate.value:.3f}",
        f"[{one.estimate.low:.3f}, {one.estimate.high:.3f}]",
        behind,
        "" if one.p is None else f"{one.p:.2g}",
        f"{one.seconds:.1f}",
        f"{one.peak_bytes / 1e6:.1f}",
        ", ".join(f"{name} {value:g}" for name, value in one.values.items()),
    ]
