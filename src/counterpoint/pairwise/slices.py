"""Blocks of rows and columns as slices."""

BLOCK = 1024
"""Rows and columns of the tiles in which a relation is looked at outside the engine."""


def blocks(length: int, size: int) -> list[slice]:
    """Slices of at most ``size`` that cover ``length``."""
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


def overlap(first: slice, second: slice) -> slice:
    """What two slices have in common, empty at the start of the later one where that is nothing."""
    start = max(first.start, second.start)
    return slice(start, max(start, min(first.stop, second.stop)))
