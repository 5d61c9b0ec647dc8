"""Exact search: every query against every row, block by block, over vectors that may be larger than memory."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.retrieval.store import Store

BLOCK_ROWS = 16_384


@dataclass(frozen=True)
class Hits:
    """The k best rows of each query, best first; of equal scores the lower row first.

    Attributes:
        rows: int64 `[Q, k]`.
        scores: float32 `[Q, k]`, cosines (or inner products).
    """

    rows: np.ndarray
    scores: np.ndarray


def search(
    queries: np.ndarray, corpus: Store | np.ndarray, k: int, *, cosine: bool = True, block_rows: int = BLOCK_ROWS
) -> Hits:
    """The k rows of ``corpus`` most similar to each query.

    Args:
        queries: float `[Q, D]`.
        corpus: A store, or an array `[N, D]` (memory-mapped or not).
        k: Hits per query, at most N.
        cosine: Compare by cosine; otherwise by inner product.
        block_rows: Rows held in memory at once. Changes no result.

    Raises:
        InputError: D differs, k is not in 1..N, or a vector is not finite (its row is named).
    """
    vectors = corpus.vectors if isinstance(corpus, Store) else corpus
    if queries.ndim != 2 or vectors.ndim != 2 or queries.shape[1] != vectors.shape[1]:
        raise InputError(f"queries have shape {queries.shape} and the corpus {vectors.shape}: D must be the same")
    if not 1 <= k <= len(vectors):
        raise InputError(f"k must be between 1 and the {len(vectors)} rows of the corpus, got {k}")
    if block_rows < 1:
        raise InputError(f"block_rows must be at least 1, got {block_rows}")
    q = _prepared("query", queries, 0, cosine)
    best = (q.new_empty(len(q), 0), torch.empty(len(q), 0, dtype=torch.int64))
    for start in range(0, len(vectors), block_rows):
        block = _prepared("corpus", vectors[start : start + block_rows], start, cosine)
        scores, rows = _best(q @ block.T, k)
        best = _merged(best, (scores, rows + start), k)
    return Hits(rows=best[1].numpy(), scores=best[0].numpy())


def _prepared(name: str, vectors: np.ndarray, first: int, cosine: bool) -> Tensor:
    x = torch.from_numpy(np.array(vectors, dtype=np.float32))
    broken = (~torch.isfinite(x).all(1)).nonzero()
    if len(broken):
        raise InputError(f"{name} row {first + int(broken[0])} holds NaN or infinity")
    return unit_rows(x) if cosine else x


def _best(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k best columns of every row, ties to the lower column.

    ``topk`` is fast but picks any of equal scores. Only rows where the k-th score also occurs outside the selection
    are ambiguous, and only those are sorted in full.
    """
    k = min(k, scores.shape[1])
    values, columns = scores.topk(k, dim=1)
    last = values[:, -1:]
    ambiguous = (scores == last).sum(1) > (values == last).sum(1)
    if ambiguous.any():
        order = torch.sort(scores[ambiguous], dim=1, descending=True, stable=True)
        values[ambiguous], columns[ambiguous] = order.values[:, :k], order.indices[:, :k]
    return values, columns


def _merged(a: tuple[Tensor, Tensor], b: tuple[Tensor, Tensor], k: int) -> tuple[Tensor, Tensor]:
    """The k best of two selections, ordered by falling score and rising row."""
    scores, rows = torch.cat([a[0], b[0]], 1), torch.cat([a[1], b[1]], 1)
    by_row = torch.argsort(rows, dim=1, stable=True)
    scores, rows = scores.gather(1, by_row), rows.gather(1, by_row)
    order = torch.argsort(scores, dim=1, descending=True, stable=True)[:, :k]
    return scores.gather(1, order), rows.gather(1, order)
