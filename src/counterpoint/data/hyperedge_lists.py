"""Hyperedges as a table: one row says that a node is a member of an edge."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.data.list_columns import columns_by_role, complete_rows, names_at, numbered, told
from counterpoint.data.table import Table


@dataclass(frozen=True, kw_only=True, eq=False)
class HyperedgeList:
    """Edges that join any number of named nodes.

    Attributes:
        incidence: 1 where a node is in an edge, sparse float64 `[N, H]`.
        names: Of the nodes.
        edge_names: Of the edges, in the order of their first row.
        notes: What was left out and what joins nothing, with counts.
    """

    incidence: sparse.csr_array
    names: list[str]
    edge_names: list[str]
    notes: tuple[str, ...] = ()


def read_hyperedges(table: Table, *, hyperedge: str, node: str, known: Sequence[str] | None = None) -> HyperedgeList:
    """The hyperedges of a table; ``hypergraph`` of ``encoders/hypergraphs.py`` makes an adjacency of the incidence.

    Rows without an edge or a node, and memberships that were there before, are left out and counted. Edges of one node
    join nothing: they are kept, and counted too.

    Args:
        table: One row a membership.
        hyperedge: Column of names of edges.
        node: Column of names of nodes.
        known: Number nodes as here; rows with others are left out and counted, and nodes without an edge counted.

    Raises:
        InputError: A column is missing or given twice, ``known`` has a name twice, or no membership is left.
    """
    held = columns_by_role(table, {"hyperedge": hyperedge, "node": node})
    rows = complete_rows(held)
    nodes, names = _places(names_at(held["node"], rows), known)
    strange = nodes < 0
    edges, edge_names = numbered(names_at(held["hyperedge"], rows[~strange]))
    pairs = np.unique(np.stack([nodes[~strange], edges], axis=1), axis=0)
    shape = (len(names), len(edge_names))
    incidence = sparse.csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape)
    notes = told(
        {
            "rows without an edge or a node were left out": len(table) - len(rows),
            "rows with a node that is not known were left out": int(strange.sum()),
            "repeated memberships were left out": len(edges) - len(pairs),
            "edges have one node alone": int((np.bincount(pairs[:, 1], minlength=shape[1]) == 1).sum()),
            "nodes have no edge": len(names) - len(np.unique(pairs[:, 0])),
        }
    )
    if not len(pairs):
        raise InputError(f"{table.description} has no membership that can be used: {', '.join(notes) or 'no rows'}")
    return HyperedgeList(incidence=incidence, names=names, edge_names=edge_names, notes=notes)


def _places(names: list[str], known: Sequence[str] | None) -> tuple[np.ndarray, list[str]]:
    """Places int64 `[R]`, -1 for a name that is not known, and the names in order."""
    if known is None:
        return numbered(names)
    place = {name: number for number, name in enumerate(known)}
    if len(place) < len(known):
        raise InputError(f"known must name every node once, got {len(known)} names of which {len(place)} differ")
    return np.array([place.get(name, -1) for name in names], dtype=np.int64), list(known)
