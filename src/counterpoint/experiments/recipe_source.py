"""A recipe as the Python file that builds it."""

import math
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from counterpoint.base.errors import InputError
from counterpoint.experiments.own_classes import file_of, kinds_of, own_classes

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RESOLVED = "# What the run made of the recipe above, typed options among it."
"""Begins what is added to a recipe file that defines classes of its own."""


def source_of(recipe: "DataclassInstance") -> str:
    """The recipe as a Python file that builds it: imports, then one expression.

    Where a recipe file defines classes of its own, what it says comes first.

    Raises:
        InputError: That file cannot be read any more, or there are two of them.
    """
    names = _names(recipe)
    files = list(dict.fromkeys(path for kind in names if (path := file_of(kind)) is not None))
    if files:
        return _after(files, recipe, names)
    header = '"""The recipe of this run, as resolved."""'
    return header + "\n\n" + "\n".join(_imports(names)) + f"\n\nrecipe = {_expression(recipe, names, 0)}\n"


def _after(files: list[Path], recipe: "DataclassInstance", names: dict[type, str]) -> str:
    """The file, and after it the recipe, whose imports are a function's: they rename nothing that the file uses."""
    if len(files) > 1:
        raise InputError(f"the classes of a recipe must be of one file, got {files[0]} and {files[1]}")
    try:
        said = files[0].read_text(encoding="utf-8").split(RESOLVED)[0].rstrip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{files[0]}, which defines classes of the recipe, cannot be read: {error}") from error
    imports = "".join(f"    {line}\n" for line in _imports(names))
    made = f"def _resolved():\n{imports}\n    return {_expression(recipe, names, 1)}\n"
    return f"{said}\n\n\n{RESOLVED}\n{made}\n\nrecipe = _resolved()\n"


def _imports(names: dict[type, str]) -> list[str]:
    lines: list[str] = []
    for module in sorted({kind.__module__ for kind in names if file_of(kind) is None}):
        found = sorted((kind.__qualname__, name) for kind, name in names.items() if kind.__module__ == module)
        imported = [old if old == new else f"{old} as {new}" for old, new in found]
        lines.append(f"from {module} import {', '.join(imported)}")
    return lines


def _names(recipe: "DataclassInstance") -> dict[type, str]:
    """What each type is called in the file: its own name, with a number where two modules use the same one.

    The file's own classes come first, as they are not imported and keep their names.
    """
    names: dict[type, str] = {}
    for kind in (*(own for own in own_classes(recipe) if file_of(own) is not None), *kinds_of(recipe)):
        if kind not in names:
            taken = sum(other.__qualname__ == kind.__qualname__ for other in names)
            names[kind] = f"{kind.__qualname__}{taken + 1}" if taken else kind.__qualname__
    return names


def _expression(value: Any, names: dict[type, str], depth: int) -> str:
    """Python that rebuilds ``value``; ``repr`` would do, but for enum members, infinity and line breaks."""
    if isinstance(value, Enum):
        return f"{names[type(value)]}.{value.name}"
    if isinstance(value, (tuple, list)):
        inner = [_expression(item, names, depth + 1) for item in value]
        return _bracketed("", inner, depth, trailing=len(inner) == 1)
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if not is_dataclass(value):
        return repr(value)
    inner = [f"{f.name}={_expression(getattr(value, f.name), names, depth + 1)}" for f in fields(value) if f.init]
    return _bracketed(names[type(value)], inner, depth)


def _bracketed(name: str, inner: list[str], depth: int, *, trailing: bool = False) -> str:
    flat = f"{name}({', '.join(inner)}{',' if trailing else ''})"
    if len(flat) < 90 and "\n" not in flat:
        return flat
    pad = "    " * (depth + 1)
    return f"{name}(\n" + "".join(f"{pad}{item},\n" for item in inner) + "    " * depth + ")"
