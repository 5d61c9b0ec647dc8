"""What all image encoders share: the channels, the scale of the pixels, and a backbone."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.encoding import check_kind
from counterpoint.encoders.role import Role
from counterpoint.encoders.standardize import Standardize

LARGEST_SAMPLE = 2048
"""Images whose mean and spread are measured; more would only cost memory."""


@dataclass(frozen=True)
class Backbone:
    """A module from images `[N, C, H, W]` to vectors `[N, D]`.

    Attributes:
        module: The network.
        out_dim: D.
        image_size: (H, W) if it takes only that size, else None.
    """

    module: nn.Module
    out_dim: int
    image_size: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class ImageSpec(EncoderSpec):
    """An image encoder.

    Attributes:
        channels: Channels of an image; None reads them off the sample.
    """

    channels: int | None = None

    @abstractmethod
    def backbone(self, channels: int, image_size: tuple[int, int] | None) -> Backbone:
        """The network, with new weights, for images of ``channels`` and, where a sample told it, of ``image_size``."""

    def build(self, sample: Content | None = None) -> "ImageEncoder":
        """A new encoder; pixels are standardised by the sample, or from 0..1 to -1..1 without one.

        Raises:
            InputError: No channels given and no sample, or a sample of other channels.
        """
        if sample is None:
            if self.channels is None:
                raise InputError(f"{type(self).__name__}(channels=None) needs a sample of images to count channels")
            return ImageEncoder(self, Standardize.constant(self.channels), self.channels, None)
        check_kind(sample, Kind.IMAGE)
        images = to_pixels(_spread_out(sample))
        channels, image_size = images.shape[1], (images.shape[2], images.shape[3])
        if self.channels not in (None, channels):
            raise InputError(f"{type(self).__name__}(channels={self.channels}) was given images of {channels} channels")
        return ImageEncoder(self, Standardize.fit(images), channels, image_size)

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "ImageEncoder":
        """The module as it was built; its mean and spread come with the weights."""
        size = fitted["image_size"]
        channels = int(fitted["channels"])
        return ImageEncoder(
            self, Standardize.constant(channels), channels, None if size is None else (size[0], size[1])
        )


class ImageEncoder(Encoder):
    """Standardise, then the backbone. ``collate`` takes uint8 or float32 in 0..1 and returns ``{"image": float32}``."""

    def __init__(
        self, spec: ImageSpec, standardize: Standardize, channels: int, image_size: tuple[int, int] | None
    ) -> None:
        backbone = spec.backbone(channels, image_size)
        super().__init__(spec, kind=Kind.IMAGE, embedding_dim=backbone.out_dim)
        self.standardize = standardize
        self.backbone = backbone.module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.channels = channels
        self.built_for = image_size
        self.only_size = backbone.image_size

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """``{"image": float32 [N, C, H, W]}`` in 0..1.

        Raises:
            InputError: Other channels or size than the encoder takes, or pixels that are not in 0..1.
        """
        check_kind(content, Kind.IMAGE)
        assert isinstance(content, Tensor)
        if content.shape[1] != self.channels:
            raise InputError(f"this encoder takes images of {self.channels} channels, got {list(content.shape)}")
        if self.only_size and tuple(content.shape[2:]) != self.only_size:
            raise InputError(f"this encoder takes images of {self.only_size} pixels, got {list(content.shape)}")
        return {"image": to_pixels(content)}

    def forward(self, inputs: Inputs) -> Tensor:
        """Embeddings `[N, D]`."""
        # channels_last made forward plus backward about a tenth faster on two CPU cores
        image = self.standardize(inputs["image"]).contiguous(memory_format=torch.channels_last)
        return self.backbone(image)

    def fitted(self) -> dict[str, Any]:
        """Channels and the size of the sample's images."""
        return {"channels": self.channels, "image_size": None if self.built_for is None else list(self.built_for)}


def to_pixels(images: Tensor) -> Tensor:
    """Images uint8, or float in 0..1 (views may overshoot a little), to float32 in 0..1.

    Raises:
        InputError: Another type, a value that is not finite, or floats that are plainly not in 0..1.
    """
    if images.dtype == torch.uint8:
        return images.to(torch.float32).div_(255)
    if not images.is_floating_point():
        raise InputError(f"images must be uint8, or float in 0..1; got {images.dtype}")
    if images.numel():
        low, high = (float(bound) for bound in torch.aminmax(images.detach()))
        if not (low >= -1 and high <= 2):
            raise InputError(f"float images must have pixels in 0..1; got {low:g} to {high:g}")
    return images.to(torch.float32)


def _spread_out(sample: Content) -> Tensor:
    assert isinstance(sample, Tensor)
    if not len(sample):
        raise InputError("the sample holds no image")
    return sample[:: -(-len(sample) // LARGEST_SAMPLE)]
