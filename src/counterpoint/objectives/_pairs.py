"""What losses of pairs share: sums and numbers of one kind of pair, and means over all pairs of the batch."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from counterpoint.pairwise import Objective, Term, Tile, rows


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x)), also beyond 20, where torch's own turns linear."""
    return -logsigmoid(-x)


def pair_terms(s_NM: Tensor, values_NM: Tensor, where: Any, rel: Tile) -> Iterator[Term]:
    """Per row: sum of the values of one kind of pair and their number, weighted where pairs are."""
    yield rows.sum(rel.weighted(values_NM), where=where)
    if rel.weight is None:
        yield rows.count(where, like=s_NM)
    else:
        yield rows.sum(rel.weight, where=where)


def over_pairs(objective: Objective, total_N: Tensor, count_N: Tensor) -> Tensor:
    """Mean over all pairs of the batch, those of an anchor as the anchor is weighed; 0 when there are none."""
    count = objective.mean(count_N)
    return objective.mean(total_N) / torch.where(count > 0, count, 1.0)
