"""Edges of a graph as a table: two columns of names, one edge a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import name_of
from counterpoint.data.kinds import is_missing
from counterpoint.data.table import Table, listed


@dataclass(frozen=True, kw_only=True, eq=False)
class EdgeList:
    """Edges between named nodes, as they stood in the file: loops and repeats are still there.

    Attributes:
        edges: int64 `[E, 2]`, places in ``names``.
        names: Of the nodes, in the order of their first edge.
        notes: What was left out, with counts.
    """

    edges: np.ndarray
    names: list[str]
    notes: tuple[str, ...] = ()


def read_edges(table: Table, *, source: str, target: str, known: Sequence[str] | None = None) -> EdgeList:
    """The edges of a table; rows that lack an end are left out and counted.

    Args:
        table: One row an edge.
        source: Column of one end.
        target: Column of the other.
        known: Number nodes as here; rows with others are left out and counted.

    Raises:
        InputError: A column is missing, both are one, or no edge is left.
    """
    if source == target:
        raise InputError(f"the ends of an edge are two columns, and {source!r} is given for both")
    missing = [name for name in (source, target) if name not in table.columns]
    if missing:
        raise InputError(f"{table.description} has no column {missing[0]!r}; its columns: {listed(table.columns)}")
    held = table.take(np.arange(len(table)), [source, target])
    place = {} if known is None else {name: number for number, name in enumerate(known)}
    edges: list[tuple[int, int]] = []
    lacking = strange = 0
    for pair in zip(held[source], held[target], strict=True):
        if any(is_missing(end) for end in pair):
            lacking += 1
            continue
        names = [name_of(end) for end in pair]
        if known is None:
            edges.append((place.setdefault(names[0], len(place)), place.setdefault(names[1], len(place))))
        elif all(name in place for name in names):
            edges.append((place[names[0]], place[names[1]]))
        else:
            strange += 1
    counts = {
        "rows without one of their ends were left out": lacking,
        "rows with a node that was not there in training were left out": strange,
    }
    notes = tuple(f"{count:,} {what}" for what, count in counts.items() if count)
    if not edges:
        raise InputError(f"{table.description} has no edge that can be used: {', '.join(notes) or 'no rows'}")
    return EdgeList(edges=np.array(edges, dtype=np.int64), names=list(place), notes=notes)
