"""Equal content, equal number: the same on every machine and in every process."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

from counterpoint.pairs.batches.contract import NOTHING

_BITS_63 = 2**63 - 1


def identity(value: Any) -> int:
    """A number in 0..2^63-1 that is equal for equal content; for nothing (None, "" and the like) ``NOTHING``.

    Two different values have the same number once in 2^63; among a million values the chance of any is 1 in 20
    million. Python's own ``hash`` would differ between the ranks.
    """
    content = _content(value)
    if not content:
        return NOTHING
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little") & _BITS_63


def identities(cells: Iterable[Any]) -> np.ndarray:
    """The identities of a column, int64 `[N, C]`: a cell that is a list of texts or images gives one for each."""
    found = [[identity(item) for item in _items(cell)] for cell in cells]
    width = max((len(row) for row in found), default=0)
    return np.array([row + [NOTHING] * (width - len(row)) for row in found], dtype=np.int64).reshape(len(found), width)


def numbered(identities: np.ndarray) -> np.ndarray:
    """Identities `[N, C]` as numbers 0..V-1, equal for equal ones; every place without one gets its own number."""
    flat = identities.reshape(-1)
    nothing = flat < 0
    _, numbers = np.unique(flat, return_inverse=True)
    numbers = numbers.reshape(-1)
    numbers[nothing] = len(flat) + np.arange(nothing.sum())
    _, dense = np.unique(numbers, return_inverse=True)
    return dense.reshape(identities.shape)


def _items(cell: Any) -> Iterable[Any]:
    many = isinstance(cell, (list, tuple)) and not (cell and isinstance(cell[0], (int, float, np.number)))
    return cell if many else (cell,)


def _content(value: Any) -> bytes:
    match value:
        case None:
            return b""
        case str():
            return value.encode("utf-8", "surrogatepass")
        case bytes():
            return value
        case Mapping():
            return _content(value.get("bytes") or value.get("path"))
        case np.generic():
            return repr(value.item()).encode()
        case list() | tuple():
            return b"\0".join(_content(item) for item in value)
        case _ if hasattr(value, "tobytes"):  # an array or an image, whose repr would be its address
            return value.tobytes()
        case _:
            return repr(value).encode()
