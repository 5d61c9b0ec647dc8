"""Numerics that several rooms need."""

from math import log
from typing import Any, cast

import torch
from torch import Tensor

TO_BASE_2 = 1 / log(2.0)
"""Exponentials are taken to the base 2, which costs half of what e does where a number is multiplied anyway."""

_SHORTEST = 1e-15
"""Down to this length squares of entries do not underflow in float32 so far that it would show."""


def unit_rows(x_ND: Tensor) -> Tensor:
    """Rows scaled to unit Euclidean length, `[N, D]` to `[N, D]`, with no epsilon that would bend a short row.

    A row without an entry above the square root of the dtype's smallest normal number (1e-19 in float32) counts as
    zero, as its gradient could overflow: it stays as it is, and gradients pass through it unchanged.
    """
    return cast(Tensor, _UnitRows.apply(x_ND))  # pyright: ignore[reportUnknownMemberType]


def shortened_rows(x_ND: Tensor, limit: float) -> Tensor:
    """Rows longer than ``limit`` scaled down to that length; such a row gets no gradient along itself."""
    return x_ND * (limit / torch.linalg.vector_norm(x_ND, dim=-1, keepdim=True).clamp_min(limit))


_BLOCK = 2048


def _across(grad: Tensor, unit: Tensor, norms: Tensor) -> Tensor:
    along = (grad * unit).sum(-1, keepdim=True)
    return torch.addcmul(grad, unit, along, value=-1).div_(norms)


class _UnitRows(torch.autograd.Function):
    """x / |x| with derivative (g - u <u, g>) / |x|, in a third of the passes over memory that autograd takes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        norms = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        if norms.numel() == 0:
            ctx.save_for_backward(x, norms)
            return x.clone()
        shortest, longest = torch.aminmax(norms)
        if shortest.item() > _SHORTEST and longest.item() < torch.inf:
            unit = x / norms
            ctx.save_for_backward(unit, norms)
            return unit
        # Squares of entries above 1e19 overflow in float32, so rows are first divided by their largest entry.
        largest = torch.linalg.vector_norm(x, ord=torch.inf, dim=-1, keepdim=True)
        has_direction = largest > torch.finfo(x.dtype).tiny ** 0.5
        unit = x / torch.where(has_direction, largest, 1.0)
        norms = torch.linalg.vector_norm(unit, dim=-1, keepdim=True)
        unit /= torch.where(has_direction, norms, 1.0)
        ctx.save_for_backward(unit, largest, norms, has_direction)
        return unit

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        unit, *lengths = ctx.saved_tensors
        if len(lengths) == 1:
            if torch.is_grad_enabled():
                return _across(grad, unit, lengths[0])
            # Block by block: the gradient of a large batch is one more matrix, and its temporaries need not be two.
            found = torch.empty_like(grad)
            for block in zip(*(x.split(_BLOCK) for x in (found, grad, unit, lengths[0])), strict=True):
                block[0].copy_(_across(*block[1:]))
            return found
        largest, norms, has_direction = lengths
        along = torch.where(has_direction, (grad * unit).sum(-1, keepdim=True), 0.0)
        across = torch.addcmul(grad, unit, along, value=-1)
        # One after the other: their product can overflow.
        return across / torch.where(has_direction, norms, 1.0) / torch.where(has_direction, largest, 1.0)
