"""Heads: what stands between an encoder and an objective in training, and is left off afterwards."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.layers import perceptron


class Head(nn.Module):
    """Layers from `[N, in_dim]` to `[N, out_dim]`."""

    def __init__(self, layers: nn.Module, out_dim: int) -> None:
        super().__init__()
        self.layers = layers
        self.out_dim = out_dim

    def forward(self, x: Tensor) -> Tensor:
        """``x`` `[N, in_dim]` to `[N, out_dim]`."""
        return self.layers(x)


class HeadSpec(ABC):
    """What a head is made of. Subclasses are frozen, keyword-only dataclasses."""

    @abstractmethod
    def build(self, in_dim: int) -> Head:
        """A new head for embeddings of ``in_dim`` dimensions, with weights from torch's global random state."""


@dataclass(frozen=True, kw_only=True)
class ProjectionHead(HeadSpec):
    """A perceptron, as in Chen et al. (2020), "A Simple Framework for Contrastive Learning of Visual Representations".

    Attributes:
        hidden_dim: Width of the hidden layers; None takes that of the embedding.
        out_dim: Dimensions that the objective sees.
        layers: Linear maps in all; 2 has one hidden layer.
        batch_norm: Normalise hidden layers over the batch.
    """

    hidden_dim: int | None = None
    out_dim: int = 128
    layers: int = 2
    batch_norm: bool = True

    def __post_init__(self) -> None:
        if self.layers < 1 or self.out_dim < 1 or (self.hidden_dim or 1) < 1:
            raise InputError(f"a projection head needs at least one layer of at least one unit, got {self}")

    def build(self, in_dim: int) -> Head:
        """A new head."""
        widths = (in_dim, *[self.hidden_dim or in_dim] * (self.layers - 1), self.out_dim)
        return Head(perceptron(widths, batch_norm=self.batch_norm), self.out_dim)


@dataclass(frozen=True, kw_only=True)
class LinearHead(HeadSpec):
    """One linear map.

    Attributes:
        out_dim: Dimensions that the objective sees.
        bias: Add a learnt offset.
    """

    out_dim: int = 128
    bias: bool = True

    def __post_init__(self) -> None:
        if self.out_dim < 1:
            raise InputError(f"out_dim must be at least 1, got {self.out_dim}")

    def build(self, in_dim: int) -> Head:
        """A new head."""
        return Head(nn.Linear(in_dim, self.out_dim, bias=self.bias), self.out_dim)


@dataclass(frozen=True, kw_only=True)
class NoHead(HeadSpec):
    """The embedding itself."""

    def build(self, in_dim: int) -> Head:
        """A head that changes nothing."""
        return Head(nn.Identity(), in_dim)


@dataclass(frozen=True, kw_only=True)
class PredictionHead(HeadSpec):
    """A perceptron that narrows, back to where it came from: the predictor of SimSiam (Chen and He 2021).

    Attributes:
        hidden_dim: Width of the hidden layer; None takes a quarter of the input's.
        batch_norm: Normalise the hidden layer over the batch.
    """

    hidden_dim: int | None = None
    batch_norm: bool = True

    def __post_init__(self) -> None:
        if self.hidden_dim is not None and self.hidden_dim < 1:
            raise InputError(f"hidden_dim must be at least 1, got {self.hidden_dim}")

    def build(self, in_dim: int) -> Head:
        """A new head, from ``in_dim`` to ``in_dim``."""
        hidden = self.hidden_dim or max(1, in_dim // 4)
        return Head(perceptron((in_dim, hidden, in_dim), batch_norm=self.batch_norm), in_dim)
