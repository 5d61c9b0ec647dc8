"""A temperature that is learnt with the encoder."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True)
class LearnableTemperature:
    """Temperature = exp(-log_scale) with log_scale learnt, as in Radford et al. (2021), section 2.5 (CLIP).

    Attributes:
        initial: Where it starts.
        minimum: It never falls below (CLIP: 0.01, a scale of 100).
        maximum: It never rises above; None for no bound.
    """

    initial: float = 0.07
    minimum: float = 0.01
    maximum: float | None = None

    def __post_init__(self) -> None:
        highest = math.inf if self.maximum is None else self.maximum
        if not 0 < self.minimum <= self.initial <= highest:
            raise InputError(f"a temperature needs 0 < minimum <= initial <= maximum, got {self}")

    def build(self) -> "Temperature":
        """The module that holds the parameter."""
        return Temperature(self)


class Temperature(nn.Module):
    """Calling it gives the temperature, a positive scalar with a gradient.

    The bounds act on the parameter, as in CLIP: each call first clamps ``log_scale`` in place, so a step that
    overshot is undone and the gradient at the bound is that of exp, never zero.
    """

    def __init__(self, spec: LearnableTemperature) -> None:
        super().__init__()
        self.lowest = -math.inf if spec.maximum is None else -math.log(spec.maximum)
        self.highest = -math.log(spec.minimum)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(spec.initial)))

    def forward(self) -> Tensor:
        """The temperature, a tensor of no axes."""
        with torch.no_grad():
            self.log_scale.clamp_(self.lowest, self.highest)
        return torch.exp(-self.log_scale)
