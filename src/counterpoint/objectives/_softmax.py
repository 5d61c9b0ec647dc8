"""What the softmax family shares: log-sum-exp of what is compared, minus the mean positive."""

from collections.abc import Iterator

import torch
from torch import Tensor

from counterpoint.objectives._anchors import mean_over_anchors
from counterpoint.pairwise import Requests, Term, Tile


def softmax_terms(axis: Requests, logits_NM: Tensor, rel: Tile) -> Iterator[Term]:
    """Per row or column: log-sum-exp of what is compared; sum and number of positives."""
    yield axis.lse(logits_NM, where=rel.compared)
    yield axis.sum(logits_NM, where=rel.positive)
    yield axis.count(rel.positive, like=logits_NM)


def softmax_head(lse_N: Tensor, positive_N: Tensor, count_N: Tensor) -> Tensor:
    """Mean, over anchors with a positive, of log-sum-exp minus mean positive."""
    return mean_over_anchors(lse_N - positive_N / count_N.clamp_min(1), count_N)


def softmax_reference(logits_NM: Tensor, rel: Tile) -> Tensor:
    """Minus the log-probability of each positive, averaged over the positives of an anchor, then over anchors."""
    losses: list[Tensor] = []
    for logits, positive, compared in zip(logits_NM, rel.positive, rel.compared, strict=True):
        if positive.any():
            terms = [torch.log(torch.exp(logits[compared]).sum()) - logit for logit in logits[positive]]
            losses.append(torch.stack(terms).mean())
    return torch.stack(losses).mean()
