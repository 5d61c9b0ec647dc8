"""What the softmax family shares: log-sum-exp of what is compared, minus the mean positive."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from counterpoint.pairwise import Requests, Term, Tile


def softmax_terms(axis: Requests, logits_NM: Tensor, rel: Tile) -> Iterator[Term]:
    """Per row or column: log-sum-exp of what is compared; sum and number of positives, weighted where pairs are."""
    yield axis.lse(rel.log_weighted(logits_NM), where=rel.compared)
    yield from positive_terms(axis, logits_NM, rel)


def positive_terms(axis: Requests, values_NM: Tensor, rel: Tile) -> Iterator[Term]:
    """Per row or column: sum and number of positives, weighted where pairs are."""
    yield axis.sum(rel.weighted(values_NM), where=rel.positive)
    yield total(axis, rel.positive, values_NM, rel)


def total(axis: Requests, where: Tensor, like: Tensor, rel: Tile) -> Term:
    """Per row or column: the number of pairs of one kind, or what they weigh."""
    return axis.count(where, like=like) if rel.weight is None else axis.sum(rel.weight, where=where)


def nonzero(count_N: Tensor) -> Tensor:
    """The number of each anchor's positives to divide by; 1 where there is none, and nothing depends on it."""
    return torch.where(count_N > 0, count_N, 1.0)


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x)), also beyond 20, where torch's own turns linear."""
    return -logsigmoid(-x)


def debiased(negative_N: Tensor, positive_N: Tensor, number_N: Tensor, prior: Tensor | float, floor: Any) -> Tensor:
    """Log-sum-exp of an anchor's negatives, were there no false ones among them.

    Formula: ``log max((exp(negative) - prior number exp(positive)) / (1 - prior), number exp(floor))``.

    Args:
        negative_N: Log-sum-exp of what passes for negatives.
        positive_N: Log-mean-exp of the positives; any number where there is none.
        number_N: How many negatives there are, or what they weigh; not 0.
        prior: How likely a negative is a false one, from 0 to below 1.
        floor: The smallest logit there can be.
    """
    # Beyond exp(60) the floor holds whatever the rest, and an overflow would make 0 times infinity of a prior of 0.
    false_N = prior * number_N * (positive_N - negative_N).clamp_max(60).exp()
    share_N = (1 - false_N) / (1 - prior)
    true_N = negative_N + torch.log(torch.where(share_N > 0, share_N, 1.0))
    floor_N = torch.log(number_N) + floor
    return torch.where(share_N > 0, torch.maximum(true_N, floor_N), floor_N)


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
