"""The page itself: one HTML file with everything inside, which may not load or send anything."""

import base64
import hashlib
import importlib.resources
import json
from pathlib import Path
from typing import Any

import jinja2
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
from counterpoint.experiments.report.similarity import histograms

_IN_SCRIPT = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


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
    scripts = (get_plotlyjs(), _asset("page.js")) if any(drawings.values()) else (_asset("page.js"),)
    page = (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            cards=[card(comparison) for comparison in report.scores],
            gallery=gallery(report.neighbours),
            answers=answered,
            drawings=drawings,
            data=_json_in_script(drawings),
            configuration=entries(report.configuration),
            configuration_json=json.dumps(report.configuration, indent=2, ensure_ascii=False, default=str),
            scripts=[Markup(script) for script in scripts],
            policy=_policy(scripts),
            style=Markup(_asset("style.css")),
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


def _policy(scripts: tuple[str, ...]) -> str:
    """Allow exactly these scripts, by hash; pictures only from inside the file; styles, because drawings set them."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{value}'" for value in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _json_in_script(value: Any) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(_IN_SCRIPT))


def _asset(name: str) -> str:
    return importlib.resources.files("counterpoint.experiments.report").joinpath(name).read_text(encoding="utf-8")


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
