"""Functions that a sum may bend its entries with, and their derivatives: in place, on a tile.

An objective that writes ``rows.sum(softplus(2 * s - 1))`` with one of these gets its derivative in closed form; any
other function is differentiated tile by tile.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from counterpoint.base.numerics import TO_BASE_2

_SAFE = 80.0
"""exp of this is far from overflowing in float32."""


class Bend(Enum):
    """A function of one number."""

    SOFTPLUS = "softplus"
    RELU = "relu"
    EXP = "exp"
    SQUARE = "square"
    LOG_SIGMOID = "log-sigmoid"

    def value_(self, x: Tensor, bound: float) -> Tensor:
        """The function of every entry, in the memory of ``x`` or in new memory.

        Args:
            x: Overwritten.
            bound: Largest absolute entry that can occur.
        """
        if self is Bend.SOFTPLUS:
            # torch's own takes half as long again, but knows what to do where exp would overflow.
            return x.mul_(TO_BASE_2).exp2_().log1p_() if bound < _SAFE else F.softplus(x, 1.0, _SAFE)
        if self is Bend.LOG_SIGMOID:
            return Bend.SOFTPLUS.value_(x.neg_(), bound).neg_()
        return {Bend.RELU: x.relu_, Bend.EXP: x.exp_, Bend.SQUARE: x.square_}[self]()

    def slope_(self, x: Tensor) -> Tensor:
        """Its derivative at every entry, in the memory of ``x`` or in new memory."""
        if self is Bend.RELU:
            return (x > 0).to(x.dtype)
        slopes: dict[Bend, Callable[[], Tensor]] = {
            Bend.SOFTPLUS: x.sigmoid_,
            Bend.LOG_SIGMOID: lambda: x.neg_().sigmoid_(),
            Bend.EXP: x.exp_,
            Bend.SQUARE: lambda: x.mul_(2.0),
        }
        return slopes[self]()

    def of(self, x: Tensor) -> Tensor:
        """The function, for autograd."""
        if self is Bend.SOFTPLUS:
            return F.softplus(x, 1.0, _SAFE)
        functions: dict[Bend, Callable[[Tensor], Tensor]]
        functions = {
            Bend.RELU: torch.relu,
            Bend.EXP: torch.exp,
            Bend.SQUARE: torch.square,
            Bend.LOG_SIGMOID: F.logsigmoid,
        }
        return functions[self](x)


BENDS: dict[Any, Bend] = {
    F.softplus: Bend.SOFTPLUS,
    F.logsigmoid: Bend.LOG_SIGMOID,
    F.relu: Bend.RELU,
    torch.relu: Bend.RELU,
    torch.exp: Bend.EXP,
    torch.square: Bend.SQUARE,
}
"""What each is called in torch."""
