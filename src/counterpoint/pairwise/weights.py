"""Means over anchors: those without a positive are left out, and the caller may weigh the others."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.arrange import Problem
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.terms import Axis


@dataclass(frozen=True, eq=False)
class AnchorWeights:
    """How much each anchor counts.

    Attributes:
        rows: `[N]` of all ranks.
        cols: `[M]` of all ranks, for objectives that take means over candidates too: a candidate weighs what the
            anchor does that it came with; None where it came with none.
        used: The axes that a mean was taken over.
    """

    rows: Tensor
    cols: Tensor | None
    used: set[Axis] = field(default_factory=set[Axis])

    def of(self, axis: Axis) -> Tensor:
        """Weights of the rows or columns.

        Raises:
            InputError: Candidates did not come with the anchors.
        """
        self.used.add(axis)
        if axis is Axis.ROWS:
            return self.rows
        if self.cols is None:
            raise InputError("weights cannot be used here: a mean over candidates is taken, and relation pairs none")
        return self.cols


def anchor_weights(weights: Tensor | None, n: int, problem: Problem, ranks: Ranks) -> AnchorWeights | None:
    """Weights of all ranks' rows and columns, outside autograd; a collective call.

    Args:
        weights: `[N]` as passed by the caller.
        n: Anchors as passed by the caller.
        problem: What is compared: perhaps two views of each anchor, stacked.
        ranks: The processes.

    Raises:
        InputError: They are all zero, on every rank.
    """
    if weights is None:
        return None
    stacked = problem.anchors.shape[0] // n
    mine = weights.detach().to(problem.anchors).repeat(stacked)
    cols = None
    if problem.candidates.shape[0] >= len(mine) and problem.paired:
        cols = ranks.gather(torch.cat([mine, mine.new_zeros(problem.candidates.shape[0] - len(mine))]))
    rows = ranks.gather(mine)
    if not bool((rows > 0).any()):
        raise InputError("weights are all zero: no anchor counts")
    return AnchorWeights(rows, cols)


def check_weights(weights: Tensor | None, n: int) -> None:
    """Refuse weights that are not non-negative, finite numbers, one per anchor.

    Raises:
        InputError: They are something else.
    """
    if weights is None:
        return
    if weights.shape != (n,) or weights.is_complex():
        raise InputError(f"weights must be {n} numbers, one per anchor, got {weights.dtype} {list(weights.shape)}")
    if not bool(((weights >= 0) & torch.isfinite(weights)).all()):
        raise InputError("weights must be non-negative and finite")


def mean_over(loss_N: Tensor, positives_N: Tensor | None, weights_N: Tensor | None, *, warn: bool) -> Tensor:
    """Weighted mean of ``loss_N`` over the anchors that have a positive; the others are counted in a warning.

    Args:
        loss_N: `[N]`, anything where there is no positive.
        positives_N: `[N]` number of positives of each anchor; None when every anchor counts.
        weights_N: `[N]`; None when all count the same.
        warn: Say how many have none.

    Raises:
        InputError: No anchor has a positive (and a weight).
    """
    if positives_N is None:
        return loss_N.mean() if weights_N is None else (loss_N * weights_N).sum() / weights_N.sum()
    if weights_N is None and positives_N.detach().min().item() > 0:
        return loss_N.mean()
    valid = positives_N > 0
    count = int(valid.sum())
    if count == 0:
        raise InputError(f"none of the {len(valid)} anchors has a positive: nothing to attract")
    if count < len(valid) and warn:
        warnings.warn(
            f"{len(valid) - count} of {len(valid)} anchors have no positive and are left out of the mean", stacklevel=3
        )
    if weights_N is None:
        return torch.where(valid, loss_N, 0.0).sum() / count
    weights_N = torch.where(valid, weights_N, 0.0)
    total = weights_N.sum()
    if not bool(total > 0):
        raise InputError("every anchor that has a positive has weight 0")
    return (torch.where(valid, loss_N, 0.0) * weights_N).sum() / total
