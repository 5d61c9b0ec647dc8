"""What a column holds, read off its values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data.folders import IMAGE_SUFFIXES
from counterpoint.data.table import Table

PEEKED_ROWS = 32
"""Values looked at to tell what a column holds."""

_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*")


class Heads:
    """The first values of every column, read once."""

    def __init__(self, table: Table) -> None:
        """Read the first rows of ``table``."""
        self.table = table
        self._values = table.head(PEEKED_ROWS)

    def values(self, column: str) -> list[Any]:
        """The first values of ``column`` that are not missing."""
        return [value for value in self._values[column] if not is_missing(value)]

    def scalars(self, column: str) -> bool:
        """Whether ``column`` holds single numbers, most of the time."""
        values = self.values(column)
        numbers = sum(isinstance(value, (bool, int, float, np.number, np.bool_)) for value in values)
        return bool(values) and numbers > len(values) / 2

    def kind(self, column: str) -> Kind:
        """What ``column`` holds: text, images or vectors (a single number counts as a vector of one).

        Raises:
            InputError: Only missing values, a mixture, or values of no known kind.
        """
        values = self.values(column)
        found = [value_kind(value) for value in values]
        kinds = {kind for kind in found if kind is not None}
        if kinds == {Kind.TEXT, Kind.IMAGE} and all(isinstance(value, str) for value in values):
            return Kind.TEXT  # a sentence may end in ".png"; a path column does so in every row
        if len(kinds) == 1 and found.count(None) <= len(found) / 2:
            return kinds.pop()  # a few cells of no kind are bad rows, named when they are used
        if not values:
            problem = f"is empty in the first {PEEKED_ROWS} rows"
        elif None in found:
            odd = next(value for value in values if value_kind(value) is None)
            problem = f"holds {shown(odd)}, which is neither text, an image nor numbers"
        else:
            problem = f"mixes {' and '.join(sorted(str(kind) for kind in kinds))}"
        raise InputError(f"{self.table.description}: column {column!r} {problem}")


def is_missing(value: Any) -> bool:
    """None, an empty list or an empty string (of characters or bytes)."""
    return value is None or (isinstance(value, (str, bytes, list, tuple)) and len(value) == 0)


def value_kind(value: Any) -> Kind | None:
    """The kind of one cell, or None; a list of texts or images (several positives) has the kind of its items."""
    match value:
        case str():
            return Kind.IMAGE if value.lower().endswith(IMAGE_SUFFIXES) else Kind.TEXT
        case bytes():
            return Kind.IMAGE if value.startswith(_MAGIC) else None
        case Mapping():
            return Kind.IMAGE if "bytes" in value else None
        case Image.Image():
            return Kind.IMAGE
        case np.ndarray():
            return _array_kind(value)
        case bool() | int() | float() | np.number() | np.bool_():
            return Kind.VECTOR
        case list() | tuple():
            return _list_kind(value)
        case _:
            return None


def holds_many(value: Any) -> bool:
    """Whether a cell is a list of several items, rather than one item; a list of numbers is one vector."""
    return isinstance(value, (list, tuple)) and not (value and isinstance(value[0], (int, float, np.number)))


def shown(value: Any) -> str:
    """A value for a message, cut to a readable length."""
    text = repr(value[:40] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _array_kind(value: np.ndarray) -> Kind | None:
    if value.dtype.kind not in "biuf":
        return None
    return Kind.VECTOR if value.ndim <= 1 else Kind.IMAGE


def _list_kind(value: Sequence[Any]) -> Kind | None:
    kinds = {value_kind(item) for item in value if not is_missing(item)}
    return kinds.pop() if len(kinds) == 1 else None
