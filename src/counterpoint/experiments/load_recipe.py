"""A recipe by the path of a Python file."""

import runpy
import traceback
from pathlib import Path
from typing import get_args

from counterpoint.base.errors import InputError
from counterpoint.base.spec import to_json
from counterpoint.experiments.folder import Plan
from counterpoint.experiments.own_classes import own_classes

_KINDS = get_args(Plan)


def load_recipe(path: Path) -> Plan:
    """Run the user's own Python file and take its ``recipe``.

    A class that the file defines has the file's path for a module, which is how a run folder finds its definition.

    Raises:
        InputError: No such file, it raises, or it sets no ``recipe`` that a run can learn by and a run folder hold.
    """
    if not path.is_file():
        raise InputError(f"no recipe file {path}")
    try:
        found = runpy.run_path(str(path), run_name=str(path.resolve())).get("recipe")
    except Exception as error:  # the user's own code may raise anything
        raise InputError(f"recipe file {path}{_line(error, path)} raises {type(error).__name__}: {error}") from error
    if not isinstance(found, Plan) or type(found) not in _KINDS:
        *names, last = (kind.__name__ for kind in _KINDS)
        raise InputError(
            f"{path} must set `recipe` to a counterpoint {', '.join(names)} or {last}, found {type(found).__name__}"
        )
    _check_saved(found, path)
    return found


def _check_saved(recipe: Plan, path: Path) -> None:
    try:
        to_json(recipe)
    except InputError as error:
        raise InputError(f"the recipe of {path} could not be kept in a run folder: {error}") from error
    for kind in own_classes(recipe):
        if "<locals>" in kind.__qualname__:
            raise InputError(f"{path}: define {kind.__name__} at the top of the file, not in a function: {kind}")


def _line(error: Exception, path: Path) -> str:
    """Where in the file it went wrong: the last line of it that was being run."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno},"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f", line {lines[-1]}," if lines else ""
