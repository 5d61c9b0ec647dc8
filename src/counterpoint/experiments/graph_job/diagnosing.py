"""What of nodes there is to diagnose: those that held-out edges join, or all of them."""

import numpy as np

from counterpoint.evaluation.diagnosis import Subject
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.opened import OpenedNodes
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.named_space import NamedSpace
from counterpoint.experiments.named_vectors import tables_of


def node_space(
    folder: RunFolder, recipe: NodeLearner, opened: OpenedNodes, *, against: RunFolder | None = None
) -> NamedSpace:
    """Each node that a held-out edge joins, with the first node that one joins it to; all nodes where there is none.

    Popularity is a node's degree among the training edges. There is no temperature: what was contrasted are two views
    of a node, not its neighbours.

    Args:
        folder: A finished run.
        recipe: What it learnt by.
        opened: What it learnt from, and what it held out.
        against: Another run of the same nodes.

    Raises:
        InputError: The other run does not know a node.
        CheckpointError: A run is not finished, or damaged.
    """
    vectors = tables_of(folder).encode(opened.names)
    own, others = _joined(opened)
    called = [opened.names[row] for row in own]
    subject = Subject(
        anchors=vectors[own],
        positives=None if others is None else vectors[others],
        labels=None if opened.labels is None else np.array([*opened.classes, "(none)"])[opened.labels[own]],
        nuisances={"popularity": opened.degrees[own].astype(np.float64)},
        ids=own,
        against=None if against is None else tables_of(against).encode(called),
        batch_size=recipe.loop.batch or len(vectors),
        seed=recipe.seed,
    )
    keys = [int(row) for row in own]
    belonging = {} if others is None else dict(zip(keys, (opened.names[row] for row in others), strict=True))
    return NamedSpace(subject=subject, names=dict(zip(keys, called, strict=True)), positives=belonging, what="nodes")


def _joined(opened: OpenedNodes) -> tuple[np.ndarray, np.ndarray | None]:
    """Nodes, each once, and the other end of a held-out edge of each; all nodes and None without such edges."""
    if len(opened.test) == 0:
        return np.arange(len(opened.names)), None
    ends = np.concatenate([opened.test, opened.test[:, ::-1]])
    own, first = np.unique(ends[:, 0], return_index=True)
    return own, ends[first, 1]
