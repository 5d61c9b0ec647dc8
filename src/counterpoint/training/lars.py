"""LARS: layer-wise adaptive rates, for very large batches (You, Gitman & Ginsburg 2017, arXiv:1708.03888)."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class LARSOptimizer(torch.optim.Optimizer):
    """Momentum SGD whose step for each weight tensor is scaled by the ratio of its norm to its gradient's.

    The paper's local rate, with trust coefficient eta, weight decay b and momentum m::

        rate = eta * |w| / (|g| + b * |w|)
        v = m * v + learning_rate * rate * (g + b * w)
        w = w - v

    The rate is 1 where either norm is zero, and in groups with ``adapt=False``. As in the paper, the learning rate is
    inside the momentum buffer.
    """

    def __init__(self, params: Iterable[Any], *, lr: float, momentum: float, weight_decay: float, trust: float) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "trust": trust, "adapt": True}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One update of every parameter that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)
        return loss

    def _update(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        decayed = gradient.add(parameter, alpha=group["weight_decay"])
        scaled = decayed.mul_(group["lr"])
        if group["adapt"]:
            scaled = scaled.mul_(trust_ratio(parameter, gradient, group["weight_decay"], group["trust"]))
        state = self.state[parameter]
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(parameter)
        velocity: Tensor = state["velocity"]
        velocity.mul_(group["momentum"]).add_(scaled)
        parameter.sub_(velocity)


def trust_ratio(parameter: Tensor, gradient: Tensor, weight_decay: float, trust: float) -> Tensor:
    """The local rate of one tensor, as a scalar tensor (no wait for the device)."""
    weight_norm, gradient_norm = torch.linalg.vector_norm(parameter), torch.linalg.vector_norm(gradient)
    ratio = trust * weight_norm / (gradient_norm + weight_decay * weight_norm)
    return torch.where((weight_norm > 0) & (gradient_norm > 0), ratio, torch.ones_like(ratio))
