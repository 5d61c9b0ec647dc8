"""What a topic model's topics are worth: do their words belong together, and does each topic have its own?"""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure


def topic_coherence(
    topics: Sequence[Sequence[int]] | np.ndarray, bags: sparse.spmatrix | np.ndarray, *, bootstrap: Bootstrap = DEFAULT
) -> Measure:
    """Mean over topics of the mean NPMI of all pairs of their top words; from -1, never together, to 1, always.

    Formula: ``NPMI(a, b) = log(p(a, b) / (p(a) p(b))) / -log p(a, b)`` with p the share of documents that hold a word,
    or both; -1 for two words that are never together, 1 for two that are in every document.

    Lau, Newman and Baldwin, "Machine Reading Tea Leaves: Automatically Evaluating Topic Coherence and Topic Model
    Quality" (2014), doi:10.3115/v1/E14-1056, after Bouma (2009). They count in windows of words; documents here.

    Args:
        topics: int `[K, T]`, the columns of each topic's top words.
        bags: `[N, W]`, counts of words in the documents to judge by, better not those that were learnt from; only
            whether a count is above 0 matters.
        bootstrap: Resamples, level and seed; topics are drawn.

    Raises:
        InputError: Fewer than two topics or words a topic, a word twice in one, or a column that is not there.
    """
    words_KT = _checked(topics, bags.shape[1])
    if bags.shape[0] < 1:
        raise InputError("bags must hold one document at least, got none")
    known, place = np.unique(words_KT, return_inverse=True)
    there = (sparse.csr_matrix(bags)[:, known] > 0).astype(np.float64)
    share_UU = (there.T @ there).toarray() / bags.shape[0]
    npmi_UU = _npmi(share_UU)
    upper = np.triu_indices(words_KT.shape[1], k=1)
    values = [npmi_UU[np.ix_(one, one)][upper].mean() for one in place.reshape(words_KT.shape)]
    return mean_measure("npmi", np.array(values), bootstrap=bootstrap)


def topic_diversity(topics: Sequence[Sequence[int]] | np.ndarray) -> float:
    """Share of different words among the top words of all topics: 1 all different, 1 / K the same in every topic.

    Dieng, Ruiz and Blei, "Topic Modeling in Embedding Spaces" (2020), arXiv:1907.04907, Section 6, with 25 words.

    Args:
        topics: int `[K, T]`.

    Raises:
        InputError: Fewer than two topics or words a topic, or a word twice in one.
    """
    words_KT = _checked(topics)
    return float(np.unique(words_KT).size / words_KT.size)


def _npmi(share_UU: np.ndarray) -> np.ndarray:
    """Of shares of documents, single ones on the diagonal."""
    alone_U = share_UU.diagonal()
    together = share_UU > 0
    log_share = np.log(np.where(together, share_UU, 1.0))
    expected = np.log(np.where(together, alone_U[:, None] * alone_U[None, :], 1.0))
    everywhere = together & (log_share == 0)
    found = (log_share - expected) / np.where(log_share == 0, 1.0, -log_share)
    return np.where(everywhere, 1.0, np.where(together, found, -1.0))


def _checked(topics: Sequence[Sequence[int]] | np.ndarray, columns: int | None = None) -> np.ndarray:
    words = np.asarray(topics)
    if words.ndim != 2 or words.shape[0] < 2 or words.shape[1] < 2 or words.dtype.kind not in "iu":
        raise InputError(f"topics must be integers [K, T], both at least 2, got {words.dtype} {list(words.shape)}")
    if words.min() < 0 or (columns is not None and words.max() >= columns):
        raise InputError(f"topics must hold columns from 0 to {columns}, got {words.min()} to {words.max()}")
    if any(np.unique(one).size < one.size for one in words):
        raise InputError("topics must not hold a word twice in one topic")
    return words
