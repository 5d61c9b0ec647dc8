"""Weighted k-nearest-neighbour classification of frozen embeddings, in memory that does not grow with N."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure
from counterpoint.evaluation.checks import Embeddings

VOTES_PER_BLOCK = 1 << 22


def knn_predict(
    train: Embeddings,
    train_labels: np.ndarray,
    test: Embeddings,
    *,
    k: int = 20,
    temperature: float = 0.07,
    leave_one_out: bool = False,
) -> np.ndarray:
    """Predict the label of each test row from its nearest training rows.

    Wu et al., "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", CVPR 2018, section 3.4:
    a neighbour at cosine s votes for its class with weight exp(s / temperature). Of classes with equal votes the one
    with the nearest neighbour wins.

    Args:
        train: `[N, D]`, or sparse.
        train_labels: `[N]` integers or strings.
        test: `[M, D]`.
        k: Number of neighbours; all training rows where there are fewer.
        temperature: Sharpness of the weights.
        leave_one_out: ``test`` is ``train``, and no row may vote for itself.

    Returns:
        `[M]` labels.

    Raises:
        InputError: Shapes, lengths or values do not fit, or there is only one class.
    """
    train, test = checks.embeddings("train", train), checks.embeddings("test", test, at_least=1)
    checks.same_width("train", train, "test", test)
    if leave_one_out and train.shape[0] != test.shape[0]:
        raise InputError(f"leave_one_out needs test to be train, got {test.shape[0]} and {train.shape[0]} rows")
    train_labels = checks.labels("train_labels", train_labels, train.shape[0], classes=2)
    checks.at_least("k", k, 1)
    checks.positive("temperature", temperature)
    return np.concatenate(
        [_vote(train_labels, found, temperature) for found in cosine.top_k(test, train, k, exclude_self=leave_one_out)]
    )


def knn_accuracy(
    train: Embeddings,
    train_labels: np.ndarray,
    test: Embeddings,
    test_labels: np.ndarray,
    *,
    k: int = 20,
    temperature: float = 0.07,
    bootstrap: Bootstrap = DEFAULT,
) -> Measure:
    """Top-1 accuracy of :func:`knn_predict`; a test label that training never saw counts as wrong."""
    predicted = knn_predict(train, train_labels, test, k=k, temperature=temperature)
    test_labels = checks.labels("test_labels", test_labels, predicted.size)
    return mean_measure("knn_accuracy", predicted == test_labels, bootstrap=bootstrap)


def knn_accuracy_leave_one_out(
    embeddings: Embeddings,
    labels: np.ndarray,
    *,
    k: int = 20,
    temperature: float = 0.07,
    bootstrap: Bootstrap = DEFAULT,
) -> Measure:
    """Top-1 accuracy when each row is classified by all the others."""
    predicted = knn_predict(embeddings, labels, embeddings, k=k, temperature=temperature, leave_one_out=True)
    return mean_measure("knn_accuracy_leave_one_out", predicted == np.asarray(labels), bootstrap=bootstrap)


def _vote(labels: np.ndarray, found: cosine.Neighbours, temperature: float) -> np.ndarray:
    """Every neighbour collects the weights of the neighbours that share its label: no array of all classes is made."""
    winners = []
    rows = max(1, VOTES_PER_BLOCK // max(found.index.shape[1] ** 2, 1))
    for start in range(0, found.index.shape[0], rows):
        similarity = found.similarity[start : start + rows].astype(np.float64)
        vote = labels[found.index[start : start + rows]]
        weight = np.exp((similarity - similarity[:, :1]) / temperature)
        total = np.einsum("qkj,qj->qk", vote[:, :, None] == vote[:, None, :], weight)
        winners.append(np.take_along_axis(vote, total.argmax(axis=1)[:, None], axis=1)[:, 0])
    return np.concatenate(winners)
