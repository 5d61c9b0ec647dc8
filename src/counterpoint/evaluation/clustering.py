"""Do k-means clusters of frozen embeddings agree with labels they never saw?"""

import warnings

import numpy as np
from scipy import optimize, special
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, Statistic, mean_measure, measure


def kmeans_assignment(
    embeddings: np.ndarray, clusters: int, *, n_init: int = 10, seed: int = 0, normalize: bool = True
) -> np.ndarray:
    """Cluster number `[N]` of each row by k-means (Lloyd, k-means++ starts, the best of ``n_init``).

    Args:
        embeddings: `[N, D]`.
        clusters: Number of clusters, at most N.
        n_init: Number of starts.
        seed: Seed of the starts.
        normalize: Cluster unit rows, as suits embeddings trained by cosine.
    """
    embeddings = checks.embeddings("embeddings", embeddings, at_least=max(clusters, 2))
    checks.at_least("clusters", clusters, 1)
    points = cosine.unit_rows(embeddings) if normalize else embeddings
    with warnings.catch_warnings():
        # Fewer distinct points than clusters (a collapsed model) warns; the agreement with the labels shows it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # scikit-learn documents n_init as "auto" or an integer; the checker sees only the default.
        return KMeans(clusters, n_init=n_init, random_state=seed).fit_predict(points)  # pyright: ignore[reportArgumentType]


def clustering(
    embeddings: np.ndarray,
    labels: np.ndarray,
    *,
    clusters: int | None = None,
    n_init: int = 10,
    seed: int = 0,
    normalize: bool = True,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """K-means with one cluster per class (unless told), judged by :func:`agreement`.

    Args:
        embeddings: `[N, D]`.
        labels: `[N]` integers or strings, at least two classes.
        clusters: Number of clusters; by default the number of classes.
        n_init: Number of k-means starts.
        seed: Seed of the starts.
        normalize: Cluster unit rows.
        bootstrap: Resamples, level and seed; points are drawn, their clusters stay.
    """
    embeddings = checks.embeddings("embeddings", embeddings)
    labels = checks.labels("labels", labels, embeddings.shape[0], classes=2)
    clusters = np.unique(labels).size if clusters is None else clusters
    assigned = kmeans_assignment(embeddings, clusters, n_init=n_init, seed=seed, normalize=normalize)
    return agreement(labels, assigned, bootstrap=bootstrap)


def agreement(labels: np.ndarray, assigned: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> list[Measure]:
    """Clustering accuracy, normalised mutual information and adjusted Rand index of an assignment.

    Accuracy counts points whose cluster is matched to their class, by the one-to-one matching that matches most
    (Hungarian; Xie et al., ICML 2016, Eq. 10). NMI divides by the mean of the two entropies (Vinh et al., JMLR 2010);
    ARI is Hubert & Arabie's (1985). All intervals hold the clusters, and the matching, fixed; those of NMI and ARI are
    centred, since drawing a point twice makes any two labelings look more alike.

    Args:
        labels: `[N]` classes.
        assigned: `[N]` clusters.
        bootstrap: Resamples, level and seed.
    """
    labels = checks.labels("labels", labels, len(labels), classes=2)
    assigned = checks.labels("assigned", assigned, labels.size)
    _, row = np.unique(labels, return_inverse=True)
    _, column = np.unique(assigned, return_inverse=True)
    shape = (int(row.max()) + 1, int(column.max()) + 1)
    table = np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1]).reshape(shape)
    match = np.full(shape[1], -1)
    classes, clusters = optimize.linear_sum_assignment(table, maximize=True)
    match[clusters] = classes
    cells = np.nonzero(table)
    return [
        mean_measure("clustering_accuracy", match[column] == row, bootstrap=bootstrap),
        measure("nmi", nmi_of(*cells), table[cells], bootstrap=bootstrap, centred=True),
        measure("ari", ari_of(*cells), table[cells], bootstrap=bootstrap, centred=True),
    ]


def nmi_of(row: np.ndarray, column: np.ndarray) -> Statistic:
    """Normalised mutual information as a statistic of the counts of cells (class ``row[c]``, cluster ``column[c]``)."""

    def statistic(counts: np.ndarray) -> np.ndarray:
        p = counts / counts.sum(axis=1, keepdims=True)
        by_row, by_column = (special.entr(_marginal(p, side)).sum(axis=1) for side in (row, column))
        information = by_row + by_column - special.entr(p).sum(axis=1)
        mean = (by_row + by_column) / 2
        # One class and one cluster agree perfectly, as scikit-learn defines it.
        return np.where(mean > 0, np.clip(information, 0, None) / np.where(mean > 0, mean, 1), 1.0)

    return statistic


def ari_of(row: np.ndarray, column: np.ndarray) -> Statistic:
    """Adjusted Rand index as a statistic of the counts of cells (class ``row[c]``, cluster ``column[c]``)."""

    def statistic(counts: np.ndarray) -> np.ndarray:
        n = counts.sum(axis=1)
        together = _pairs(counts)
        by_row, by_column = _pairs(_marginal(counts, row)), _pairs(_marginal(counts, column))
        expected = by_row * by_column / (n * (n - 1) / 2)
        room = (by_row + by_column) / 2 - expected
        return np.where(room > 0, (together - expected) / np.where(room > 0, room, 1), 1.0)

    return statistic


def _marginal(counts: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Sums `[B, G]` of the columns that belong to each group."""
    return counts @ np.eye(int(group.max()) + 1)[group]


def _pairs(counts: np.ndarray) -> np.ndarray:
    return (counts * (counts - 1) / 2).sum(axis=1)
