"""Nodes and edges of several types as two tables, and the graph of one type by what its nodes are linked to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of
from counterpoint.data.sets.heterogeneous import HeteroGraph
from counterpoint.data.table import listed


@dataclass(frozen=True, kw_only=True, eq=False)
class TypedGraph:
    """Named nodes by type, and edges by type, each of which joins one type of node with one.

    Attributes:
        names: Of the nodes, by their type, in the order of rows.
        edges: int64 `[E, 2]` by type, each edge once: places in the names of the types that ``ends`` gives.
        ends: The two types of node that a type of edge joins.
        notes: What was left out, with counts.
    """

    names: dict[str, list[str]]
    edges: dict[str, np.ndarray]
    ends: dict[str, tuple[str, str]]
    notes: tuple[str, ...] = ()

    def incidence(self, edge: str, start: str) -> tuple[sparse.csr_array, str]:
        """0 and 1, float32 `[N, M]`, from a type of node over a type of edge, and the type that it leads to.

        An edge between nodes of one type is taken in both directions.

        Raises:
            InputError: There is no such type of edge, or it does not start there.
        """
        if edge not in self.edges:
            raise InputError(f"edges have the types {listed(list(self.edges))}, got {edge!r}")
        one, other = self.ends[edge]
        if start not in (one, other):
            raise InputError(f"edges {edge!r} join {one!r} and {other!r}, and do not start at {start!r}")
        pairs = self.edges[edge] if start == one else self.edges[edge][:, ::-1]
        if one == other:
            pairs = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
        end = other if start == one else one
        shape = (len(self.names[start]), len(self.names[end]))
        ones = np.ones(len(pairs), dtype=np.float32)
        return sparse.csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape), end

    def reached(self, start: str, path: Sequence[str]) -> sparse.csr_array:
        """0 and 1, float32 `[N, M]`: which nodes a path of types of edges leads to.

        Raises:
            InputError: The path is empty, or a type of edge does not start where the one before ends.
        """
        if not path:
            raise InputError("a path must name at least one type of edge, got none")
        found, end = self.incidence(path[0], start)
        for edge in path[1:]:
            step, end = self.incidence(edge, end)
            found = sparse.csr_array((found @ step) > 0, dtype=np.float32)
        return found

    def around(
        self,
        target: str,
        features: Any,
        *,
        labels: np.ndarray | None = None,
        paths: Mapping[str, Sequence[str]] | None = None,
    ) -> HeteroGraph:
        """The graph of one type of node, for ``MetaPathEncoder``: a meta-path goes there and back.

        Args:
            target: The type of node.
            features: `[N, F]`, dense or sparse, in the order of its names.
            labels: int64 `[N]`, -1 for none; None for no label at all.
            paths: Types of edges from there, by the name of the meta-path; None for one path per type of edge that has
                the target at an end.

        Raises:
            InputError: There is no such type of node, rows that are not one per node, or a path that leads nowhere.
        """
        if target not in self.names:
            raise InputError(f"nodes have the types {listed(list(self.names))}, got {target!r}")
        if paths is None:
            paths = {edge: (edge,) for edge, ends in self.ends.items() if target in ends}
        links = {name: self.reached(target, path) for name, path in paths.items()}
        if empty := [name for name, one in links.items() if not one.nnz]:
            raise InputError(f"paths must lead somewhere, and {empty[0]!r} reaches no node from {target!r}")
        if not links:
            raise InputError(f"no meta-path starts at nodes of the type {target!r}")
        rows, count = sparse.csr_array(features), len(self.names[target])
        labels = np.full(count, -1, dtype=np.int64) if labels is None else np.asarray(labels)
        for what, got in (("features", shape_of(rows)[0]), ("labels", len(labels))):
            if got != count:
                raise InputError(f"{what} must have one row for each of the {count} nodes {target!r}, got {got}")
        return HeteroGraph(features=rows, links=links, labels=labels, parts={})
