"""A graph as a run names it: its edges, what is known of its nodes, and what is held out to choose and to judge by."""

from collections.abc import Collection, Container
from dataclasses import replace

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of
from counterpoint.data import Table
from counterpoint.data.edge_lists import EdgeList, read_edges
from counterpoint.data.graphs import Graph, LinkSplit, graph_from, hold_out_edges, split_links
from counterpoint.data.names import LABELS, WEAK_LABELS, plain
from counterpoint.data.table import listed
from counterpoint.encoders.fast_rp import fast_rp
from counterpoint.experiments.graph_job.features import (
    NODE,
    NodeFile,
    found_column,
    ordered,
    read_nodes,
    with_anomalies,
)
from counterpoint.experiments.graph_job.opened import OpenedGraph
from counterpoint.experiments.named_roles import named_roles
from counterpoint.experiments.source import DataSource, check_numbers, open_data, open_held_out

ENDS = {
    "source": ("source", "source_id", "src", "from", "from_id"),
    "target": ("target", "target_id", "dst", "to", "to_id"),
}
"""The roles of the columns of an edge, and what they are called."""
OF_NODES = {"node": NODE, "label": (*LABELS, *WEAK_LABELS)}
OF_TYPES = {"edge_type": ("edge_type", "type", "relation"), "node_type": ("node_type", "type")}
"""Likewise, where a graph has several types of edges and nodes."""
OF_ANOMALIES = {"anomaly": ("anomaly", "is_anomaly", "outlier")}
"""Likewise, where anomalies are looked for: a column that says which nodes are some."""
CHOSEN_BY = 0.05
FEWEST_EDGES = 30
"""Of which that share is two, once rounded."""
DRAWN = 64
"""Dimensions of FastRP."""


def open_graph(source: DataSource, nodes: str | None, *, anomalies: bool = False) -> OpenedGraph:
    """Read, clean and split; FastRP's vectors are made of the training edges alone.

    Args:
        source: The list of edges, and what of it is held out; 5 % of the rest are held out to choose by.
        nodes: File that describes nodes; nodes of its own that have no edge are kept.
        anomalies: Whether a column that says which nodes are anomalies is that, and no feature.

    Raises:
        InputError: Columns are missing or named twice, no edge is left after cleaning, or too little can be held out.
    """
    check_numbers(source)
    of_nodes = {**OF_NODES, **(OF_ANOMALIES if anomalies else {})}
    check_roles(source, edges=ENDS, nodes=of_nodes)
    if nodes is None and (odd := [role for role, _ in source.columns if role in of_nodes]):
        raise InputError(f"--column {odd[0]}=... goes with --nodes")
    table = open_data(source.data)[0]
    edges = _edges(table, source.columns)
    file = None if nodes is None else _described(open_held_out(nodes), source.columns, anomalies=anomalies)
    names, features, labels, undescribed = _nodes(edges, file)
    whole = graph_from(edges.edges, sparse.csr_array((len(names), 1), dtype=np.float32))
    split, repeated = _split(whole, source, names)
    drawn = fast_rp(split.train.adjacency, dim=DRAWN, seed=source.seed)
    beside = [] if features is None else [features]
    train = graph_from(split.train.edges, sparse.hstack([*beside, sparse.csr_array(drawn)]), labels=labels)
    unused = [name for name in table.columns if name not in named_roles(table, ENDS, source.columns).values()]
    notes = [*edges.notes, *whole.notes, *repeated, *undescribed, *_unused(unused)]
    sizes = (f"{len(part):,} to {what} by" for part, what in ((split.validation, "choose"), (split.test, "judge")))
    told = (
        f"{table.description}: {len(whole.edges):,} edges between {len(names):,} nodes, "
        f"{len(split.train.edges):,} of them to learn from, {', '.join(sizes)}."
    )
    told += "".join(f" {note}." for note in notes) + ("" if file is None else f"\n{file.described}")
    return OpenedGraph(
        split=replace(split, train=train), names=names, labels=labels, classes=[] if file is None else file.classes,
        features=None if features is None or not shape_of(features)[1] else features, drawn=drawn,
        odd=_in_order(file, names), degrees=train.degrees, learnt=len(train.edges), validation=split.validation,
        test=split.test, told=told,
    )  # fmt: skip


def other_edges(path: str, opened: OpenedGraph, columns: tuple[tuple[str, str], ...]) -> tuple[np.ndarray, list[str]]:
    """Edges of another file between nodes of this graph that it has not learnt, int64 `[Q, 2]`, and what was left out.

    Raises:
        InputError: Fewer than two are left.
    """
    edges = _edges(open_held_out(path), columns, known=opened.names)
    return _new(edges, np.concatenate([opened.split.train.edges, opened.split.validation]), path)


def _described(table: Table, columns: tuple[tuple[str, str], ...], *, anomalies: bool) -> NodeFile:
    given = only(columns, OF_NODES)
    column = found_column(table, "anomaly", OF_ANOMALIES["anomaly"], columns) if anomalies else None
    if column is None:
        return read_nodes(table, given)
    if column not in table.columns:
        raise InputError(f"{table.description} has no column {column!r}; its columns: {listed(list(table.columns))}")
    file = read_nodes(table, given, unused=(column,))
    node = found_column(table, "node", NODE, given)
    assert node is not None  # the file was read by it
    return with_anomalies(file, table, node, column)


