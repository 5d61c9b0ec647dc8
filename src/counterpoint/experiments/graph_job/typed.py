"""Nodes of one type in a graph of several, as a run names them: their meta-paths, and what is held out."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of
from counterpoint.data import Subset, Table, TypedGraph, read_typed_graph
from counterpoint.data.interactions import name_of
from counterpoint.data.joined_nodes import JoinedNodes, newly_joined, split_typed
from counterpoint.data.kinds import is_missing
from counterpoint.data.table import listed
from counterpoint.encoders.fast_rp import fast_rp
from counterpoint.experiments.graph_job.features import NodeFile, ordered, read_nodes
from counterpoint.experiments.graph_job.opened import OpenedTypes
from counterpoint.experiments.graph_job.opening import (
    CHOSEN_BY,
    DRAWN,
    ENDS,
    FEWEST_EDGES,
    OF_NODES,
    OF_TYPES,
    check_roles,
    only,
)
from counterpoint.experiments.graph_job.recipe import MetaPaths
from counterpoint.experiments.named_roles import named_roles
from counterpoint.experiments.source import DataSource, check_numbers, open_data, open_held_out

Paths = Mapping[str, tuple[str, ...]]
"""Types of edges from the target nodes, by the name of the meta-path."""


def open_types(source: DataSource, nodes: str, meta_paths: MetaPaths) -> OpenedTypes:
    """Read, clean and split; FastRP's vectors are made of the training edges of all types alone.

    Edges are held out by type, 5 % of each to choose by. Judged are not they, whose other ends have no vector, but
    pairs of target nodes that they join and training does not.

    Args:
        source: The list of edges, and what of it is held out.
        nodes: File of all nodes and their types; what it says of the target nodes is their features and labels.
        meta_paths: Which nodes are learnt, by which meta-paths.

    Raises:
        InputError: Columns or types are missing, or too little can be held out.
    """
    check_numbers(source)
    check_roles(source, edges=(*ENDS, "edge_type"), nodes=(*OF_NODES, "node_type"))
    table = open_held_out(nodes)
    whole = _read(open_data(source.data)[0], table, source.columns)
    target, paths = meta_paths.node_type, _paths(whole, meta_paths)
    joined, kinds = JoinedNodes(whole, target, paths), _first(paths)
    if (count := sum(len(whole.edges[kind]) for kind in kinds)) < FEWEST_EDGES:
        raise InputError(f"{source.data} has {count} edges at nodes {target!r} once cleaned, needed are {FEWEST_EDGES}")
    train, parts, notes = _split(whole, kinds, source, table)
    pairs = _pairs(train, paths, target, parts, source.seed)
    joined.others(pairs[0], 2)  # a graph whose nodes are all joined is told of before anything is written
    file = _targets(table, source.columns, target)
    features, labels, _ = ordered(file, whole.names[target])
    drawn = fast_rp(_all_types(train), dim=DRAWN, seed=source.seed)[_rows_of(train, target)]
    # Rows of unit length: with those of ACM's words as long as they are, the contrast learns several times slower.
    read = sparse.hstack(
        [sparse.csr_array(normalize(one)) for one in (features, sparse.csr_array(drawn)) if shape_of(one)[1]]
    )
    around = train.around(target, read, labels=labels, paths=paths)
    degrees = sum((train.incidence(kind, target)[0].sum(1) for kind in kinds), np.zeros(len(drawn)))
    opened = OpenedTypes(
        names=whole.names[target], labels=labels, classes=file.classes, told="", drawn=drawn,
        features=features if shape_of(features)[1] else None, degrees=degrees.astype(np.int64),
        learnt=sum(len(train.edges[kind]) for kind in _steps(paths)), validation=pairs[0], test=pairs[1],
        nodes=nodes, meta_paths=meta_paths, around=around, whole=whole, split=train, joined=joined,
    )  # fmt: skip
    return replace(opened, told=_told(source.data, opened, paths, file, notes))


def other_pairs(path: str, opened: OpenedTypes, columns: tuple[tuple[str, str], ...]) -> tuple[np.ndarray, list[str]]:
    """Pairs int64 `[Q, 2]` that edges of another file join and training does not, and what was left out.

    Args:
        path: Of the edges.
        opened: What the run learnt from.
        columns: Role and column.

    Raises:
        InputError: Fewer than two are left, or a type of edge that training had not.
    """
    target, paths = opened.meta_paths.node_type, _paths(opened.whole, opened.meta_paths)
    edges = _held_out(path, open_held_out(opened.nodes), columns, _first(paths))
    joined = JoinedNodes(opened.split, target, paths)
    found, left = newly_joined(opened.split, target, edges, joined, seed=0)
    found = _without(found, opened.validation)
    if len(found) < 2:
        raise InputError(f"{path}: {len(found)} pairs of nodes {target!r} that training had not joined are too few")
    told = [f"{left:,} held-out edges join no pair that is new and are not judged"] if left else []
    return found, [*edges.notes, *told]


def _read(edges: Table, nodes: Table, columns: tuple[tuple[str, str], ...]) -> TypedGraph:
    of_edges = named_roles(edges, {**ENDS, "edge_type": OF_TYPES["edge_type"]}, columns)
    of_nodes = named_roles(nodes, {"node": OF_NODES["node"], "node_type": OF_TYPES["node_type"]}, columns)
    for table, found, wanted in ((edges, of_edges, (*ENDS, "edge_type")), (nodes, of_nodes, ("node", "node_type"))):
        if lacking := [role for role in wanted if role not in found]:
            raise InputError(
                f"{table.description} has no column {lacking[0]!r}, which --node-type needs: say --column "
                f"{lacking[0]}=COLUMN; it has {listed(list(table.columns))}"
            )
    return read_typed_graph(edges, nodes, **of_edges, **of_nodes)


def _paths(graph: TypedGraph, meta_paths: MetaPaths) -> Paths:
    """Those asked for, or one for every type of edge that has the target at an end."""
    target = meta_paths.node_type
    if target not in graph.names:
        raise InputError(f"node_type must be one of {listed(list(graph.names))}, got {target!r}")
    if len(graph.names[target]) < 2:
        raise InputError(f"node_type {target!r} has one node, and vectors are learnt by comparing several")
    found = meta_paths.paths or tuple((kind,) for kind, ends in graph.ends.items() if target in ends)
    if not found:
        raise InputError(f"node_type {target!r}: no edge has such a node at an end; edges join {_joins(graph)}")
    return {" > ".join(path): path for path in found}


def _first(paths: Paths) -> list[str]:
    """Types of edges that paths begin with: those that are held out."""
    return list(dict.fromkeys(path[0] for path in paths.values()))


def _steps(paths: Paths) -> set[str]:
    return {step for path in paths.values() for step in path}


def _split(
    whole: TypedGraph, kinds: list[str], source: DataSource, nodes: Table
) -> tuple[TypedGraph, list[TypedGraph], list[str]]:
    """To learn from, to choose and to judge by; and what was left out of a file to judge by."""
    if source.test is None:
        train, parts = split_typed(whole, kinds, (CHOSEN_BY, source.test_fraction), seed=source.seed)
        return train, parts, []
    train, parts = split_typed(whole, kinds, (CHOSEN_BY,), seed=source.seed)
    test = _held_out(source.test, nodes, source.columns, kinds)
    return train, [*parts, test], [f"{source.test}: {note}" for note in test.notes]


def _pairs(
    train: TypedGraph, paths: Paths, target: str, parts: list[TypedGraph], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """To choose and to judge by, none in both."""
    seen = JoinedNodes(train, target, paths)
    chosen, judged = (newly_joined(train, target, part, seen, seed=seed)[0] for part in parts)
    if len(chosen) < 2:
        raise InputError(f"edges kept to choose by join {len(chosen)} new pairs of nodes {target!r}, needed are 2")
    return chosen, _without(judged, chosen)


def _held_out(path: str, nodes: Table, columns: tuple[tuple[str, str], ...], kinds: list[str]) -> TypedGraph:
    found = _read(open_held_out(path), nodes, columns)
    if odd := [kind for kind in found.edges if kind not in kinds]:
        raise InputError(f"{path}: edges {odd[0]!r} are none that meta-paths begin with, which are {listed(kinds)}")
    return found


def _without(pairs: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Pairs `[P, 2]` that are not among others; both have the smaller number first."""
    known = set(map(tuple, others.tolist()))
    return pairs[[tuple(pair) not in known for pair in pairs.tolist()]]


