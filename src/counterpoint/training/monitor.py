"""What to watch while training: whether positives part from negatives, and whether the space is still used."""

import math

import torch
from torch import Tensor

from counterpoint.base.numerics import unit_rows
from counterpoint.methods.base import StepOutput

SAMPLE = 256
"""Anchors looked at: the first of the batch, which is in random order."""


@torch.no_grad()
def monitor(output: StepOutput, *, temperature: float | Tensor | None = None) -> dict[str, float]:
    """Numbers for a record, from at most 256 anchors against all candidates of this rank; undefined ones are left out.

    - ``positive_similarity``, ``negative_similarity``: mean cosine over positive and over negative pairs.
    - ``effective_rank``: exp of the entropy of the normalised singular values of the unit anchors, between 1 and
      min(256, D) (Roy & Vetterli 2007, "The effective rank"); it falls towards 1 in a collapse.
    - ``effective_negatives``: mean over anchors of exp of the entropy of softmax(cosine / temperature) over their
      negatives: how many share the gradient. Only with a temperature.
    - ``without_positive``: share of anchors that have no positive.
    - ``positives_per_anchor``, ``negatives_per_anchor``: how many the relation gives an anchor, in the mean.

    Args:
        output: What the step computed.
        temperature: The objective's, if it has one.
    """
    anchors = unit_rows(output.anchors.detach()[:SAMPLE].float())
    cosines = anchors @ unit_rows(output.candidates.detach().float()).T
    n, m = cosines.shape
    tile = output.relation.tile(slice(0, n), slice(0, m))
    compared = ~_diagonal(cosines) if output.exclude_self else torch.ones_like(tile.positive)
    positive, negative = tile.positive & compared, tile.negative & compared
    numbers = {
        "positive_similarity": _mean(cosines, positive),
        "negative_similarity": _mean(cosines, negative),
        "effective_rank": effective_rank(anchors),
        "without_positive": (~positive.any(dim=1)).float().mean(),
        "positives_per_anchor": positive.sum(dim=1).float().mean(),
        "negatives_per_anchor": negative.sum(dim=1).float().mean(),
    }
    if temperature is not None:
        numbers["effective_negatives"] = effective_negatives(cosines / temperature, negative)
    values = torch.stack([number.float() for number in numbers.values()]).tolist()
    return {name: value for name, value in zip(numbers, values, strict=True) if math.isfinite(value)}


def effective_rank(rows: Tensor) -> Tensor:
    """exp(-sum p log p) with p the singular values of `[N, D]` over their sum."""
    values = torch.linalg.svdvals(rows)
    shares = values / values.sum()
    return torch.exp(torch.special.entr(shares).sum())


def effective_negatives(logits: Tensor, negative: Tensor) -> Tensor:
    """Mean over rows that have negatives of the perplexity of their softmax over them, `[N, M]` to a scalar."""
    rows = negative.any(dim=1)
    shares = torch.softmax(logits[rows].masked_fill(~negative[rows], -torch.inf), dim=1)
    return torch.exp(torch.special.entr(shares).sum(dim=1)).mean()


def _mean(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum() / where.sum()


def _diagonal(values: Tensor) -> Tensor:
    n, m = values.shape
    return torch.eye(n, m, dtype=torch.bool, device=values.device)
