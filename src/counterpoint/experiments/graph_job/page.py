"""The page of a run on a graph."""

from collections.abc import Sequence

import numpy as np

from counterpoint.base.spec import to_json
from counterpoint.experiments import report
from counterpoint.experiments.again import commands_again
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.anomalies import oddest
from counterpoint.experiments.graph_job.diagnosing import node_space
from counterpoint.experiments.graph_job.node_list import anomalies_asked_for, anomalies_of, asked_for, clusters_of
from counterpoint.experiments.graph_job.opened import OpenedNodes
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.named_space import diagnosed
from counterpoint.experiments.named_vectors import tables_of
from counterpoint.experiments.shown_scores import shown_score

MAP_POINTS, QUERIES, HITS = 1_500, 6, 6


def write_page(folder: RunFolder, opened: OpenedNodes, found: Sequence[Comparison]) -> None:
    """Curves, measures, nodes in the plane and diagnosed, and the nearest of a few."""
    learnt = folder.graph()
    assert learnt is not None  # a run on edges
    recipe, source = learnt
    vectors = tables_of(folder).encode(opened.names)
    clusters = None if asked_for(folder) is None else clusters_of(folder, opened.names)
    shown = np.sort(np.random.default_rng(0).permutation(len(vectors))[:MAP_POINTS])
    plane = report.project(vectors[shown], seed=0)
    page = report.Report(
        title=f"Nodes of {source.data}",
        subtitle=opened.told,
        summary=_summary(folder, opened),
        reproduce=commands_again(folder),
        configuration=to_json(recipe),
        curves=tuple(folder.records()),
        scores=tuple(shown_score(one) for one in found),
        map=report.Map(
            points=plane.points,
            method=plane.method,
            content=[opened.names[row] for row in shown],
            labels=_shown(opened, shown, clusters),
        ),
        neighbours=tuple(_nearest(opened, vectors, node) for node in _asked(opened)),
        questions=diagnosed(folder, node_space(folder, recipe, opened)),
    )
    report.write_report(page, folder.report)


def _summary(folder: RunFolder, opened: OpenedNodes) -> tuple[str, ...]:
    if not anomalies_asked_for(folder):
        return ()
    odd = oddest(opened.names, anomalies_of(folder, opened.names))
    return (f"Nodes that fit least: {', '.join(f'{name} ({score:.3f})' for name, score in odd)}.",)


def _shown(opened: OpenedNodes, rows: np.ndarray, clusters: np.ndarray | None) -> tuple[str, ...] | None:
    """Clusters where they were asked for, classes otherwise; None where there are neither."""
    labels = opened.labels
    if clusters is not None:
        return tuple(f"cluster {clusters[row]}" for row in rows)
    if labels is None:
        return None
    return tuple(opened.classes[label] if label >= 0 else "none" for label in labels[rows])


def _asked(opened: OpenedNodes) -> list[int]:
    """Nodes of most edges first to least, evenly spaced."""
    order = np.argsort(-opened.degrees, kind="stable")
    return order[np.linspace(0, len(order) - 1, min(QUERIES, len(order))).astype(int)].tolist()


def _nearest(opened: OpenedNodes, vectors: np.ndarray, node: int) -> report.Neighbours:
    scores = vectors @ vectors[node]
    scores[node] = -np.inf
    best = np.argsort(-scores, kind="stable")[: min(HITS, len(scores) - 1)]
    return report.Neighbours(
        query=report.Item(content=opened.names[node], row=node),
        hits=tuple((report.Item(content=opened.names[row], row=int(row)), float(scores[row])) for row in best),
    )
