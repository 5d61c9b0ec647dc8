"""The list of nodes that a run leaves: names, labels where there are any, clusters and anomalies where asked for."""

import csv
from collections.abc import Callable

import numpy as np

from counterpoint.base.errors import CheckpointError
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.opened import OpenedNodes

NODES = "nodes.csv"
NODE, LABEL, CLUSTER, ANOMALY = "node", "label", "cluster", "anomaly"


def write_nodes(
    folder: RunFolder, opened: OpenedNodes, clusters: np.ndarray | None, anomalies: np.ndarray | None
) -> None:
    """Write ``nodes.csv``, a corpus to embed.

    Args:
        folder: Of the run.
        opened: Whose names and labels; a node without a label has an empty one.
        clusters: int64 `[N]`; None writes no column of them.
        anomalies: `[N]`, higher for a node that fits less; likewise.
    """
    columns: dict[str, list[str]] = {NODE: opened.names}
    if (labels := opened.labels) is not None:
        columns[LABEL] = ["" if label < 0 else opened.classes[label] for label in labels]
    if clusters is not None:
        columns[CLUSTER] = [str(one) for one in clusters]
    if anomalies is not None:
        columns[ANOMALY] = [f"{one:.6g}" for one in anomalies]
    with (folder.path / NODES).open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(columns)
        out.writerows(zip(*columns.values(), strict=True))


def asked_for(folder: RunFolder) -> int | None:
    """How many clusters a run was asked for; None for none."""
    found = folder.graph()
    return None if found is None else found[0].clusters


def anomalies_asked_for(folder: RunFolder) -> bool:
    """Whether a run was asked for a score of every node."""
    found = folder.graph()
    return found is not None and found[0].anomalies is not None


def clusters_of(folder: RunFolder, names: list[str]) -> np.ndarray:
    """The cluster int64 `[N]` of each node as the run wrote it.

    Raises:
        CheckpointError: The list is gone or lacks the cluster of a node.
    """
    return np.array(_column(folder, names, CLUSTER, int), dtype=np.int64)


def anomalies_of(folder: RunFolder, names: list[str]) -> np.ndarray:
    """The score float64 `[N]` of each node as the run wrote it.

    Raises:
        CheckpointError: The list is gone or lacks the score of a node.
    """
    return np.array(_column(folder, names, ANOMALY, float), dtype=np.float64)


def _column(folder: RunFolder, names: list[str], column: str, kind: Callable[[str], float]) -> list[float]:
    path = folder.path / NODES
    try:
        with path.open(newline="", encoding="utf-8") as file:
            found = {row[NODE]: kind(row[column]) for row in csv.DictReader(file)}
        return [found[name] for name in names]
    except (OSError, KeyError, TypeError, ValueError) as error:
        what = "an anomaly" if column == ANOMALY else f"a {column}"
        raise CheckpointError(f"{path} does not hold {what} for every node; train again: {error!r}") from error
