"""A recipe by the path of a Python file."""

import runpy
import traceback
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.recipe import Recipe


def load_recipe(path: Path) -> Recipe | MultiTask:
    """Run the user's own Python file and take its ``recipe``.

    Raises:
        InputError: No such file, it raises, or it sets no ``recipe`` of type :class:`Recipe` or :class:`MultiTask`.
    """
    if not path.is_file():
        raise InputError(f"no recipe file {path}")
    try:
        found = runpy.run_path(str(path)).get("recipe")
    except Exception as error:  # the user's own code may raise anything
        raise InputError(f"recipe file {path}{_line(error, path)} raises {type(error).__name__}: {error}") from error
    if not isinstance(found, (Recipe, MultiTask)):
        raise InputError(
            f"{path} must set `recipe` to a counterpoint Recipe or MultiTask, found {type(found).__name__}"
        )
    return found


def _line(error: Exception, path: Path) -> str:
    """Where in the file it went wrong: the last line of it that was being run."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno},"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f", line {lines[-1]}," if lines else ""
