"""DirectPred: the predictor of a siamese method set from the statistics of its inputs, without gradient."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.heads import Head, HeadSpec

_SMALLEST = 1e-4
"""The least singular value of the predictor, as in the authors' code: no direction is lost for good."""


@dataclass(frozen=True, kw_only=True)
class DirectPredictor(HeadSpec):
    """A linear predictor in closed form (Tian, Chen and Ganguli 2021, arXiv:2102.06810, Eqs. 18 and 19).

    Formula: ``F <- rho F + (1 - rho) mean_n z_n z_n^T`` over the inputs of all views, ``F = U diag(s) U^T`` and
    ``W = U diag(sqrt(s / max s) + eps) U^T``. The paper's ``sqrt(s) + eps max s`` is the same up to a factor, which
    cosines do not see, where s is scaled to a maximum of 1, as the authors' code does first.

    Attributes:
        rho: Share of the running correlation that is kept, in [0, 1); 0.3 as in the paper.
        eps: Added to the square roots, relative to the largest, at least 0; 0.01.
    """

    rho: float = 0.3
    eps: float = 0.01

    def __post_init__(self) -> None:
        """Refuse numbers that the formula has no use for."""
        if not 0 <= self.rho < 1:
            raise InputError(f"rho must be at least 0 and below 1, got {self.rho}")
        if not 0 <= self.eps < float("inf"):
            raise InputError(f"eps must be a number, at least 0, got {self.eps}")

    def build(self, in_dim: int) -> Head:
        """A predictor that passes its input on until it has seen some."""
        return Head(DirectPred(in_dim, rho=self.rho, eps=self.eps), in_dim)


class DirectPred(nn.Module):
    """What :class:`DirectPredictor` builds; running correlation and weight are buffers, saved with the rest.

    Args:
        dim: Dimensions D of inputs and outputs.
        rho: Share of the running correlation that is kept.
        eps: Added to the square roots, relative to the largest.
    """

    correlation_DD: Tensor
    weight_DD: Tensor
    seen: Tensor

    def __init__(self, dim: int, *, rho: float, eps: float) -> None:
        super().__init__()
        self.rho, self.eps = rho, eps
        self.register_buffer("correlation_DD", torch.zeros(dim, dim))
        self.register_buffer("weight_DD", torch.eye(dim))
        self.register_buffer("seen", torch.zeros((), dtype=torch.bool))

    @torch.no_grad()
    def observe(self, z_ND: Tensor) -> None:
        """Take a batch of inputs into the correlation, and set the weight anew.

        Args:
            z_ND: `[N, D]`, of all views, and of all ranks where there are several.
        """
        z_ND = z_ND.to(self.correlation_DD.dtype)
        batch = z_ND.T @ z_ND / len(z_ND)
        kept = self.rho if bool(self.seen) else 0.0
        self.correlation_DD.lerp_(batch, 1 - kept)
        self.seen.fill_(True)
        self.weight_DD.copy_(_predictor(self.correlation_DD, self.eps))

    def forward(self, z_ND: Tensor) -> Tensor:
        """Predictions `[N, D]`; gradients reach the input, the weight has none."""
        # A copy: the next observation may come before the backward pass.
        return z_ND @ self.weight_DD.clone().to(z_ND.dtype)


def _predictor(correlation_DD: Tensor, eps: float) -> Tensor:
    values_D, vectors_DD = torch.linalg.eigh(correlation_DD.double())
    largest = values_D[-1].clamp_min(torch.finfo(correlation_DD.dtype).tiny)
    weights_D = ((values_D.clamp_min(0) / largest).sqrt() + eps).clamp_min(_SMALLEST)
    return (vectors_DD * weights_D) @ vectors_DD.T
