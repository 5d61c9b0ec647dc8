"""Log-sum-exps of a small matrix, kept whole: below some hundred rows every operation counts more than memory."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from counterpoint.base.numerics import TO_BASE_2
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.lse_tiles import HIGHEST, LOWEST, Ask
from counterpoint.pairwise.once import first_derivative_only
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.trace import Affine, as_tensor

_EXPONENT = HIGHEST - 20
"""Scores up to this size, to the base 2, need no shift: a million of their powers can be summed in float32."""


def dense_log_sum_exps(
    keys: Keys, asks: tuple[Ask, ...], a_ND: Tensor, b_MD: Tensor, values: list[Affine], *, bound: float | None
) -> list[dict[Axis, Tensor]]:
    """For every ask, its log-sum-exps `[N]` and `[M]`; -inf where nothing takes part.

    Args:
        keys: Who is compared with whom.
        asks: What is wanted.
        a_ND: Prepared anchors.
        b_MD: Prepared candidates.
        values: What is raised to, per ask.
        bound: Largest absolute inner product; None when it is not known.
    """
    scale = as_tensor(values[0].scale, a_ND)
    if len(asks) == 1 and bound is not None and 0 < abs(float(scale.detach())) * TO_BASE_2 * bound < _EXPONENT:
        found = cast(tuple[Tensor, ...], _Whole.apply(keys, asks[0], a_ND, b_MD, scale))  # pyright: ignore[reportUnknownMemberType]
        return [_shifted(dict(zip(asks[0].axes, found, strict=True)), values[0])]
    s_NM = a_ND @ b_MD.T
    return [_by_autograd(keys, ask, s_NM, affine) for ask, affine in zip(asks, values, strict=True)]


def _by_autograd(keys: Keys, ask: Ask, s_NM: Tensor, affine: Affine) -> dict[Axis, Tensor]:
    scale = affine.scale
    # Products are new memory: masked in place, and their derivative does not need them.
    x_NM = s_NM * (scale if isinstance(scale, float) else as_tensor(scale, s_NM))
    taken = keys.taken(ask.which, s_NM)
    if taken is not None:
        x_NM = x_NM.masked_fill_(~taken, -torch.inf)
    return _shifted({axis: torch.logsumexp(x_NM, axis.summed) for axis in ask.axes}, affine)


def _shifted(found: dict[Axis, Tensor], affine: Affine) -> dict[Axis, Tensor]:
    shift = affine.shift
    if isinstance(shift, float) and shift == 0.0:
        return found
    moved = as_tensor(shift, next(iter(found.values())))
    return {axis: lse + moved for axis, lse in found.items()}


class _Whole(torch.autograd.Function):
    """Plain sums of powers of 2, kept for the derivative: ``w_ij = scale p_ij (g_i / sum_i + h_j / sum_j)``."""

    @staticmethod
    def forward(ctx: Any, keys: Keys, ask: Ask, a: Tensor, b: Tensor, scale: Tensor) -> tuple[Tensor, ...]:
        p = torch.mm(a, b.T).mul_(float(scale) * TO_BASE_2).exp2_()
        n, m = p.shape
        excluded = keys.excluded(slice(0, n), slice(0, m), ask.which, p)
        if excluded is not None:
            p.masked_fill_(excluded, 0.0)
        own = keys.diagonal(slice(0, n), slice(0, m), ask.which, p)
        if own is not None:
            own.fill_(0.0)
        sums = [p.sum(axis.summed) for axis in ask.axes]
        ctx.ask, ctx.scale = ask, float(scale)
        ctx.save_for_backward(a, b, p, *sums)
        return tuple(torch.log(one) for one in sums)

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        a, b, p, *sums = cast(tuple[Tensor, ...], ctx.saved_tensors)
        wants_a, wants_b, wants_scale = (bool(need) for need in ctx.needs_input_grad[2:])
        factors = {
            axis: _quotient(grad * ctx.scale, one) for axis, grad, one in zip(ctx.ask.axes, grads, sums, strict=True)
        }
        r, q = factors.get(Axis.ROWS), factors.get(Axis.COLS)
        if r is not None and q is not None:
            w = torch.add(r[:, None], q[None, :]).mul_(p)
        else:
            w = p * (r[:, None] if r is not None else cast(Tensor, q)[None, :])
        # backward() may be called under autocast, which must not reach the products.
        with torch.autocast(a.device.type, enabled=False):
            ga = torch.mm(w, b) if wants_a or wants_scale else None
            gb = torch.mm(w.T, a) if wants_b else None
        of_scale = (a * ga).sum() / ctx.scale if wants_scale and ga is not None else None
        return None, None, ga, gb, of_scale


def _quotient(g: Tensor, total: Tensor) -> Tensor:
    """G / total; 0 where nothing takes part. No other sum is as small, since no score is."""
    return g / total.masked_fill(total < 2.0 ** (LOWEST - 20), torch.inf)
