"""Bitext mining: does a sentence find its translation among all sentences of the other language?"""

from typing import NamedTuple

import numpy as np

from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, Statistic, mean_measure, measure
from counterpoint.evaluation.checks import Embeddings

NEIGHBOURS = 4


class Best(NamedTuple):
    """Rows that were found best `[N]`: of the second side for the first, and the other way."""

    forward: np.ndarray
    backward: np.ndarray


def bitext(first: Embeddings, second: Embeddings, *, bootstrap: Bootstrap = DEFAULT) -> list[Measure]:
    """Accuracy in each direction by cosine, then by margin, and F1 of pairs that choose each other by margin.

    The margin divides a cosine by the mean cosine that both rows have with their 4 nearest rows of the other side
    (ratio margin; Artetxe and Schwenk, "Margin-based Parallel Corpus Mining with Multilingual Sentence Embeddings",
    ACL 2019, arXiv:1811.01136, Eqs. 2-3), which takes the advantage from hubs. A mined pair is right when rows have
    the same number: F1 = 2 right / (mined + N).

    Args:
        first: `[N, D]`, or sparse; sentences of one language.
        second: `[N, D]`; row i is the translation of row i.
        bootstrap: Resamples, level and seed; sentences are drawn, what was found stays.

    Raises:
        InputError: Shapes differ, or fewer than two rows.
    """
    by_cosine, by_margin = mined(first, second)
    rows = np.arange(len(by_cosine.forward))
    mutual = by_margin.backward[by_margin.forward] == rows
    right = mutual & (by_margin.forward == rows)
    ones = np.ones(len(rows), dtype=np.int64)
    accuracies = [
        mean_measure(f"bitext_{how}_{way}", found == rows, bootstrap=bootstrap)
        for how, best in (("cosine", by_cosine), ("margin", by_margin))
        for way, found in best._asdict().items()
    ]
    return [*accuracies, measure("bitext_f1", _f1_of(right, mutual), ones, bootstrap=bootstrap)]


def mined(first: Embeddings, second: Embeddings) -> tuple[Best, Best]:
    """The best of the other side for every row, by cosine and by ratio margin among the nearest 4 candidates.

    Raises:
        InputError: Shapes differ, or fewer than two rows.
    """
    first, second = checks.embeddings("first", first), checks.embeddings("second", second)
    checks.same_shape("first", first, "second", second)
    there, back = _nearest(first, second), _nearest(second, first)
    density = [near.similarity.mean(axis=1) for near in (there, back)]
    return (
        Best(there.index[:, 0], back.index[:, 0]),
        Best(_by_margin(there, *density), _by_margin(back, *density[::-1])),
    )


def _nearest(rows: Embeddings, others: Embeddings) -> cosine.Neighbours:
    found = list(cosine.top_k(rows, others, NEIGHBOURS))
    return cosine.Neighbours(
        0, np.concatenate([one.similarity for one in found]), np.concatenate([one.index for one in found])
    )


def _by_margin(near: cosine.Neighbours, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    half = (own[:, None] + other[near.index]) / 2
    # A density of 0 or less (rows unlike everything) makes ratios meaningless; such rows fall back on differences.
    score = np.where(half > 0, near.similarity / np.where(half > 0, half, 1), near.similarity - half)
    return np.take_along_axis(near.index, score.argmax(axis=1)[:, None], axis=1)[:, 0]


def _f1_of(right: np.ndarray, mutual: np.ndarray) -> Statistic:
    return lambda counts: 2 * (counts @ right) / (counts @ mutual + counts.sum(axis=1))
