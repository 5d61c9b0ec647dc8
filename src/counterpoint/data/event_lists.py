"""Edges with a time as a table: who met whom, and when."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.interaction_cells import times_of
from counterpoint.data.list_columns import columns_by_role, complete_rows, names_at, numbered, told
from counterpoint.data.table import Subset, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class EventList:
    """Events between named nodes, in the order of time; those of one time in the order of rows.

    Attributes:
        edges: int64 `[E, 2]`, places in ``names``; two nodes may meet often.
        times: float64 `[E]`, ascending; dates are seconds since 1970.
        names: Of the nodes, in the order of their first row.
        notes: What was left out and what repeats, with counts.
    """

    edges: np.ndarray
    times: np.ndarray
    names: list[str]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """E."""
        return len(self.edges)


def read_events(table: Table, *, source: str, target: str, time: str) -> EventList:
    """The events of a table, as ``time_patches`` of ``encoders/dynamic_graph.py`` cuts them.

    Rows without an end or a time, and events of a node with itself, are left out and counted. An event that repeats
    another one at the same time is kept, and counted too: rows may be of one day, or written twice.

    Args:
        table: One row an event.
        source: Column of one end.
        target: Column of the other.
        time: Column of numbers or dates.

    Raises:
        InputError: A column is missing or given twice, a time is neither a number nor a date, or no event is left.
    """
    held = columns_by_role(table, {"source": source, "target": target, "time": time})
    rows = complete_rows(held)
    part = Subset(table, rows)
    times = times_of(part.take(np.arange(len(rows)), [time])[time], table=part, column=time, orders="events")
    places, names = numbered([*names_at(held["source"], rows), *names_at(held["target"], rows)])
    edges = places.reshape(2, -1).T
    apart = edges[:, 0] != edges[:, 1]
    order = np.flatnonzero(apart)[np.argsort(times[apart], kind="stable")]
    edges, times = edges[order], times[order]
    same = np.column_stack([np.sort(edges, axis=1), times])
    notes = told(
        {
            "rows without an end or a time were left out": len(table) - len(rows),
            "events of a node with itself were left out": int((~apart).sum()),
            "events repeat another one at the same time": len(same) - len(np.unique(same, axis=0)),
            "nodes have no event": len(names) - len(np.unique(edges)),
        }
    )
    if not len(edges):
        raise InputError(f"{table.description} has no event that can be used: {', '.join(notes) or 'no rows'}")
    return EventList(edges=edges, times=times, names=names, notes=notes)
