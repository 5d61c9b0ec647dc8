"""What losses of several views share."""

import torch
from torch import Tensor

from counterpoint.pairwise import Terms, Tile, rows


def view_terms(logits_NM: Tensor, rel: Tile, *, where: Tensor) -> Terms:
    """Per example and pair of views: log-sum-exp of what is ``where``, and the positive."""
    yield rows.lse(logits_NM, where=where)
    yield rows.sum(logits_NM, where=rel.positive)


def different_views(statistic_NVV: Tensor) -> Tensor:
    """Which pairs of views are two views, bool `[V, V]`."""
    return ~torch.eye(statistic_NVV.shape[1], dtype=torch.bool, device=statistic_NVV.device)


def means_of_others(views_NVD: Tensor) -> Tensor:
    """`[N, V, D]`: in the place of every view the mean of the others."""
    return (views_NVD.sum(1, keepdim=True) - views_NVD) / (views_NVD.shape[1] - 1)
