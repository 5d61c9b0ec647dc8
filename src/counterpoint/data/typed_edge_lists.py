"""Reads a graph of several types: edges with a column of their type, nodes with a column of theirs."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.list_columns import columns_by_role, complete_rows, names_at, told
from counterpoint.data.table import Table
from counterpoint.data.typed_graphs import TypedGraph

_Place = tuple[str, int]
"""The type of a node, and its place among the nodes of that type."""


def read_typed_graph(
    edges: Table, nodes: Table, *, source: str, target: str, edge_type: str, node: str, node_type: str
) -> TypedGraph:
    """The graph of two tables.

    Rows without a name or a type, rows that repeat a node or an edge, edges to nodes that the other table lacks and
    edges of a node with itself are left out, nodes without an edge are kept; each is counted. A type of edge may be
    written in either direction.

    Args:
        edges: One row an edge.
        nodes: One row a node; a name belongs to one node of all types.
        source: Column of one end of an edge.
        target: Column of the other.
        edge_type: Column of the type of an edge.
        node: Column of the names of nodes.
        node_type: Column of the type of a node.

    Raises:
        InputError: A column is missing or given twice, a node has two types, edges of one type join different types of
            nodes, or no edge is left.
    """
    place, names, counts = _nodes(nodes, node, node_type)
    held = columns_by_role(edges, {"source": source, "target": target, "edge_type": edge_type})
    rows = complete_rows(held)
    there = zip(*(names_at(held[role], rows) for role in ("source", "target", "edge_type")), strict=True)
    found: dict[str, dict[tuple[int, int], None]] = {}
    ends: dict[str, tuple[str, str]] = {}
    strange = loops = kept = 0
    for one, other, kind in there:
        if one not in place or other not in place:
            strange += 1
        elif one == other:
            loops += 1
        else:
            pair = _oriented(edges, kind, place[one], place[other], ends)
            found.setdefault(kind, {})[pair] = None
            kept += 1
    made = {kind: np.array(list(pairs), dtype=np.int64) for kind, pairs in found.items()}
    counts |= {
        "rows of edges without an end or a type were left out": len(edges) - len(rows),
        "edges to a node that is not listed were left out": strange,
        "edges of a node with itself were left out": loops,
        "repeated edges were left out": kept - sum(map(len, made.values())),
        "nodes have no edge": len(place) - _with_an_edge(made, ends),
    }
    if not made:
        raise InputError(f"{edges.description} has no edge that can be used: {', '.join(told(counts)) or 'no rows'}")
    return TypedGraph(names=names, edges=made, ends=ends, notes=told(counts))


def _nodes(table: Table, node: str, node_type: str) -> tuple[dict[str, _Place], dict[str, list[str]], dict[str, int]]:
    """The place of every node, the names by type, and counts of what was left out."""
    held = columns_by_role(table, {"node": node, "node_type": node_type})
    rows = complete_rows(held)
    place: dict[str, _Place] = {}
    names: dict[str, list[str]] = {}
    for name, kind in zip(names_at(held["node"], rows), names_at(held["node_type"], rows), strict=True):
        if name not in place:
            place[name] = kind, len(names.setdefault(kind, []))
            names[kind].append(name)
        elif place[name][0] != kind:
            raise InputError(
                f"{table.description}: node {name!r} is {place[name][0]!r} in one row and {kind!r} in another; a name "
                "belongs to one node, such as 'author 7' and 'paper 7'"
            )
    counts = {
        "rows of nodes without a name or a type were left out": len(table) - len(rows),
        "rows of a node that was there were left out": len(rows) - len(place),
    }
    return place, names, counts


def _oriented(table: Table, kind: str, one: _Place, other: _Place, ends: dict[str, tuple[str, str]]) -> tuple[int, int]:
    """Both places in the order of the types that this type of edge joins, which its first edge decides."""
    first, second = ends.setdefault(kind, (one[0], other[0]))
    if (one[0], other[0]) == (first, second):
        # Between nodes of one type the smaller place comes first, so that an edge back is the same edge.
        return (min(one[1], other[1]), max(one[1], other[1])) if first == second else (one[1], other[1])
    if (other[0], one[0]) == (first, second):
        return other[1], one[1]
    raise InputError(
        f"{table.description}: edges {kind!r} join {first!r} and {second!r} in one row and {one[0]!r} and {other[0]!r} "
        "in another; give them two types"
    )


def _with_an_edge(edges: dict[str, np.ndarray], ends: dict[str, tuple[str, str]]) -> int:
    """How many nodes have one."""
    seen = {
        (ends[kind][side], int(place)) for kind, pairs in edges.items() for side in (0, 1) for place in pairs[:, side]
    }
    return len(seen)
