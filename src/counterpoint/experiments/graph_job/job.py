"""Train on a graph into a run folder, and judge its vectors against what they were made of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from counterpoint.base.folders import atomic_folder
from counterpoint.encoders.id_vectors import id_table
from counterpoint.evaluation import link_prediction
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.clustering import kmeans_assignment
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.anomalies import anomaly_scores, anomaly_task
from counterpoint.experiments.graph_job.learning import Found, learn
from counterpoint.experiments.graph_job.node_list import (
    anomalies_asked_for,
    anomalies_of,
    asked_for,
    clusters_of,
    write_nodes,
)
from counterpoint.experiments.graph_job.opened import OpenedGraph, OpenedNodes
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.judge import Comparison, System
from counterpoint.experiments.named_vectors import tables_of
from counterpoint.experiments.protocols import LeftOut, run_tasks
from counterpoint.experiments.protocols.graphs import Clusters, graph_tasks

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


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """What a run found.

    Attributes:
        step: Whose vectors were kept.
        clusters: int64 `[N]`, where the recipe asks for them.
        anomalies: `[N]`, likewise; higher for a node that fits less.
    """

    step: int
    clusters: np.ndarray | None
    anomalies: np.ndarray | None


class _Chooser:
    """Keeps what the best look found, and says when to stop."""

    def __init__(self, recipe: NodeLearner, opened: OpenedNodes, tell: Callable[[Look], None]) -> None:
        self.recipe, self.tell = recipe, tell
        self.held = opened.validation
        self.others = opened.unlinked(self.held, max(2, len(self.held)), seed=recipe.seed)
        self.best, self.step, self.found = -1.0, 0, Found(np.zeros((0, 0), dtype=np.float32))
        self.since = 0

    def look(self, step: int, loss: float, find: Callable[[], Found]) -> bool:
        auc = None
        if step % self.recipe.look == 0 or step == self.recipe.steps:
            found = find()
            auc = link_prediction(found.vectors, self.held, self.others, bootstrap=_ONCE)[0].value
            self.since += 1
            if auc > self.best:
                self.best, self.step, self.found, self.since = auc, step, found, 0
        self.tell(Look(step, loss, auc))
        return self.since >= self.recipe.patience


def learn_to_best(
    recipe: NodeLearner, opened: OpenedNodes, *, tell: Callable[[Look], None] = lambda look: None
) -> tuple[Found, int]:
    """What the best look at the edges to choose by found, and its step.

    Args:
        recipe: What to train.
        opened: Learnt from, and chosen by.
        tell: Told of every step.
    """
    chooser = _Chooser(recipe, opened, tell)
    learn(recipe, opened.train, chooser.look)
    return chooser.found, chooser.step


def train_into(
    recipe: NodeLearner, opened: OpenedNodes, folder: RunFolder, *, tell: Callable[[Look], None] = lambda look: None
) -> Trained:
    """Train, and save a vector for every node and ``nodes.csv``; the folder's config must exist.

    Args:
        recipe: What to train.
        opened: Learnt from, and chosen by.
        folder: Where the model goes.
        tell: Told of every step.
    """
    found, step = learn_to_best(recipe, opened, tell=tell)
    vectors, clusters = found.vectors, found.clusters
    if recipe.clusters is not None and clusters is None:
        clusters = kmeans_assignment(vectors, recipe.clusters, seed=recipe.seed).astype(np.int64)
    encoder = id_table(vectors, opened.names, side="nodes")
    with atomic_folder(folder.model) as temporary:
        encoder.save(temporary)
    anomalies = None
    if recipe.anomalies is not None:
        anomalies = anomaly_scores(_of_one_type(opened), recipe.anomalies, seed=recipe.seed)
    write_nodes(folder, opened, clusters, anomalies)
    return Trained(step=step, clusters=clusters, anomalies=anomalies)


def judge_graph(folder: RunFolder, opened: OpenedNodes, held: np.ndarray) -> tuple[list[Comparison], list[LeftOut]]:
    """Edges that were held out, classes and clusters where there are labels, and anomalies that are known.

    Args:
        folder: A finished run.
        opened: What it learnt from.
        held: int64 `[Q, 2]` pairs that edges join which it has not learnt.

    Returns:
        Measures of the given features (where there are any), of FastRP's vectors and of the run's; and what could not
        be judged, with reasons.
    """
    names = opened.names
    given = {} if opened.features is None else {"features": opened.features.toarray()}
    rows = {**given, "FastRP": opened.drawn, "trained": tables_of(folder).encode(names)}
    systems = [_fixed(name, one, is_model=name == "trained") for name, one in rows.items()]
    unlinked = partial(opened.unlinked, held)
    tasks = graph_tasks(names, unlinked, held, opened.labels, clusters=_clusters(folder, names))
    if anomalies_asked_for(folder):
        tasks = (*tasks, anomaly_task(_of_one_type(opened), anomalies_of(folder, names)))
    return run_tasks(systems, tasks)


def _of_one_type(opened: OpenedNodes) -> OpenedGraph:
    assert isinstance(opened, OpenedGraph)  # a recipe of meta-paths asks for no anomalies
    return opened


def _clusters(folder: RunFolder, names: list[str]) -> Clusters | None:
    """Those that the run found, and as many by k-means of other vectors; None for a run without."""
    count = asked_for(folder)
    if count is None:
        return None
    own = clusters_of(folder, names)

    def of(system: System) -> np.ndarray:
        return own if system.is_model else kmeans_assignment(np.asarray(system.encode(names)), count)

    return Clusters(count, of)


def _fixed(name: str, rows: np.ndarray, *, is_model: bool) -> System:
    """Vectors that are there already; the content they are asked for is all nodes."""
    return System(name, lambda _: rows, lambda _: rows, lambda _: rows, is_model)
