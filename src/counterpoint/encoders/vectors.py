"""Encoders of vectors: a multilayer perceptron, and none at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from counterpoint.base.content import Content, Kind, kind_of
from counterpoint.base.errors import InputError
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.encoding import check_kind
from counterpoint.encoders.image import to_pixels
from counterpoint.encoders.layers import perceptron
from counterpoint.encoders.role import Role
from counterpoint.encoders.standardize import Standardize


@dataclass(frozen=True, kw_only=True)
class MLP(EncoderSpec):
    """Standardised vectors through hidden layers of linear, batch normalisation, ReLU and dropout, to ``dim``.

    Attributes:
        hidden: Widths of the hidden layers; empty for a linear map.
        dim: Dimensions of the embedding.
        dropout: Share of hidden activations dropped in training.
        batch_norm: Normalise hidden layers over the batch.
        in_dim: Dimensions of a vector; None reads them off the sample.
    """

    hidden: tuple[int, ...] = (256,)
    dim: int = 128
    dropout: float = 0.0
    batch_norm: bool = True
    in_dim: int | None = None

    def __post_init__(self) -> None:
        if min((self.dim, *self.hidden)) < 1:
            raise InputError(f"MLP needs positive widths, got hidden={self.hidden}, dim={self.dim}")

    def build(self, sample: Content | None = None) -> "MLPEncoder":
        """A new encoder; vectors are standardised by the sample, or taken as they are without one.

        Raises:
            InputError: No ``in_dim`` and no sample, or a sample of other dimensions.
        """
        if sample is None:
            if self.in_dim is None:
                raise InputError("MLP(in_dim=None) needs a sample of vectors to count dimensions")
            return MLPEncoder(self, Standardize.constant(self.in_dim, mean=0.0, spread=1.0))
        check_kind(sample, Kind.VECTOR)
        vectors = to_vectors(sample, self.in_dim)
        if not len(vectors):
            raise InputError("the sample holds no vector")
        return MLPEncoder(self, Standardize.fit(vectors))

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "MLPEncoder":
        """The module as it was built; its mean and spread come with the weights."""
        return MLPEncoder(self, Standardize.constant(int(fitted["in_dim"])))


class MLPEncoder(Encoder):
    """See :class:`MLP`. ``collate`` returns ``{"vector": float32 [N, in_dim]}``."""

    def __init__(self, spec: MLP, standardize: Standardize) -> None:
        super().__init__(spec, kind=Kind.VECTOR, embedding_dim=spec.dim)
        self.in_dim = len(standardize.mean)
        self.standardize = standardize
        self.layers = perceptron(
            (self.in_dim, *spec.hidden, spec.dim), batch_norm=spec.batch_norm, dropout=spec.dropout
        )

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """``{"vector": float32 [N, in_dim]}``.

        Raises:
            InputError: Not vectors of ``in_dim`` finite numbers.
        """
        check_kind(content, Kind.VECTOR)
        return {"vector": to_vectors(content, self.in_dim)}

    def forward(self, inputs: Inputs) -> Tensor:
        """Embeddings `[N, dim]`."""
        return self.layers(self.standardize(inputs["vector"]))

    def fitted(self) -> dict[str, Any]:
        """Dimensions of a vector."""
        return {"in_dim": self.in_dim}


@dataclass(frozen=True, kw_only=True)
class Passthrough(EncoderSpec):
    """No encoder: vectors as they are, or the pixels of images in 0..1; the baseline on raw inputs."""

    def build(self, sample: Content | None = None) -> "PassthroughEncoder":
        """An encoder without parameters, for content like the sample.

        Raises:
            InputError: No sample, or a sample of texts.
        """
        if sample is None or not isinstance(sample, Tensor):
            raise InputError("Passthrough needs a sample of vectors or images to know their shape")
        return PassthroughEncoder(self, kind_of(sample), tuple(sample.shape[1:]))

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "PassthroughEncoder":
        """The same encoder."""
        return PassthroughEncoder(self, Kind(fitted["kind"]), tuple(int(size) for size in fitted["shape"]))


class PassthroughEncoder(Encoder):
    """See :class:`Passthrough`. ``collate`` returns ``{"vector": float32 [N, D]}``."""

    def __init__(self, spec: Passthrough, kind: Kind, shape: tuple[int, ...]) -> None:
        super().__init__(spec, kind=kind, embedding_dim=torch.Size(shape).numel())
        self.shape = shape

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """``{"vector": float32 [N, D]}``.

        Raises:
            InputError: Content of another kind or shape than the sample.
        """
        check_kind(content, self.kind)
        if self.kind == Kind.IMAGE:
            assert isinstance(content, Tensor)
            if tuple(content.shape[1:]) != self.shape:
                raise InputError(f"this encoder takes images of shape {self.shape}, got {list(content.shape)}")
            return {"vector": to_pixels(content).flatten(1)}
        return {"vector": to_vectors(content, self.embedding_dim)}

    def forward(self, inputs: Inputs) -> Tensor:
        """The vectors `[N, D]`."""
        return inputs["vector"]

    def fitted(self) -> dict[str, Any]:
        """Kind and shape of one example."""
        return {"kind": str(self.kind), "shape": list(self.shape)}


def to_vectors(content: Content, in_dim: int | None) -> Tensor:
    """Vectors `[N, D]` as float32.

    Raises:
        InputError: Another number of axes or dimensions, or a value that is not finite; the message names its row.
    """
    assert isinstance(content, Tensor)
    if content.ndim != 2 or (in_dim is not None and content.shape[1] != in_dim):
        raise InputError(f"expected vectors of shape [N, {in_dim or 'D'}], got {list(content.shape)}")
    vectors = content.to(torch.float32)
    finite = torch.isfinite(vectors).all(dim=1)
    if not finite.all():
        row = int((~finite).nonzero()[0])
        raise InputError(f"row {row} of the vectors holds a value that is not a finite number")
    return vectors
