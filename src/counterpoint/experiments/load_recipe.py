"""A recipe by the path of a Python file, or by the short name of a paper."""

import runpy
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.experiments.recipe import Recipe


def load_recipe(path: Path) -> Recipe:
    """Run the user's own Python file and take its ``recipe``.

    Raises:
        InputError: No such file, or it sets no ``recipe`` of type :class:`Recipe`.
    """
    if not path.is_file():
        raise InputError(f"no recipe file {path}")
    found = runpy.run_path(str(path)).get("recipe")
    if not isinstance(found, Recipe):
        raise InputError(f"{path} must set `recipe` to a counterpoint Recipe, found {type(found).__name__}")
    return found