def _targets(table: Table, columns: tuple[tuple[str, str], ...], target: str) -> NodeFile:
    """What the file says of nodes of this type; a column that is empty for all of them is none of theirs."""
    kind = named_roles(table, {"node_type": OF_TYPES["node_type"]}, columns)["node_type"]
    held = table.take(np.arange(len(table)))
    rows = np.array([row for row, one in enumerate(held[kind]) if not is_missing(one) and name_of(one) == target])
    empty = [name for name in table.columns if all(is_missing(held[name][row]) for row in rows)]
    return read_nodes(Subset(table, rows, name=target), only(columns, OF_NODES), unused=(kind, *empty))


def _all_types(graph: TypedGraph) -> sparse.csr_array:
    """Symmetric 0 and 1, `[M, M]` of all nodes, those of a type one after the other."""
    start = {name: _rows_of(graph, name).start for name in graph.names}
    ends = [pairs + [start[one] for one in graph.ends[kind]] for kind, pairs in graph.edges.items()]
    one_way = np.unique(np.concatenate(ends), axis=0)
    both, n = np.concatenate([one_way, one_way[:, ::-1]]), sum(map(len, graph.names.values()))
    return sparse.csr_array((np.ones(len(both)), (both[:, 0], both[:, 1])), (n, n))


def _rows_of(graph: TypedGraph, target: str) -> slice:
    sizes = {name: len(nodes) for name, nodes in graph.names.items()}
    start = sum(list(sizes.values())[: list(sizes).index(target)])
    return slice(start, start + sizes[target])


def _joins(graph: TypedGraph) -> str:
    """Types of edges with the types of node that they join, and their numbers."""
    return ", ".join(
        f"{kind!r} ({one} - {other}, {len(graph.edges[kind]):,})" for kind, (one, other) in graph.ends.items()
    )


def _told(data: str, opened: OpenedTypes, paths: Paths, file: NodeFile, notes: list[str]) -> str:
    graph, steps = opened.whole, {step for path in paths.values() for step in path}
    off = [
        f"{len(graph.edges[kind]):,} edges {kind!r} are on no meta-path" for kind in graph.edges if kind not in steps
    ]
    alone = int((opened.degrees == 0).sum())
    bare = [f"{alone:,} of the nodes to learn have no edge in training: their vectors say nothing"] if alone else []
    told = (
        f"{data}: edges {_joins(graph)}; {opened.learnt:,} of them to learn vectors of {len(opened.names):,} nodes "
        f"from, by the meta-paths {', '.join(paths)}. Pairs that held-out edges join: {len(opened.validation):,} to "
        f"choose by, {len(opened.test):,} to judge by."
    )
    return told + "".join(f" {note}." for note in (*graph.notes, *notes, *off, *bare)) + f"\n{file.described}"