def _in_order(file: NodeFile | None, names: list[str]) -> np.ndarray | None:
    """What the file says of anomalies, of these nodes."""
    if file is None or file.odd is None:
        return None
    said = dict(zip(file.names, file.odd.tolist(), strict=True))
    return np.array([said.get(name, -1) for name in names], dtype=np.int64)


def _unused(columns: list[str]) -> list[str]:
    if not columns:
        return []
    typed = any(plain(name) in OF_TYPES["edge_type"] for name in columns)
    return [f"Not used: {listed(columns)}" + ("; types of edges count with --node-type" if typed else "")]


def _edges(table: Table, columns: tuple[tuple[str, str], ...], *, known: list[str] | None = None) -> EdgeList:
    ends = named_roles(table, ENDS, columns)
    if lacking := [role for role in ENDS if role not in ends]:
        raise InputError(f"{table.description} has no column of {lacking[0]}s: say --column {lacking[0]}=COLUMN")
    return read_edges(table, source=ends["source"], target=ends["target"], known=known)


def edges_of(table: Table) -> str:
    """How many edges and nodes a list of edges holds, in words.

    Raises:
        InputError: There is no edge.
    """
    edges, ends = _edges(table, ()), named_roles(table, ENDS, ())
    columns = listed([ends["source"], ends["target"]])
    told = f"{table.description}: {len(edges.edges):,} edges (columns {columns}) between {len(edges.names):,} nodes."
    return told + "".join(f" {note}." for note in edges.notes)


def linked_to(node: str, source: DataSource) -> set[str]:
    """Names of the nodes that an edge of a run's file joins to one, whichever way it points.

    Args:
        node: Its name.
        source: The edges, held-out ones among them.
    """
    edges = _edges(open_data(source.data)[0], source.columns)
    if node not in edges.names:
        return set()
    there = edges.edges == edges.names.index(node)
    return {edges.names[other] for other in edges.edges[:, ::-1][there].tolist()}


def check_roles(source: DataSource, *, edges: Collection[str], nodes: Collection[str]) -> None:
    """Refuse columns for roles that these data do not have.

    Raises:
        InputError: There is one.
    """
    odd = [role for role, _ in source.columns if role not in (*edges, *nodes)]
    if odd and odd[0] in OF_TYPES:
        raise InputError(f"--column {odd[0]}=... goes with --node-type, the type of the nodes to learn")
    if odd:
        raise InputError(f"--column {odd[0]}=...: edges have the roles {', '.join(edges)}, nodes {', '.join(nodes)}")


def only(columns: tuple[tuple[str, str], ...], roles: Container[str]) -> tuple[tuple[str, str], ...]:
    """The columns of these roles."""
    return tuple(pair for pair in columns if pair[0] in roles)


def _nodes(
    edges: EdgeList, file: NodeFile | None
) -> tuple[list[str], sparse.csr_array | None, np.ndarray | None, list[str]]:
    """Names of edges first, then those that only the file knows; features and labels in that order; notes."""
    if file is None:
        return edges.names, None, None, []
    there = set(edges.names)
    if there.isdisjoint(file.names):
        raise InputError(
            f"no node of the edges is described: edges join {edges.names[0]!r}, the file has {file.names[:1]}"
        )
    names = [*edges.names, *(name for name in file.names if name not in there)]
    features, labels, unknown = ordered(file, names)
    notes = [f"{unknown:,} nodes of the edges are not described: their features are 0"] if unknown else []
    return names, features, labels, notes


def _split(whole: Graph, source: DataSource, names: list[str]) -> tuple[LinkSplit, list[str]]:
    if len(whole.edges) < FEWEST_EDGES:
        raise InputError(
            f"{source.data} has {len(whole.edges)} edges once cleaned; at least {FEWEST_EDGES} are needed, so that "
            f"{CHOSEN_BY:.0%} of them, kept to choose by, are two"
        )
    if source.test is None and source.test_fraction:
        return split_links(whole, validation=CHOSEN_BY, test=source.test_fraction, seed=source.seed), []
    train, validation = hold_out_edges(whole, CHOSEN_BY, seed=source.seed)
    test, notes = np.zeros((0, 2), dtype=np.int64), list[str]()
    if source.test is not None:
        edges = _edges(open_held_out(source.test), source.columns, known=names)
        test, notes = _new(edges, whole.edges, source.test)
    return LinkSplit(train=train, validation=validation, test=test), notes


def _new(edges: EdgeList, seen: np.ndarray, path: str) -> tuple[np.ndarray, list[str]]:
    """Edges that are not among those seen, each once, and notes."""
    n = len(edges.names)
    held = graph_from(edges.edges, sparse.csr_array((n, 1), dtype=np.float32)).edges
    fresh = ~np.isin(held @ [n, 1], seen @ [n, 1])
    if fresh.sum() < 2:
        raise InputError(f"{path}: {int(fresh.sum())} edges between known nodes that training had not are too few")
    known = int((~fresh).sum())
    told = [f"{known:,} held-out edges were there in training and are not judged"] if known else []
    return held[fresh], [*edges.notes, *told]
