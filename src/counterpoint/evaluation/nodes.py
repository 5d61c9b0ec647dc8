"""Nodes of a graph by their frozen embeddings: classification by a linear probe, and clustering."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy import optimize, sparse

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.clustering import agreement, kmeans_assignment
from counterpoint.evaluation.confusion import macro_f1
from counterpoint.evaluation.probe import HELD_OUT, STRENGTHS, fit_classifier


def node_classification(
    embeddings: np.ndarray,
    labels: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    *,
    validation: np.ndarray | None = None,
    seed: int = 0,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """Accuracy (micro F1) and macro F1 of a linear probe that learns on some nodes and is judged on others.

    The protocol of Velickovic et al., "Deep Graph Infomax" (2018), arXiv:1809.10341, Section 4.2, on rows of unit
    length as in the public code of GRACE. Columns are not standardised: a public split has 20 nodes of each class to
    learn from, among which most words of a bag of words occur once or never.

    Args:
        embeddings: `[N, D]`.
        labels: `[N]` classes.
        train: int `[T]` nodes to learn from.
        test: int `[M]` nodes that are judged.
        validation: int `[V]` nodes to choose the strength of the penalty on; None chooses it among the training nodes,
            of which the public splits have few.
        seed: Seed of the choice among the training nodes.
        bootstrap: Resamples, level and seed; test nodes are drawn.

    Raises:
        InputError: A node out of range or in two parts, or one class only.
    """
    unit = _unit(checks.embeddings("embeddings", embeddings))
    labels = checks.labels("labels", labels, shape_of(unit)[0], classes=2)
    given = {"train": train, "test": test} | ({} if validation is None else {"validation": validation})
    parts = {name: _nodes(name, part, len(labels)) for name, part in given.items()}
    for one, other in combinations(parts, 2):
        if shared := np.intersect1d(parts[one], parts[other]).size:
            raise InputError(f"{one} and {other} share {shared} nodes; none may be in both")
    train, test = parts["train"], parts["test"]
    unseen = HELD_OUT if validation is None else (unit[parts["validation"]], labels[parts["validation"]])
    probe = fit_classifier(unit[train], labels[train], validation=unseen, seed=seed)
    predicted = probe.predict(unit[test])
    return [
        mean_measure("node_accuracy", predicted == labels[test], bootstrap=bootstrap),
        macro_f1(labels[test], predicted, name="node_macro_f1", bootstrap=bootstrap),
    ]


def node_classification_over_splits(
    embeddings: np.ndarray,
    labels: np.ndarray,
    *,
    share: float = 0.1,
    splits: int = 10,
    seed: int = 0,
    bootstrap: Bootstrap = DEFAULT,
) -> Measure:
    """Mean accuracy over random splits, for graphs that bring none; the interval is over splits.

    Shchur et al., "Pitfalls of Graph Neural Network Evaluation" (2018), arXiv:1811.05868, show why one split is not
    enough. 10 % to learn from is the custom of contrastive work on graphs since GRACE (2020), arXiv:2006.04131.

    Args:
        embeddings: `[N, D]`.
        labels: `[N]` classes.
        share: Part of the nodes to learn from; all others are judged.
        splits: Number of splits.
        seed: Seed of the splits.
        bootstrap: Resamples, level and seed.

    Raises:
        InputError: A share outside 0 to 1, fewer than two splits, or one class only.
    """
    unit = _unit(checks.embeddings("embeddings", embeddings))
    labels = checks.labels("labels", labels, shape_of(unit)[0], classes=2)
    checks.at_least("splits", splits, 2)
    if not 0 < share < 1:
        raise InputError(f"share must lie between 0 and 1, got {share}")
    cut, accuracy = max(2, round(share * len(labels))), []
    for split in range(splits):
        order = np.random.default_rng([seed, split]).permutation(len(labels))
        probe = fit_classifier(unit[order[:cut]], labels[order[:cut]], strengths=STRENGTHS, seed=split)
        accuracy.append(np.mean(probe.predict(unit[order[cut:]]) == labels[order[cut:]]))
    return mean_measure("node_accuracy_over_splits", np.array(accuracy), bootstrap=bootstrap)


def node_clustering(
    embeddings: np.ndarray,
    labels: np.ndarray,
    *,
    n_init: int = 20,
    seed: int = 0,
    normalize: bool = True,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """ACC, NMI, ARI and macro F1 of k-means with one cluster per class, as deep graph clustering reports them.

    Bo et al., "Structural Deep Clustering Network" (2020), arXiv:2002.01633, Section 4.3. Clusters are matched to
    classes once (Hungarian), and F1 is that of the matched classes.

    Args:
        embeddings: `[N, D]`.
        labels: `[N]` classes.
        n_init: Starts of k-means.
        seed: Seed of the starts.
        normalize: Cluster unit rows.
        bootstrap: Resamples, level and seed; nodes are drawn, clusters stay.

    Raises:
        InputError: Lengths differ, or one class only.
    """
    embeddings = checks.embeddings("embeddings", embeddings)
    labels = checks.labels("labels", labels, embeddings.shape[0], classes=2)
    clusters = len(np.unique(labels))
    assigned = kmeans_assignment(embeddings, clusters, n_init=n_init, seed=seed, normalize=normalize)
    return cluster_agreement(labels, assigned, bootstrap=bootstrap)


def cluster_agreement(
    labels: np.ndarray, assigned: np.ndarray, *, clusters: int | None = None, bootstrap: Bootstrap = DEFAULT
) -> list[Measure]:
    """ACC, NMI and ARI of clusters against classes, and macro F1 where there are no more clusters than classes.

    Args:
        labels: `[N]` classes.
        assigned: `[N]` clusters.
        clusters: How many were asked for, some of which may be empty; None for as many as there are.
        bootstrap: Resamples, level and seed; nodes are drawn, clusters stay.

    Raises:
        InputError: Lengths differ, or one class only.
    """
    found = agreement(labels, assigned, bootstrap=bootstrap)
    if max(clusters or 0, len(np.unique(assigned))) > len(np.unique(labels)):
        return found
    named = matched_classes(labels, assigned)
    return [*found, macro_f1(labels, named, name="clustering_macro_f1", bootstrap=bootstrap)]


def matched_classes(labels: np.ndarray, assigned: np.ndarray) -> np.ndarray:
    """The class `[N]` that each row's cluster is matched to, one to one, so that most rows agree.

    Args:
        labels: `[N]` classes.
        assigned: `[N]` clusters, no more than there are classes.

    Raises:
        InputError: More clusters than classes.
    """
    classes, row = np.unique(labels, return_inverse=True)
    clusters, column = np.unique(assigned, return_inverse=True)
    if len(clusters) > len(classes):
        raise InputError(f"assigned must hold at most one cluster per class, got {len(clusters)} for {len(classes)}")
    table = np.bincount(row * len(clusters) + column, minlength=len(classes) * len(clusters))
    class_of, cluster = optimize.linear_sum_assignment(table.reshape(len(classes), -1), maximize=True)
    return classes[class_of[np.argsort(cluster)]][column]


def _unit(embeddings: Embeddings) -> sparse.csr_array:
    """Rows of length 1 as a sparse matrix, whose columns the probe scales by one number and not each by its own."""
    return sparse.csr_array(cosine.unit_rows(embeddings))


def _nodes(name: str, value: Sequence[int] | np.ndarray, n: int) -> np.ndarray:
    nodes = np.asarray(value)
    if nodes.ndim != 1 or nodes.dtype.kind not in "iu" or nodes.size < 2:
        raise InputError(f"{name} must be at least 2 node numbers, got {nodes.dtype} {list(nodes.shape)}")
    if nodes.min() < 0 or nodes.max() >= n:
        raise InputError(f"{name} must lie between 0 and {n - 1}, got {nodes.min()} to {nodes.max()}")
    return nodes
