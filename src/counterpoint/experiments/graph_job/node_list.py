"""The list of nodes that a run leaves: names, labels where there are any, and clusters where they were asked for."""

import csv

import numpy as np

from counterpoint.base.errors import CheckpointError
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.opened import OpenedNodes

NODES = "nodes.csv"
NODE, LABEL, CLUSTER = "node", "label", "cluster"


def write_nodes(folder: RunFolder, opened: OpenedNodes, clusters: np.ndarray | None) -> None:
    """Write ``nodes.csv``, a corpus to embed.

    Args:
        folder: Of the run.
        opened: Whose names and labels; a node without a label has an empty one.
        clusters: int64 `[N]`; None writes no column of them.
    """
    columns: dict[str, list[str]] = {NODE: opened.names}
    if (labels := opened.labels) is not None:
        columns[LABEL] = ["" if label < 0 else opened.classes[label] for label in labels]
    if clusters is not None:
        columns[CLUSTER] = [str(one) for one in clusters]
    with (folder.path / NODES).open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(columns)
        out.writerows(zip(*columns.values(), strict=True))


def asked_for(folder: RunFolder) -> int | None:
    """How many clusters a run was asked for; None for none."""
    found = folder.graph()
    return None if found is None else found[0].clusters


def clusters_of(folder: RunFolder, names: list[str]) -> np.ndarray:
    """The cluster int64 `[N]` of each node as the run wrote it.

    Raises:
        CheckpointError: The list is gone or lacks the cluster of a node.
    """
    path = folder.path / NODES
    try:
        with path.open(newline="", encoding="utf-8") as file:
            found = {row[NODE]: int(row[CLUSTER]) for row in csv.DictReader(file)}
        return np.array([found[name] for name in names], dtype=np.int64)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} does not hold a cluster for every node; train again: {error!r}") from error
