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
        x_NM = _masked(keys, ask, s_NM * scale)
        found.append({axis: torch.logsumexp(x_NM, axis.summed) for axis in ask.axes})
        if not isinstance(shift, float) or shift != 0.0:
            found[-1] = {axis: lse + shift for axis, lse in found[-1].items()}
    return found


def _masked(keys: Keys, ask: Ask, x_NM: Tensor) -> Tensor:
    whole = slice(0, x_NM.shape[0]), slice(0, x_NM.shape[1])
    excluded = keys.excluded(*whole, ask.which, torch.empty_like(x_NM, dtype=torch.bool))
    if excluded is not None:
        x_NM = x_NM.masked_fill_(excluded, -torch.inf)
    diagonal = keys.diagonal(*whole, ask.which, x_NM)
    if diagonal is not None:
        diagonal.fill_(-torch.inf)
    return x_NM
