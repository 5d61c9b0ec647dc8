"""What the softmax family shares: log-sum-exp of what is compared, minus the mean positive."""

from collections.abc import Iterator

import torch
from torch import Tensor

from counterpoint.pairwise import Requests, Term, Tile


def softmax_terms(axis: Requests, logits_NM: Tensor, rel: Tile) -> Iterator[Term]:
    """Per row or column: log-sum-exp of what is compared; sum and number of positives, weighted where pairs are."""
    yield axis.lse(rel.log_weighted(logits_NM), where=rel.compared)
    yield from positive_terms(axis, logits_NM, rel)


def positive_terms(axis: Requests, values_NM: Tensor, rel: Tile) -> Iterator[Term]:
    """Per row or column: sum and number of positives, weighted where pairs are."""
    yield axis.sum(rel.weighted(values_NM), where=rel.positive)
    if rel.weight is None:
        yield axis.count(rel.positive, like=values_NM)
    else:
        yield axis.sum(rel.weight, where=rel.positive)


def softmax_losses(lse_N: Tensor, positive_N: Tensor, count_N: Tensor) -> Tensor:
    """Log-sum-exp minus mean positive of each anchor; anything where there is no positive."""
    return lse_N - positive_N / count_N.clamp_min(torch.finfo(count_N.dtype).tiny)


def softmax_reference(logits_NM: Tensor, rel: Tile) -> Tensor:
    """Minus the log-probability of each positive, averaged over the positives of an anchor, then over anchors."""
    losses: list[Tensor] = []
    for logits, positive, compared in zip(logits_NM, rel.positive, rel.compared, strict=True):
        if positive.any():
            terms = [torch.log(torch.exp(logits[compared]).sum()) - logit for logit in logits[positive]]
            losses.append(torch.stack(terms).mean())
    return torch.stack(losses).mean()
