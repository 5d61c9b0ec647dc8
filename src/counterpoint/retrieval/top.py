"""The best K of a stream of score tiles, where of equal scores the lower row wins."""

import torch
from torch import Tensor

_LOW_BITS = 0xFFFFFFFF
_MANTISSA = 0x7FFFFFFF
_EMPTY = torch.iinfo(torch.int64).min

MAX_ROWS = _LOW_BITS
"""Rows are kept in 32 bits."""


class RunningTop:
    """The K best rows of each of Q queries so far, from tiles that arrive in ascending order of rows.

    A score and its row are packed into one integer: the float32's bits, made to sort like numbers, above the row's
    complement. Every key differs, so ``topk``, which promises nothing about equal values, has one answer.
    """

    def __init__(self, queries: int, k: int) -> None:
        """Nothing seen yet."""
        self._keys_QK = torch.full((queries, k), _EMPTY, dtype=torch.int64)

    def add(self, first_query: int, first_row: int, scores_qm: Tensor) -> None:
        """Take in the finite float32 scores of queries from ``first_query`` with rows from ``first_row`` on."""
        best_qK = self._keys_QK[first_query : first_query + len(scores_qm)]
        floor_q1 = self._floor(best_qK, scores_qm)
        # Rows ascend from tile to tile, so an equal score comes too late: strictly better ones only.
        query, column = torch.nonzero(scores_qm > floor_q1, as_tuple=True)
        if len(query) == 0:
            return
        fresh_qc = _ragged(query, _keys(scores_qm[query, column], column + first_row), len(scores_qm))
        best_qK.copy_(torch.cat([best_qK, fresh_qc], dim=1).topk(best_qK.shape[1], dim=1).values)

    def rows(self) -> Tensor:
        """Row numbers `[Q, K]`, best first."""
        return _LOW_BITS - (self._keys_QK & _LOW_BITS)

    @staticmethod
    def _floor(best_qK: Tensor, scores_qm: Tensor) -> Tensor:
        """Per query, a number that every score that can still get in exceeds, `[q, 1]`."""
        k = best_qK.shape[1]
        worst_q1 = best_qK[:, -1:]
        floor_q1 = torch.where(worst_q1 == _EMPTY, -torch.inf, _scores(worst_q1))
        if scores_qm.shape[1] < k or not torch.isneginf(floor_q1).any():
            return floor_q1
        kth_q1 = scores_qm.topk(k, dim=1).values[:, -1:]
        return torch.maximum(floor_q1, torch.nextafter(kth_q1, torch.full_like(kth_q1, -torch.inf)))


def _keys(scores: Tensor, rows: Tensor) -> Tensor:
    bits = (scores + 0.0).view(torch.int32).to(torch.int64)  # + 0.0 makes -0.0 equal to 0.0
    ordered = torch.where(bits < 0, bits ^ _MANTISSA, bits)
    return (ordered << 32) | (_LOW_BITS - rows)


def _scores(keys: Tensor) -> Tensor:
    ordered = keys >> 32
    return torch.where(ordered < 0, ordered ^ _MANTISSA, ordered).to(torch.int32).view(torch.float32)


def _ragged(query: Tensor, keys: Tensor, queries: int) -> Tensor:
    """Keys moved to the left of their query's line `[q, c]`; the rest of a line is empty."""
    counts = torch.bincount(query, minlength=queries)
    slot = torch.arange(len(query)) - torch.repeat_interleave(counts.cumsum(0) - counts, counts)
    lines = torch.full((queries, int(counts.max())), _EMPTY, dtype=torch.int64)
    lines[query, slot] = keys
    return lines
