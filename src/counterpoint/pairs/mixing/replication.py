"""Examples that count as though they were there more often."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.mixing.arranged import Pairs
from counterpoint.pairs.mixing.weighing import WeightedCandidates
from counterpoint.pairwise import SameKey


def replicated(anchors: Tensor, positives: Tensor, times: Tensor) -> Pairs:
    """Pairs of which the i-th counts as though it were in the batch ``times[i]`` times, as anchor and as candidate.

    Wang, Zhang and Wang, "Do Generated Data Always Help Contrastive Learning?" (AdaInf, 2024), arXiv:2403.12448,
    replicate real examples 10 times among generated ones, so that they are drawn as much more often; here they count as
    much more in the batch they are in. The paper's weaker augmentation is a matter of views.

    Args:
        anchors: `[N, D]`.
        positives: `[N, D]`.
        times: `[N]` positive, not necessarily whole.

    Raises:
        InputError: There is not one positive number per pair.
    """
    if times.shape != anchors.shape[:1] or not bool((times > 0).all()):
        raise InputError(f"times must be {len(anchors)} positive numbers, got shape {list(times.shape)}")
    rows, weights = torch.arange(len(anchors), device=anchors.device), times.to(anchors)
    return Pairs(anchors, positives, WeightedCandidates(SameKey(rows, rows, local=True), weights), weights)
