"""The page itself: one HTML file with everything inside, which may not load or send anything."""

import json
from pathlib import Path

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from counterpoint.base.files import write_text
from counterpoint.experiments.report.answers import answers
from counterpoint.experiments.report.configuration import entries
from counterpoint.experiments.report.curves import panels
from counterpoint.experiments.report.document import Report
from counterpoint.experiments.report.gallery import gallery
from counterpoint.experiments.report.plane import plane
from counterpoint.experiments.report.scores import card
from counterpoint.experiments.report.self_contained import asset, environment, json_in_script, policy
from counterpoint.experiments.report.similarity import histograms


def render(report: Report) -> str:
    """The report as one HTML page; equal reports give equal bytes.

    The page carries its scripts, styles and pictures, and a content security policy that forbids it everything else:
    no request leaves it, and a text from the data cannot become a script.

    Raises:
        InputError: A training record has no step.
    """
    answered = answers(report.questions)
    drawings = {
        "curves": panels(report.curves),
        "similarities": [] if report.similarities is None else histograms(report.similarities),
        "charts": [chart for one in answered for chart in one.charts],
        "map": None if report.map is None else plane(report.map),
    }
    scripts = (get_plotlyjs(), asset("page.js")) if any(drawings.values()) else (asset("page.js"),)
    page = (
        environment()
        .get_template("page.html")
        .render(
            report=report,
            cards=[card(comparison) for comparison in report.scores],
            gallery=gallery(report.neighbours),
            answers=answered,
            drawings=drawings,
            data=json_in_script(drawings),
            configuration=entries(report.configuration),
            configuration_json=json.dumps(report.configuration, indent=2, ensure_ascii=False, default=str),
            scripts=[Markup(script) for script in scripts],
            policy=policy(scripts),
            style=Markup(asset("style.css")),
        )
    )
    # Half a surrogate pair can stand in a JSON file but not in UTF-8.
    return page.encode("utf-8", "replace").decode("utf-8")


def write_report(report: Report, path: Path) -> None:
    """Write the page to ``path``, atomically.

    Raises:
        InputError: A training record has no step.
        StorageError: The file cannot be written.
    """
    write_text(path, render(report))
