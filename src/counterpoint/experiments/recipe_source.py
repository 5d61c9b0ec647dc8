"""A recipe as the Python file that builds it."""

import math
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def source_of(recipe: "DataclassInstance") -> str:
    """The recipe as a Python file that builds it: imports, then one expression."""
    names = _names(recipe)
    lines: list[str] = []
    for module in sorted({kind.__module__ for kind in names}):
        found = sorted((kind.__qualname__, name) for kind, name in names.items() if kind.__module__ == module)
        imported = [old if old == new else f"{old} as {new}" for old, new in found]
        lines.append(f"from {module} import {', '.join(imported)}")
    header = '"""The recipe of this run, as resolved."""'
    return header + "\n\n" + "\n".join(lines) + f"\n\nrecipe = {_expression(recipe, names, 0)}\n"


def _names(recipe: "DataclassInstance") -> dict[type, str]:
    """What each type is called in the file: its own name, with a number where two modules use the same one."""
    names: dict[type, str] = {}
    for kind in _kinds(recipe):
        if kind not in names:
            taken = sum(other.__qualname__ == kind.__qualname__ for other in names)
            names[kind] = f"{kind.__qualname__}{taken + 1}" if taken else kind.__qualname__
    return names


def _kinds(value: Any) -> Iterable[type]:
    if isinstance(value, Enum):
        yield type(value)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _kinds(item)
    elif is_dataclass(value):
        yield type(value)
        for field in fields(value):
            if field.init:
                yield from _kinds(getattr(value, field.name))


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
