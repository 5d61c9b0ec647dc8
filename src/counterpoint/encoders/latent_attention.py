"""Pooling through a learnt array of latents, as in NV-Embed."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.pooling import MeanPool, Pooling


@dataclass(frozen=True, kw_only=True)
class LatentAttention(Pooling):
    """Every token looks up a learnt array, passes a perceptron, and the mean over a text's own tokens is taken.

    Formula: ``O = X + softmax(Q K^T / sqrt(D / heads)) V`` with queries of the tokens X and keys and values of r learnt
    latents, then ``O + MLP(O)``, then the mean. Lee, Roy, Xu, Raiman, Shoeybi, Catanzaro and Ping (2024), "NV-Embed:
    Improved Techniques for Training LLMs as Generalist Embedding Models", arXiv:2405.17428, Section 3.1.

    The last layers of both parts start at zero, where the result is the mean over tokens.

    Attributes:
        latents: r.
        heads: Of the attention; must divide the dimensions.
    """

    latents: int = 512
    heads: int = 8

    def build(self, dim: int) -> nn.Module:
        """A module that owns latents, projections and perceptron.

        Raises:
            InputError: No latents, or heads that do not divide ``dim``.
        """
        if self.latents < 1:
            raise InputError(f"latents must be at least 1, got {self.latents}")
        if self.heads < 1 or dim % self.heads:
            raise InputError(f"heads must divide the {dim} dimensions, got {self.heads}")
        return LatentPool(dim, self.latents, self.heads)


class LatentPool(nn.Module):
    """See :class:`LatentAttention`."""

    def __init__(self, dim: int, latents: int, heads: int) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(latents, dim) * dim**-0.5)
        self.norm, self.second_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.look_up = nn.MultiheadAttention(dim, heads, batch_first=True)
        last = nn.Linear(4 * dim, dim)
        self.perceptron = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), last)
        self.mean = MeanPool()
        for layer in (self.look_up.out_proj, last):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, states_NLD: Tensor, mask_NL: Tensor) -> Tensor:
        """`[N, D]`; a text without tokens is zero."""
        latents_NRD = self.latents.expand(len(states_NLD), -1, -1)
        found_NLD, _ = self.look_up(self.norm(states_NLD), latents_NRD, latents_NRD, need_weights=False)
        out_NLD = states_NLD + found_NLD
        return self.mean(out_NLD + self.perceptron(self.second_norm(out_NLD)), mask_NL)
