"""Cosine similarity in blocks, of arrays or sparse matrices, and the exact streamed top k built on it.

Order of equal similarities: the higher row number first. This is what trec_eval does when documents are named by
zero-padded row numbers (it sorts ties by descending name).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import sparse

from counterpoint.evaluation.checks import Embeddings

QUERY_BLOCK = 512
CANDIDATE_BLOCK = 4096


class Neighbours(NamedTuple):
    """The best candidates of the queries ``start`` to ``start + len(index)``, best first.

    Attributes:
        start: Row of the first query.
        similarity: `[Q, K]` cosines.
        index: `[Q, K]` rows of the candidates.
    """

    start: int
    similarity: np.ndarray
    index: np.ndarray


def unit_rows(block: Embeddings) -> Embeddings:
    """Rows divided by their length; a row of zeros stays zero, so its cosine with anything is 0."""
    if sparse.issparse(block):
        length = np.sqrt(np.asarray(block.multiply(block).sum(axis=1), dtype=np.float64).ravel())
        inverse = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
        return (sparse.diags_array(inverse) @ block).tocsr()
    block = block if block.dtype in (np.float32, np.float64) else block.astype(np.float32)
    # Dividing by the largest entry first keeps squares of very large or very small rows within range.
    largest = np.abs(block).max(axis=1, keepdims=True)
    block = block / np.where(largest > 0, largest, 1)
    length = np.sqrt(np.einsum("nd,nd->n", block, block))[:, None]
    return block / np.where(length > 0, length, 1)


def similarities(first: Embeddings, second: Embeddings) -> np.ndarray:
    """Cosines `[N, M]` of unit rows."""
    product = first @ second.T
    return product.toarray() if sparse.issparse(product) else np.asarray(product)


def paired(first: Embeddings, second: Embeddings) -> np.ndarray:
    """Cosine of row i with row i `[N]`, float64, computed block by block."""
    parts = []
    for start in range(0, first.shape[0], CANDIDATE_BLOCK):
        a = unit_rows(first[start : start + CANDIDATE_BLOCK])
        b = unit_rows(second[start : start + CANDIDATE_BLOCK])
        if sparse.issparse(a) or sparse.issparse(b):
            parts.append(np.asarray(sparse.csr_array(a).multiply(sparse.csr_array(b)).sum(axis=1)).ravel())
        else:
            parts.append(np.einsum("nd,nd->n", a, b, dtype=np.float64))
    return np.concatenate(parts).astype(np.float64)


def top_k(
    queries: Embeddings,
    candidates: Embeddings,
    k: int,
    *,
    exclude_self: bool = False,
    query_block: int = QUERY_BLOCK,
    candidate_block: int = CANDIDATE_BLOCK,
) -> Iterator[Neighbours]:
    """Yield the exact k most similar candidates, one block of queries at a time; memory is that of one tile.

    Args:
        queries: `[Q, D]`.
        candidates: `[M, D]`.
        k: How many; fewer come back where there are fewer candidates.
        exclude_self: Queries and candidates are the same rows, and no row may find itself.
        query_block: Queries per tile.
        candidate_block: Candidates per tile.
    """
    k = min(k, candidates.shape[0] - exclude_self)
    for start in range(0, queries.shape[0], query_block):
        yield _top_k_block(queries, candidates, k, start, exclude_self, (query_block, candidate_block))


def _top_k_block(
    queries: Embeddings, candidates: Embeddings, k: int, start: int, exclude_self: bool, tile: tuple[int, int]
) -> Neighbours:
    """The best of all candidates for one block of queries; columns stand in descending order of row number."""
    unit = unit_rows(queries[start : start + tile[0]])
    row = np.arange(start, start + unit.shape[0])[:, None]
    best = np.empty((unit.shape[0], 0), dtype=np.float32)
    index = np.empty((unit.shape[0], 0), dtype=np.int64)
    for stop in range(candidates.shape[0], 0, -tile[1]):
        first = max(stop - tile[1], 0)
        score = similarities(unit, unit_rows(candidates[first:stop]))[:, ::-1]
        column = np.arange(stop - 1, first - 1, -1)
        if exclude_self:
            score = np.where(column == row, -np.inf, score)
        best, index = _merge(best, index, score, np.broadcast_to(column, score.shape), k)
    order = np.argsort(-best, axis=1, kind="stable")
    return Neighbours(start, np.take_along_axis(best, order, axis=1), np.take_along_axis(index, order, axis=1))


def _merge(
    best: np.ndarray, index: np.ndarray, score: np.ndarray, column: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The k largest of what was kept and what is new; what stands further left wins a tie."""
    if best.shape[1] == k:
        score, column = _only_better(score, column, best.min(axis=1, keepdims=True))
    score = np.concatenate([best, score], axis=1)
    column = np.concatenate([index, column], axis=1)
    if score.shape[1] <= k:
        return score, column
    kth = np.partition(score, -k, axis=1)[:, -k, None]
    above, equal = score > kth, score == kth
    room = k - above.sum(axis=1, keepdims=True)
    keep = above | (equal & (np.cumsum(equal, axis=1) <= room))
    return score[keep].reshape(-1, k), column[keep].reshape(-1, k)


def _only_better(score: np.ndarray, column: np.ndarray, floor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The entries above ``floor``, moved to the left in their order and padded with -inf.

    After the first tiles few entries still get in, and partitioning only those is several times faster.
    """
    row, place = np.nonzero(score > floor)
    count = np.bincount(row, minlength=score.shape[0])
    slot = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    shape = (score.shape[0], int(count.max(initial=0)))
    better, where = np.full(shape, -np.inf, dtype=score.dtype), np.zeros(shape, dtype=np.int64)
    better[row, slot], where[row, slot] = score[row, place], column[row, place]
    return better, where
