"""Train on a graph into a run folder, and judge its vectors against what they were made of."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from counterpoint.base.folders import atomic_folder
from counterpoint.data.graphs import Graph
from counterpoint.encoders.graph import GraphEncoder
from counterpoint.encoders.id_vectors import id_table
from counterpoint.evaluation import link_prediction, unlinked_pairs
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.opening import OpenedGraph
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.graph_job.spread import train_rows
from counterpoint.experiments.judge import Comparison, System
from counterpoint.experiments.named_vectors import tables_of
from counterpoint.experiments.node_contrast import NodeLoop, NodeLoss, embedded, train_nodes
from counterpoint.experiments.protocols import LeftOut, run_tasks
from counterpoint.experiments.protocols.graphs import graph_tasks

NODES = "nodes.csv"
_ONCE = Bootstrap(resamples=10)
"""A look asks for a value, not for its interval."""


@dataclass(frozen=True)
class Look:
    """What a run is like after a step.

    Attributes:
        step: From 1 on.
        loss: Of this step.
        auc: Of the edges to choose by against pairs without an edge, at the steps that are looked at.
    """

    step: int
    loss: float
    auc: float | None


class _Chooser:
    """Keeps the vectors of the best look, and says when to stop."""

    def __init__(self, recipe: NodeLearner, opened: OpenedGraph, graph: Graph, tell: Callable[[Look], None]) -> None:
        self.recipe, self.graph, self.tell = recipe, graph, tell
        held, n = opened.split.validation, len(opened.names)
        self.held, self.others = held, unlinked_pairs(opened.split.all_edges, n, max(2, len(held)), seed=recipe.seed)
        self.best, self.step, self.vectors = -1.0, 0, np.zeros((0, 0), dtype=np.float32)
        self.since = 0

    def watch(self, step: int, loss: float, encoder: GraphEncoder) -> bool:
        auc = None
        if step % self.recipe.look == 0 or step == self.recipe.loop.steps:
            vectors = embedded(encoder, self.graph)
            encoder.train()
            auc = link_prediction(vectors, self.held, self.others, bootstrap=_ONCE)[0].value
            self.since += 1
            if auc > self.best:
                self.best, self.step, self.vectors, self.since = auc, step, vectors, 0
        self.tell(Look(step, loss, auc))
        return self.since >= self.recipe.patience


def train_into(
    recipe: NodeLearner, opened: OpenedGraph, folder: RunFolder, *, tell: Callable[[Look], None] = lambda look: None
) -> int:
    """Train, and save a vector for every node and ``nodes.csv``; the folder's config must exist.

    Args:
        recipe: What to train.
        opened: Learnt from, and chosen by.
        folder: Where the model goes.
        tell: Told of every step.

    Returns:
        The step whose vectors were kept.
    """
    spread, graph = recipe.spread, opened.split.train
    graph = graph if spread is None else spread.over(graph)
    chooser = _Chooser(recipe, opened, graph, tell)
    if spread is None:
        train_nodes(graph, _loss(recipe), _loop(recipe, graph), seed=recipe.seed, watch=chooser.watch)
    else:
        train_rows(graph, _loss(recipe), recipe.loop, linear=spread.linear, seed=recipe.seed, watch=chooser.watch)
    encoder = id_table(chooser.vectors, opened.names, side="nodes")
    with atomic_folder(folder.model) as temporary:
        encoder.save(temporary)
    _write_nodes(folder.path / NODES, opened)
    return chooser.step


def _loss(recipe: NodeLearner) -> NodeLoss:
    return lambda one, other, step: recipe.objective(one, other)


def _loop(recipe: NodeLearner, graph: Graph) -> NodeLoop:
    if recipe.diffusion is None:
        return recipe.loop
    return replace(recipe.loop, views=(recipe.loop.views[0], recipe.diffusion.view(graph.adjacency)))


def judge_graph(folder: RunFolder, opened: OpenedGraph, held: np.ndarray) -> tuple[list[Comparison], list[LeftOut]]:
    """Edges that were held out, and classes and clusters where there are labels.

    Args:
        folder: A finished run.
        opened: What it learnt from.
        held: int64 `[Q, 2]` edges that it has not learnt.

    Returns:
        Measures of the given features (where there are any), of FastRP's vectors and of the run's; and what could not
        be judged, with reasons.
    """
    names, train = opened.names, opened.split.train
    given = {} if opened.features is None else {"features": opened.features.toarray()}
    rows = {**given, "FastRP": opened.drawn, "trained": tables_of(folder).encode(names)}
    systems = [_fixed(name, one, is_model=name == "trained") for name, one in rows.items()]
    edges = np.concatenate([opened.split.all_edges, held])
    return run_tasks(systems, graph_tasks(names, edges, held, train.labels))


def _fixed(name: str, rows: np.ndarray, *, is_model: bool) -> System:
    """Vectors that are there already; the content they are asked for is all nodes."""
    return System(name, lambda _: rows, lambda _: rows, lambda _: rows, is_model)


def _write_nodes(path: Path, opened: OpenedGraph) -> None:
    """Names, and labels where there are any: a corpus to embed."""
    labels = opened.split.train.labels
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        if labels is None:
            out.writerows([["node"], *([name] for name in opened.names)])
            return
        of = ["" if label < 0 else opened.classes[label] for label in labels]
        out.writerows([["node", "label"], *zip(opened.names, of, strict=True)])
