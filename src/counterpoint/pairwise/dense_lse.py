"""Log-sum-exps of a small matrix, kept whole: below some hundred rows nothing is quicker than plain autograd."""

from __future__ import annotations

import torch
from torch import Tensor

from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.lse_tiles import Ask
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.trace import Affine, as_tensor


def dense_log_sum_exps(
    keys: Keys, asks: tuple[Ask, ...], s_NM: Tensor, values: list[Affine]
) -> list[dict[Axis, Tensor]]:
    """For every ask, its log-sum-exps `[N]` and `[M]`; -inf where nothing takes part.

    Args:
        keys: Who is compared with whom.
        asks: What is wanted.
        s_NM: Inner products.
        values: What is raised to, per ask.
    """
    found: list[dict[Axis, Tensor]] = []
    for ask, affine in zip(asks, values, strict=True):
        scale, shift = (one if isinstance(one, float) else as_tensor(one, s_NM) for one in (affine.scale, affine.shift))
        # Products are new memory: masked in place, and their derivative does not need them.
        x_NM = s_NM * scale
        taken = keys.taken(ask.which, s_NM)
        if taken is not None:
            x_NM = x_NM.masked_fill_(~taken, -torch.inf)
        found.append({axis: torch.logsumexp(x_NM, axis.summed) for axis in ask.axes})
        if not isinstance(shift, float) or shift != 0.0:
            found[-1] = {axis: lse + shift for axis, lse in found[-1].items()}
    return found
