"""How strongly a loss pulls at log-sum-exps, in the form the backward kernel reads."""

from __future__ import annotations

from dataclasses import dataclass
from math import e, log2

import torch
from torch import Tensor

from counterpoint.pairwise.lse_pulls import reached


@dataclass(frozen=True, eq=False)
class Pull:
    """Gradients and values of one side's log-sum-exps.

    Attributes:
        pull: ``g``, float32 `[A, N]`; zeros where an ask has none on this side.
        lse: To base 2, float32 `[A, N]`; +inf where nothing takes part, as exp(x - inf) is 0 and no pull.
        asked: A bit per ask that has log-sum-exps on this side.
    """

    pull: Tensor
    lse: Tensor
    asked: int

    @staticmethod
    def of(grad: Tensor, lse: Tensor, asks: list[int], count: int) -> Pull:
        """For a side some of whose ``count`` asks, in this order, have the given gradients and values."""
        nothing = lse == -torch.inf
        to_base_2 = reached(lse * log2(e)).masked_fill(nothing, torch.inf)
        return Pull(
            _spread(grad.masked_fill(nothing, 0.0), asks, count, 0.0),
            _spread(to_base_2, asks, count, torch.inf),
            sum(1 << ask for ask in asks),
        )

    def at(self, place: slice) -> Pull:
        """Of a block of the side."""
        if place == slice(0, self.pull.shape[1]):
            return self
        return Pull(self.pull[:, place].contiguous(), self.lse[:, place].contiguous(), self.asked)

    def over(self, unit: Tensor) -> Pull:
        """Pulls divided by a number."""
        return Pull(self.pull / unit, self.lse, self.asked)


def unit_of(pulls: tuple[Pull, Pull], scales: Tensor, dtype: torch.dtype) -> Tensor:
    """What to divide pulls by before weights are rounded to ``dtype``, float32 `[1]`.

    The mean over 65,536 rows pulls with 1.5e-5, where float16 has lost most of its digits already. Divided by the
    strongest pull, weights are at most 2 per ask and lose digits only below 6e-5. A power of two costs no digit, and
    the other dtypes have the range.
    """
    if dtype is not torch.float16 or pulls[0].pull.numel() == 0:
        return torch.ones_like(scales[:1])
    strongest = torch.stack([(one.pull * scales[:, None]).abs().amax() for one in pulls]).amax().reshape(1)
    exponent = torch.frexp(strongest).exponent
    return torch.where(strongest > 0, torch.ldexp(torch.ones_like(strongest), exponent), 1.0)


def _spread(given: Tensor, asks: list[int], count: int, fill: float) -> Tensor:
    """A row per ask, contiguous; ``fill`` where an ask has none."""
    if len(asks) == count:
        return given.contiguous()
    full = given.new_full((count, given.shape[1]), fill)
    for place, ask in enumerate(asks):
        full[ask] = given[place]
    return full
