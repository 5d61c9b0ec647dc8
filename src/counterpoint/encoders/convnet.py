"""A small residual network, sized for training on a few CPU cores."""

from dataclasses import dataclass

from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.image import Backbone, ImageSpec

SMALL_IMAGE = 16
"""Up to this many pixels a side, the first convolution keeps the resolution."""


@dataclass(frozen=True, kw_only=True)
class ConvNet(ImageSpec):
    """A residual network for images of 8 to 64 pixels, with batch normalisation (He et al., 2016, made small).

    A 3 x 3 stem, then stages of residual blocks; each stage after the first halves the resolution and doubles the
    width; then the mean over positions. Embeddings have ``width * 2 ** (len(blocks) - 1)`` dimensions.

    Attributes:
        width: Channels of the stem and the first stage.
        blocks: Residual blocks per stage.
        stem_stride: Stride of the stem; None takes 1 up to 16 pixels a side and 2 above, which costs a
            quarter of the work.
    """

    width: int = 32
    blocks: tuple[int, ...] = (1, 1, 1)
    stem_stride: int | None = None

    def __post_init__(self) -> None:
        if self.width < 1 or not self.blocks or min(self.blocks) < 0:
            raise InputError(f"ConvNet needs a width and stages, got width={self.width}, blocks={self.blocks}")

    def backbone(self, channels: int, image_size: tuple[int, int] | None) -> Backbone:
        """The network; without a known size the stem has stride 2."""
        stride = self.stem_stride or (1 if image_size and max(image_size) <= SMALL_IMAGE else 2)
        layers: list[nn.Module] = [_convolution(channels, self.width, stride=stride), nn.ReLU(inplace=True)]
        width = self.width
        for stage, count in enumerate(self.blocks):
            if stage:
                layers += [_convolution(width, 2 * width, stride=2), nn.ReLU(inplace=True)]
                width = 2 * width
            layers += [ResidualBlock(width) for _ in range(count)]
        return Backbone(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), width)


class ResidualBlock(nn.Module):
    """relu(x + norm(conv(relu(norm(conv(x)))))), of the same width and resolution throughout."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width)
        self.second = _convolution(width, width)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """``x`` `[N, C, H, W]` to the same shape."""
        return self.activation(x + self.second(self.activation(self.first(x))))


def _convolution(channels: int, width: int, *, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(channels, width, kernel_size=3, stride=stride, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(convolution, nn.BatchNorm2d(width))
