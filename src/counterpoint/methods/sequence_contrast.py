"""What is contrasted between two views of a sequence: their vectors, and what learnt augmenters make of these."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.base.checks import check_not_negative, check_positive_number
from counterpoint.objectives import NTXent
from counterpoint.pairwise import Dot


@dataclass(frozen=True, kw_only=True)
class SequenceContrast(ABC):
    """A loss of two views of the same sequences.

    Attributes:
        weight: What it counts beside the next item.
        temperature: Of NT-Xent, on dot products.
    """

    weight: float = 0.1
    temperature: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: A negative weight, or a temperature that is not positive.
        """
        check_not_negative("weight", self.weight)
        check_positive_number("temperature", self.temperature)

    def between(self, first: Tensor, second: Tensor) -> Tensor:
        """NT-Xent of `[N, D]` and `[N, D]`."""
        return NTXent(temperature=self.temperature, similarity=Dot())(first, second)

    def augmenters(self, dim: int) -> "Augmenters | None":
        """What learns beside the encoder; None where nothing does."""
        del dim
        return None

    @abstractmethod
    def loss(self, first: Tensor, second: Tensor, augmenters: "Augmenters | None") -> Tensor:
        """What the encoder learns from two views `[N, D]`, a scalar, with its weights."""


@dataclass(frozen=True, kw_only=True)
class DataAugmentation(SequenceContrast):
    """CL4SRec: the two views against each other.

    Xie, Sun, Liu, Wu, Gao, Zhang, Ding and Cui (2022), arXiv:2010.14395, Eq. 4.
    """

    def loss(self, first: Tensor, second: Tensor, augmenters: "Augmenters | None") -> Tensor:
        """Weighted."""
        del augmenters
        return self.weight * self.between(first, second)


class Augmenters(nn.Module):
    """Two perceptrons, each of which makes another vector of one view, `[N, D]` to `[N, D]`.

    Three layers that narrow to a quarter, and unit rows in the end, as in the public code: a penalty on products can
    then part the views in direction alone, where it would shrink them otherwise.

    Args:
        dim: D.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.first, self.second = (_narrowing(dim, max(1, dim // 2), max(1, dim // 4)) for _ in range(2))

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Of each view its own, in unit rows."""
        return normalize(self.first(first), dim=1), normalize(self.second(second), dim=1)


def _narrowing(dim: int, half: int, quarter: int) -> nn.Sequential:
    widths = (nn.Linear(dim, half), nn.GELU(), nn.Linear(half, quarter), nn.GELU(), nn.Linear(quarter, dim))
    return nn.Sequential(*widths)


@dataclass(frozen=True, kw_only=True)
class MetaAugmentation(SequenceContrast):
    """MCLRec: views of data and views of the model, the latter learnt in a step of their own.

    Formula: the encoder learns ``weight L(h1, h2) + meta_weight M`` with ``M = L(h1, z2) + L(h2, z1) + L(z1, z2) +
    regular R``, ``z1 = w1(h1)`` and ``z2 = w2(h2)``; then the augmenters learn ``M`` on what the encoder, as it has
    become, makes of the same views. R keeps positives below and negatives above the border between them:
    :func:`too_similar`. Qin, Yuan, Zhao, Liu, Fang, Cui and Zhu (2023), arXiv:2304.07763, Eqs. 6 to 15 as in the public
    code.

    Attributes:
        meta_weight: What the augmented views count for the encoder.
        regular: What R counts.
    """

    meta_weight: float = 0.1
    regular: float = 0.1

    def augmenters(self, dim: int) -> Augmenters:
        """Two perceptrons."""
        return Augmenters(dim)

    def loss(self, first: Tensor, second: Tensor, augmenters: Augmenters | None) -> Tensor:
        """Of the encoder."""
        return self.weight * self.between(first, second) + self.meta_weight * self.meta(first, second, augmenters)

    def meta(self, first: Tensor, second: Tensor, augmenters: Augmenters | None) -> Tensor:
        """M, of the augmenters."""
        assert augmenters is not None  # made by this contrast
        made = augmenters(first, second)
        pairs = ((first, made[1]), (second, made[0]), made)
        loss = torch.stack([self.between(*pair) for pair in pairs]).sum()
        return loss + self.regular * torch.stack([too_similar(*pair) for pair in pairs]).sum()


def too_similar(first: Tensor, second: Tensor) -> Tensor:
    """How far positives are above, and negatives below, the border between them, mean over the stacked rows.

    Formula, for row i of both stacked, with dot products s, positive p and negatives n: ``low_i = min(s_ip, max_n
    s_in)``, ``high_i = max(s_ip, max_n s_in)``; ``mean (s_ip - low_i) + mean (high_i - s_in)``.

    Args:
        first: `[N, D]`.
        second: `[N, D]`.
    """
    size = len(first)
    rows = torch.cat([first, second])
    scores = rows @ rows.T
    positive = torch.cat([scores.diagonal(size), scores.diagonal(-size)])
    own = torch.eye(2 * size, dtype=torch.bool)
    negatives = scores[~(own | own.roll(size, 1))].view(2 * size, -1)
    hardest = negatives.amax(1)
    above = positive - torch.minimum(positive, hardest)
    below = torch.maximum(positive, hardest).unsqueeze(1) - negatives
    return above.mean() + below.mean()
