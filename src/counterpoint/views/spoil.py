"""Image views that take detail away: blur and a hole."""

from dataclasses import dataclass

import torch
from kornia.filters import gaussian_blur2d
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.views.geometry import check_fill
from counterpoint.views.image import ImageView
from counterpoint.views.random import uniform
from counterpoint.views.view import check_interval, check_range


@dataclass(frozen=True, kw_only=True)
class GaussianBlur(ImageView):
    """A Gaussian filter whose standard deviation, in pixels, is uniform in ``sigma``; edges are repeated outwards.

    SimCLR (Chen et al. 2020, arXiv:2002.05709, Appendix A): half of the images, sigma in [0.1, 2], and a kernel of a
    tenth of the image's side. The paper leaves blur out for CIFAR-10 (Appendix B.9).

    Attributes:
        sigma: Least and greatest standard deviation, in pixels.
        kernel_fraction: Side of the kernel as a share of the image's shorter side; rounded to odd, at least 3 pixels.
    """

    probability: float = 0.5
    sigma: tuple[float, float] = (0.1, 2.0)
    kernel_fraction: float = 0.1

    def check(self) -> None:
        """Sigma positive, the kernel no larger than the image."""
        check_interval("GaussianBlur: sigma", self.sigma, least=1e-3)
        check_range("GaussianBlur: kernel_fraction", self.kernel_fraction, least=0, most=1)

    def change(self, images: Tensor, seeds: Tensor) -> Tensor:
        """Blur all."""
        low, high = self.sigma
        sigma_N1 = low + (high - low) * uniform(seeds, 1, stream="GaussianBlur")
        side = max(3, 2 * int(self.kernel_fraction * min(images.shape[2:]) / 2) + 1)
        return gaussian_blur2d(images, side, sigma_N1.expand(-1, 2), border_type="replicate").clamp(0, 1)


@dataclass(frozen=True, kw_only=True)
class CutOut(ImageView):
    """A square of round(``fraction`` x shorter side) pixels is painted over, its centre uniform over the pixels.

    DeVries and Taylor 2017 (arXiv:1708.04552): part of the square may fall outside the image. For CIFAR-10
    they cut 16 of 32 pixels. Their images are standardised before and filled with 0, the data's mean; here pixels
    are in 0..1 and the fill is mid-grey.

    Attributes:
        fraction: Side of the square, as a share of the image's shorter side.
        fill: Value that the square gets in all channels.
    """

    fraction: float = 0.5
    fill: float = 0.5

    def check(self) -> None:
        """Fraction and fill between 0 and 1."""
        check_range("CutOut: fraction", self.fraction, least=0, most=1)
        if self.fill is None:
            raise InputError("CutOut: fill must be a number between 0 and 1, not None")
        check_fill("CutOut", self.fill)

    def change(self, images: Tensor, seeds: Tensor) -> Tensor:
        """Cut all."""
        sides = images.shape[2:]
        length = round(self.fraction * min(sides))
        place_N2 = uniform(seeds, 2, stream="CutOut")
        inside = []
        for axis, side in enumerate(sides):
            start_N1 = (place_N2[:, axis, None] * side).floor() - length // 2
            offset_Ns = torch.arange(side, device=images.device) - start_N1
            inside.append((offset_Ns >= 0) & (offset_Ns < length))
        hole_N1HW = (inside[0][:, :, None] & inside[1][:, None, :])[:, None]
        return images.masked_fill(hole_N1HW, self.fill)
