"""The page of a comparison: table, intervals, and quality against time and memory, in one file that loads nothing."""

from pathlib import Path
from typing import Any

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from counterpoint.base.files import write_text
from counterpoint.experiments.compare.bakeoff import ComparisonResult
from counterpoint.experiments.compare.candidate import R
from counterpoint.experiments.compare.space import space_of
from counterpoint.experiments.compare.verdict import Row, Verdict
from counterpoint.experiments.report.content import Comparison, ComparisonRow
from counterpoint.experiments.report.scores import card
from counterpoint.experiments.report.self_contained import asset, environment, json_in_script, policy
from counterpoint.experiments.report.text import number

PACKAGE = "counterpoint.experiments.compare"
MEGABYTE = 1e6


def write_page(result: ComparisonResult[R], path: Path, *, commands: str) -> None:
    """Write the page, atomically.

    Args:
        result: What came out.
        path: Of the file.
        commands: What to type to make the same comparison, and to train the recommended recipe.

    Raises:
        StorageError: The file cannot be written.
    """
    write_text(path, render(result, commands=commands))


def render(result: ComparisonResult[R], *, commands: str) -> str:
    """The page as HTML; equal results give equal bytes."""
    verdict, plan = result.verdict, result.plan
    scripts = (get_plotlyjs(), asset("compare.js", PACKAGE))
    drawings = [_against("Training time of one run, s", "seconds", 1, verdict), _against(
        "Peak memory while training, MB", "peak_bytes", MEGABYTE, verdict
    )]  # fmt: skip
    return (
        environment(PACKAGE)
        .get_template("compare.html")
        .render(
            title=f"{len(verdict.rows)} candidates on {plan.request.source.data}",
            verdict=verdict,
            plan=plan,
            terms=result.terms,
            spaces={one.name: ", ".join(map(str, space_of(one.recipe))) for one in plan.request.candidates},
            card=card(_intervals(verdict)),
            rows=[_cells(one, verdict) for one in verdict.rows],
            drawings=drawings,
            data=json_in_script(drawings),
            commands=commands,
            scripts=[Markup(script) for script in scripts],
            policy=policy(scripts),
            style=Markup(asset("style.css")),
        )
    )


def _intervals(verdict: Verdict) -> Comparison:
    rows = tuple(
        ComparisonRow(
            system=one.candidate,
            value=one.estimate.value,
            low=one.estimate.low,
            high=one.estimate.high,
            is_model=place == 0,
        )
        for place, one in enumerate(verdict.rows)
    )
    explanation = (
        f"Mean over {len(verdict.rows[0].seeds)} seeds on {verdict.examples:,} test examples, with the 95 % interval "
        "of both. Intervals of two candidates may overlap although the paired difference is significant: see the table."
    )
    return Comparison(measure=verdict.measure, explanation=explanation, rows=rows)


def _cells(one: Row, verdict: Verdict) -> dict[str, str]:
    return {
        "candidate": one.candidate,
        "value": number(one.estimate.value),
        "interval": f"{number(one.estimate.low)} to {number(one.estimate.high)}",
        "seeds": ", ".join(number(value) for value in one.seeds),
        "behind": "\N{EN DASH}" if one.behind is None else f"{number(one.behind.low)} to {number(one.behind.high)}",
        "p": "\N{EN DASH}" if one.p is None else f"{one.p:.2g}",
        "standing": "best" if one is verdict.rows[0] else "not significantly worse" if one.tied else "worse",
        "seconds": number(one.seconds),
        "memory": number(one.peak_bytes / MEGABYTE),
        "values": ", ".join(f"{name} {value:g}" for name, value in one.values.items()),
    }


def _against(title: str, field: str, unit: float, verdict: Verdict) -> dict[str, Any]:
    """Points of one drawing: quality against a cost."""
    points = [
        {
            "name": one.candidate,
            "x": float(f"{getattr(one, field) / unit:.5g}"),
            "y": float(f"{one.estimate.value:.5g}"),
            "up": float(f"{max(0.0, one.estimate.high - one.estimate.value):.5g}"),
            "down": float(f"{max(0.0, one.estimate.value - one.estimate.low):.5g}"),
            "standing": "best" if place == 0 else "tied" if one.tied else "worse",
        }
        for place, one in enumerate(verdict.rows)
    ]
    summary = "; ".join(f"{one['name']}: {one['x']:g}, {verdict.measure} {one['y']:g}" for one in points)
    return {"title": title, "measure": verdict.measure, "points": points, "summary": summary}
