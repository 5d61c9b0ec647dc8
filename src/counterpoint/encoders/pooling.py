"""From token vectors `[N, L, D]` and their mask `[N, L]` to one vector a text, `[N, D]`."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn


class Pooling(ABC):
    """How token vectors become one. Subclasses are frozen, keyword-only dataclasses."""

    @abstractmethod
    def build(self, dim: int) -> nn.Module:
        """A module called as ``pool(states_NLD, mask_NL)`` for token vectors of ``dim`` dimensions."""


@dataclass(frozen=True, kw_only=True)
class Mean(Pooling):
    """The mean over a text's own tokens."""

    def build(self, dim: int) -> nn.Module:
        """A module without parameters."""
        return MeanPool()


@dataclass(frozen=True, kw_only=True)
class CLS(Pooling):
    """A text's first token, wherever the padding is."""

    def build(self, dim: int) -> nn.Module:
        """A module without parameters."""
        return FirstPool()


@dataclass(frozen=True, kw_only=True)
class LastToken(Pooling):
    """A text's last token, wherever the padding is; for models that read from left to right."""

    def build(self, dim: int) -> nn.Module:
        """A module without parameters."""
        return LastPool()


@dataclass(frozen=True, kw_only=True)
class Attention(Pooling):
    """softmax over a text's tokens of (x . q / sqrt(D)), with a learnt query q.

    The query starts at zero, where the result is the mean over tokens.
    """

    def build(self, dim: int) -> nn.Module:
        """A module that owns the query."""
        return AttentionPool(dim)


class MeanPool(nn.Module):
    """See :class:`Mean`."""

    def forward(self, states_NLD: Tensor, mask_NL: Tensor) -> Tensor:
        """`[N, D]`; a text without tokens is zero."""
        weight = mask_NL.unsqueeze(-1).to(states_NLD.dtype)
        return (states_NLD * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)


class FirstPool(nn.Module):
    """See :class:`CLS`."""

    def forward(self, states_NLD: Tensor, mask_NL: Tensor) -> Tensor:
        """`[N, D]`."""
        first = (mask_NL != 0).int().argmax(dim=1)
        return states_NLD[torch.arange(len(first), device=first.device), first]


class LastPool(nn.Module):
    """See :class:`LastToken`."""

    def forward(self, states_NLD: Tensor, mask_NL: Tensor) -> Tensor:
        """`[N, D]`."""
        last = mask_NL.shape[1] - 1 - (mask_NL != 0).flip(1).int().argmax(dim=1)
        return states_NLD[torch.arange(len(last), device=last.device), last]


class AttentionPool(nn.Module):
    """See :class:`Attention`."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(dim))

    def forward(self, states_NLD: Tensor, mask_NL: Tensor) -> Tensor:
        """`[N, D]`."""
        score = states_NLD @ self.query / self.query.numel() ** 0.5
        # the lowest finite number, not -inf: a text without tokens would turn into NaN
        score = score.masked_fill(mask_NL == 0, torch.finfo(score.dtype).min)
        return (score.softmax(dim=1).unsqueeze(-1) * states_NLD).sum(dim=1)
