"""Averaged weights: an exponential moving average over steps, which is evaluated and saved instead of the last step."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True)
class EMA:
    """The spec of an average (Polyak & Juditsky 1992, in its exponential form).

    Attributes:
        decay: Share of the average kept at each step. During the first steps the smaller ``(1 + step) / (10 + step)``
            is used, so that a short run does not average in its random start.
    """

    decay: float = 0.999

    def __post_init__(self) -> None:
        """Refuse a decay that never moves or never averages."""
        if not 0 < self.decay < 1:
            raise InputError(f"the decay of an EMA must be in (0, 1), got {self.decay}")

    def at(self, step: int) -> float:
        """The decay used after update number ``step`` (from 0)."""
        return min(self.decay, (1 + step) / (10 + step))


class Average:
    """The averaged values of a module's learned parameters; buffers and frozen parameters are not averaged."""

    def __init__(self, module: nn.Module, spec: EMA) -> None:
        self.spec = spec
        self.values = {name: one.detach().clone() for name, one in learned(module).items()}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """``average = decay * average + (1 - decay) * parameter``, after update number ``step`` (from 0)."""
        current = [one.detach() for one in learned(module).values()]
        weight = 1 - self.spec.at(step)
        torch._foreach_lerp_(list(self.values.values()), current, weight)  # pyright: ignore[reportPrivateImportUsage]

    @torch.no_grad()
    def copy_to(self, module: nn.Module) -> None:
        """Overwrite the module's parameters with the average."""
        for name, parameter in learned(module).items():
            parameter.copy_(self.values[name])


def learned(module: nn.Module) -> dict[str, Tensor]:
    """Parameters that require gradient, by name; shared ones once."""
    return {name: one for name, one in module.named_parameters() if one.requires_grad}
