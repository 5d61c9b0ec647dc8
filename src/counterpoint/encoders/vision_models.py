"""The residual network and the vision transformer of transformers, built from a configuration with new weights."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.extras import require
from counterpoint.encoders.image import Backbone, ImageSpec


@dataclass(frozen=True, kw_only=True)
class ResNet18(ImageSpec):
    """ResNet-18 (He et al., 2016, "Deep Residual Learning for Image Recognition"), 512 dimensions.

    Attributes:
        small_images: Begin with a 3 x 3 convolution of stride 1 and no max-pooling in place of the 7 x 7 of stride 2,
            as is usual for images of 32 to 64 pixels.
        width: Channels of the first stage; the embedding has 8 times as many.
    """

    small_images: bool = True
    width: int = 64

    def backbone(self, channels: int, image_size: tuple[int, int] | None) -> Backbone:
        """The network, for any image size.

        Raises:
            MissingExtraError: transformers is not installed.
        """
        transformers = _transformers()
        widths = [self.width * 2**stage for stage in range(4)]
        config = transformers.ResNetConfig(
            num_channels=channels,
            embedding_size=self.width,
            hidden_sizes=widths,
            depths=[2, 2, 2, 2],
            layer_type="basic",
        )
        model = transformers.ResNetModel(config)
        if self.small_images:
            stem = nn.Conv2d(channels, self.width, kernel_size=3, padding=1, bias=False)
            nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
            model.embedder.embedder.convolution = stem
            model.embedder.pooler = nn.Identity()
        return Backbone(_Pooled(model), widths[-1])


@dataclass(frozen=True, kw_only=True)
class ViTTiny(ImageSpec):
    """A small vision transformer (Dosovitskiy et al., 2021); the embedding is the class token after the last norm.

    Attributes:
        image_size: Pixels a side; None reads them off the sample, which must be square.
        patch_size: Pixels a side of a patch; divides the image size.
        dim: Width, and dimensions of the embedding.
        depth: Layers.
        heads: Attention heads; divides ``dim``.
    """

    image_size: int | None = None
    patch_size: int = 4
    dim: int = 192
    depth: int = 12
    heads: int = 3

    def backbone(self, channels: int, image_size: tuple[int, int] | None) -> Backbone:
        """The network, for images of one size.

        Raises:
            InputError: No size known, images that are not square, or sizes that do not divide.
            MissingExtraError: transformers is not installed.
        """
        size = self._size(image_size)
        if size % self.patch_size or self.dim % self.heads:
            raise InputError(f"patch_size must divide the image size {size}, and heads must divide dim: {self}")
        transformers = _transformers()
        config = transformers.ViTConfig(
            image_size=size,
            patch_size=self.patch_size,
            num_channels=channels,
            hidden_size=self.dim,
            num_hidden_layers=self.depth,
            num_attention_heads=self.heads,
            intermediate_size=4 * self.dim,
        )
        return Backbone(_FirstToken(transformers.ViTModel(config, add_pooling_layer=False)), self.dim, (size, size))

    def _size(self, found: tuple[int, int] | None) -> int:
        size = self.image_size or (found[0] if found else None)
        if size is None:
            raise InputError("ViTTiny(image_size=None) needs a sample of images to know their size")
        if found not in (None, (size, size)):
            raise InputError(f"ViTTiny takes square images of {size} pixels, the sample has {found}")
        return size


class _Pooled(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        return self.model(image).pooler_output.flatten(1)


class _FirstToken(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        return self.model(image).last_hidden_state[:, 0]


def _transformers() -> Any:
    return require("transformers", extra="vision", purpose="an image model of transformers")
