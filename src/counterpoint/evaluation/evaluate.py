"""What the columns allow: the measures that go with labels, numbers, scores or pairs, in one call each."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.clustering import clustering
from counterpoint.evaluation.knn import knn_accuracy
from counterpoint.evaluation.probe import probe_accuracy, probe_regression
from counterpoint.evaluation.qrels import Qrels
from counterpoint.evaluation.retrieval import retrieval
from counterpoint.evaluation.space import sampled_rows
from counterpoint.evaluation.sts import similarity_scores

CLUSTERED = 5000
"""Test rows that k-means looks at; a larger test set is sampled."""


def evaluate_labels(
    train: Embeddings,
    train_labels: np.ndarray,
    test: Embeddings,
    test_labels: np.ndarray,
    *,
    seed: int = 0,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """Weighted kNN (k = 20), a linear probe, and k-means of the test rows against their labels.

    Args:
        train: `[N, D]`, or sparse.
        train_labels: `[N]` integers or strings, at least two classes.
        test: `[M, D]`.
        test_labels: `[M]`, at least two classes.
        seed: Seed of the probe's split, of k-means, and of the rows it looks at.
        bootstrap: Resamples, level and seed of the intervals.

    Raises:
        InputError: Lengths, widths or values do not fit, or there is only one class.
    """
    test = checks.embeddings("test", test)
    test_labels = checks.labels("test_labels", test_labels, test.shape[0], classes=2)
    rows = sampled_rows(np.arange(test.shape[0]), CLUSTERED, seed=seed)
    return [
        knn_accuracy(train, train_labels, test, test_labels, bootstrap=bootstrap),
        probe_accuracy(train, train_labels, test, test_labels, seed=seed, bootstrap=bootstrap),
        *clustering(test[rows], test_labels[rows], seed=seed, bootstrap=bootstrap),
    ]


def evaluate_numbers(
    train: np.ndarray,
    train_targets: np.ndarray,
    test: np.ndarray,
    test_targets: np.ndarray,
    *,
    seed: int = 0,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """A ridge probe for a target that is a number: R squared and root mean squared error."""
    return probe_regression(train, train_targets, test, test_targets, seed=seed, bootstrap=bootstrap)


def evaluate_scores(
    first: Embeddings, second: Embeddings, scores: np.ndarray, *, bootstrap: Bootstrap = DEFAULT
) -> list[Measure]:
    """Correlation of cosine similarities of row i with row i and scores `[N]`: Spearman, Pearson."""
    return similarity_scores(first, second, scores, bootstrap=bootstrap)


def evaluate_pairs(
    queries: Embeddings,
    candidates: Embeddings,
    *,
    owners: np.ndarray | None = None,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """Retrieval of each query's own candidates among all candidates: nDCG, MRR, MAP, recall, precision.

    Args:
        queries: `[Q, D]`, or sparse.
        candidates: `[M, D]`.
        owners: `[M]` the row of the query that each candidate belongs to; by default candidate i belongs to query i.
        bootstrap: Resamples, level and seed of the intervals; queries are drawn.

    Raises:
        InputError: Lengths or widths do not fit, or an owner is no query.
    """
    if owners is None:
        return retrieval(queries, candidates, bootstrap=bootstrap)
    n, m = queries.shape[0], candidates.shape[0]
    owners = np.asarray(owners)
    if owners.shape != (m,):
        raise InputError(f"owners has shape {owners.shape} for {m} candidates; one per candidate is needed")
    qrels = Qrels.of_triples(owners, np.arange(m), n_queries=n, n_candidates=m)
    return retrieval(queries, candidates, qrels, bootstrap=bootstrap)
