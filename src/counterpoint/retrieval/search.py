"""Exact search: every query against every vector, block by block."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.similarity import Cosine, Similarity
from counterpoint.retrieval.checks import at_least, finite, float32, matrix, same_width
from counterpoint.retrieval.store import Store
from counterpoint.retrieval.top import MAX_ROWS, RunningTop

BLOCK_ROWS = 8192
QUERY_ROWS = 256
SHORTLIST = 32
"""Rows beyond k that are scored again in float64."""


@dataclass(frozen=True)
class Hits:
    """What a search found.

    Attributes:
        rows: int64 `[Q, k]`, best first; of equal scores the lower row first.
        scores: float32 `[Q, k]`, their similarities.
    """

    rows: np.ndarray
    scores: np.ndarray


def search(
    queries: np.ndarray,
    corpus: Store | np.ndarray,
    k: int,
    *,
    metric: Similarity = Cosine(),
    block_rows: int = BLOCK_ROWS,
) -> Hits:
    """The k vectors most similar to each query, exactly.

    Vectors are read in blocks and only the best k + 32 rows of a query are kept (float32 matrix products; memory is
    that of one tile and the result). Those are scored again in float64 and rounded to float32, because the last bits
    of a float32 product depend on where in a block a row stands: so equal vectors get equal scores, and the result
    does not depend on ``block_rows`` or threads. Only a row outscored by more than 32 others by no more than float32
    rounding could be missed.

    Args:
        queries: `[Q, D]`.
        corpus: A store, or an array `[N, D]` (a memory map, say).
        k: How many, 1 to N.
        metric: ``Cosine()``, ``Dot()`` or any similarity; larger is nearer.
        block_rows: Vectors per tile.

    Raises:
        InputError: NaN or infinity in a query or vector (the row is named), different D, no vectors, or k not in 1..N.
    """
    name = f"the store {corpus.folder}" if isinstance(corpus, Store) else "the corpus"
    vectors_ND = matrix(name, corpus.vectors if isinstance(corpus, Store) else corpus)
    queries_QD = float32(matrix("queries", queries))
    _check(queries_QD, vectors_ND, name, k)
    at_least("block_rows", block_rows, 1)
    with torch.inference_mode():
        query_QD = metric.prepare(torch.from_numpy(queries_QD))
        top = RunningTop(len(queries_QD), min(k + SHORTLIST, len(vectors_ND)))
        for start in range(0, len(vectors_ND), block_rows):
            raw_mD = float32(vectors_ND[start : start + block_rows])
            block_mD = metric.prepare_candidates(torch.from_numpy(raw_mD))
            for first in range(0, len(query_QD), QUERY_ROWS):
                scores_qm = metric.scores(query_QD[first : first + QUERY_ROWS], block_mD)
                _refuse_unbounded(scores_qm, raw_mD, name, start)
                top.add(first, start, scores_qm)
        shortlists = top.rows().sort(dim=1).values.numpy()
        return scored_again(queries_QD, vectors_ND, shortlists, k, metric=metric)


def _check(queries_QD: np.ndarray, vectors_ND: np.ndarray, name: str, k: int) -> None:
    same_width("queries", queries_QD.shape[1], name, vectors_ND.shape[1])
    finite("queries,", queries_QD)
    if not 1 <= len(vectors_ND) <= MAX_ROWS:
        raise InputError(f"{name} has {len(vectors_ND)} rows; a search needs 1 to {MAX_ROWS}")
    if not 1 <= k <= len(vectors_ND):
        raise InputError(f"k must be between 1 and the {len(vectors_ND)} rows of {name}, got {k}")


def _refuse_unbounded(scores_qm: Tensor, raw_mD: np.ndarray, name: str, first_row: int) -> None:
    # Scores are checked rather than vectors: for few queries that is much less to look at.
    if not torch.isfinite(scores_qm).all():
        finite(f"{name},", raw_mD, first_row=first_row)
        raise InputError(f"scores of {name} overflow float32 between rows {first_row} and {first_row + len(raw_mD)}")


def scored_again(
    queries_QD: np.ndarray,
    vectors_ND: np.ndarray,
    shortlists: Iterable[np.ndarray],
    k: int,
    *,
    metric: Similarity = Cosine(),
) -> Hits:
    """The best k of each shortlist by float64 scores rounded to float32; of equal ones the lower row first.

    Args:
        queries_QD: float32 `[Q, D]`, finite.
        vectors_ND: `[N, D]`.
        shortlists: Q arrays of rows, each ascending and of at least k.
        k: How many.
        metric: Larger is nearer.
    """
    scores = np.empty((len(queries_QD), k), dtype=np.float32)
    rows = np.empty((len(queries_QD), k), dtype=np.int64)
    query_QD = metric.prepare(torch.from_numpy(queries_QD).double())
    for i, shortlist in enumerate(shortlists):
        candidates = metric.prepare_candidates(torch.from_numpy(vectors_ND[shortlist].astype(np.float64)))
        exact = metric.scores(query_QD[i : i + 1], candidates)[0].float().numpy()
        best = np.argsort(-exact, kind="stable")[:k]
        scores[i], rows[i] = exact[best], shortlist[best]
    return Hits(rows, scores)
