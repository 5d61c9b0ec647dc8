"""What a page of one file is put together with: templates, scripts, data, and a policy that lets nothing else in."""

import base64
import hashlib
import importlib.resources
import json
from typing import Any

import jinja2
from markupsafe import Markup

REPORT = "counterpoint.experiments.report"

_IN_SCRIPT = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def policy(scripts: tuple[str, ...]) -> str:
    """Allow exactly these scripts, by hash; pictures only from inside the file; styles, because drawings set them."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{value}'" for value in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def json_in_script(value: Any) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(_IN_SCRIPT))


def asset(name: str, package: str = REPORT) -> str:
    """A file that comes with a package."""
    return importlib.resources.files(package).joinpath(name).read_text(encoding="utf-8")


def environment(package: str = REPORT) -> jinja2.Environment:
    """Templates of a package, and those of the report for what it has in common with it; all values are escaped."""

    def source(name: str) -> str:
        own = importlib.resources.files(package).joinpath(name).is_file()
        return asset(name, package if own else REPORT)

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
