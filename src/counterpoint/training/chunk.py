"""What may be asked of gradient caching: how many rows are encoded at a time."""

from typing import Any, Final, Literal

from counterpoint.base.errors import InputError

AUTO: Final = "auto"
"""As many rows as fit into free memory, found before the first step; the whole batch at once where it fits."""

CacheChunk = int | Literal["auto"]
"""Rows encoded at a time, or :data:`AUTO`."""


def checked_chunk(value: Any, name: str) -> CacheChunk:
    """``value`` if it may be a chunk size.

    Args:
        value: What was given.
        name: What the caller calls it.

    Raises:
        InputError: Neither "auto" nor a whole number of at least 1.
    """
    if value == AUTO and isinstance(value, str):
        return AUTO
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InputError(f"{name} must be a whole number of at least 1 or {AUTO!r}, got {value!r}")
    return value
