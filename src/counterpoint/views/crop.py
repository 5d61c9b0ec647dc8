"""Random crops, resampled as Pillow does it: separable, with antialiasing where a crop shrinks."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.views.pixels import unit_images
from counterpoint.views.random import uniform
from counterpoint.views.view import View, check_interval, check_seeds

_ATTEMPTS = 10

Size = int | tuple[int, int]
"""Height and width in pixels; one number means a square."""


def height_width(size: Size) -> tuple[int, int]:
    """``size`` as (height, width).

    Raises:
        InputError: Not one or two positive whole numbers.
    """
    sides = (size, size) if isinstance(size, int) else tuple(size)
    if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        raise InputError(f"an image size must be a positive whole number or (height, width), not {size!r}")
    return sides


@dataclass(frozen=True, kw_only=True)
class RandomResizedCrop(View):
    """A box of random area and aspect ratio at a random place, resized to ``size``.

    The "Inception crop" of SimCLR (Chen et al. 2020, arXiv:2002.05709, Appendix A): area uniform in ``scale`` times the
    image's, aspect ratio log-uniform in ``ratio``, place uniform. Of ten drawn boxes the first that fits inside
    the image is taken; if none does, the largest centred box whose ratio lies in ``ratio``.
    Deviation: boxes are not rounded to whole pixels, which matters for small images.

    Attributes:
        size: Height and width of the output.
        scale: Least and greatest area of the box, as a share of the image's.
        ratio: Least and greatest width / height of the box.
    """

    size: Size
    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)

    def __post_init__(self) -> None:
        height_width(self.size)
        check_interval("RandomResizedCrop: scale", self.scale, least=1e-6, most=1)
        check_interval("RandomResizedCrop: ratio", self.ratio, least=1e-3, most=1e3)

    def __call__(self, content: Content, seeds: Tensor) -> Tensor:
        """Crop each of N images; float32 `[N, C, height, width]` in 0..1."""
        images = unit_images(content)
        check_seeds(images, seeds)
        return resize_boxes(images, self.boxes(seeds, images.shape[2], images.shape[3]), self.size)

    def boxes(self, seeds: Tensor, height: int, width: int) -> Tensor:
        """The boxes float32 `[N, 4]` as (top, left, height, width) in pixels, inside an image of that size."""
        area_NT = uniform(seeds, _ATTEMPTS, stream="RandomResizedCrop: area")
        ratio_NT = uniform(seeds, _ATTEMPTS, stream="RandomResizedCrop: ratio")
        area_NT = height * width * _between(self.scale[0], self.scale[1], area_NT)
        ratio_NT = _between(math.log(self.ratio[0]), math.log(self.ratio[1]), ratio_NT).exp()
        sides_NT2 = torch.stack([(area_NT / ratio_NT).sqrt(), (area_NT * ratio_NT).sqrt()], dim=2)
        fits_NT = (sides_NT2[:, :, 0] <= height) & (sides_NT2[:, :, 1] <= width)
        first_N = fits_NT.to(torch.int64).argmax(dim=1)
        sides_N2 = sides_NT2[torch.arange(len(seeds), device=seeds.device), first_N]
        limit = torch.tensor([height, width], dtype=torch.float32, device=seeds.device)
        sides_N2 = torch.where(fits_NT.any(dim=1, keepdim=True), sides_N2, self._fallback(limit))
        place_N2 = uniform(seeds, 2, stream="RandomResizedCrop: place")
        place_N2 = torch.where(fits_NT.any(dim=1, keepdim=True), place_N2, 0.5)
        return torch.cat([place_N2 * (limit - sides_N2), sides_N2], dim=1)

    def _fallback(self, limit: Tensor) -> Tensor:
        """Height and width `[2]` of the largest box inside ``limit`` with an allowed ratio."""
        height, width = limit.tolist()
        ratio = min(max(width / height, self.ratio[0]), self.ratio[1])
        return torch.tensor([min(height, width / ratio), min(width, height * ratio)], device=limit.device)


def _between(low: float, high: float, share: Tensor) -> Tensor:
    return low + (high - low) * share


def resize_boxes(images: Tensor, boxes: Tensor, size: Size) -> Tensor:
    """Resample one box of each image to ``size``.

    Each axis is a matrix product with triangle-filter weights whose width grows with the shrinkage, which is Pillow's
    ``resize(size, BILINEAR, box=box)``. kornia's ``crop_and_resize`` and ``F.grid_sample`` cost the same at 32 pixels
    but read four pixels whatever the shrinkage, so small views of large photographs come out aliased.

    Args:
        images: float32 `[N, C, H, W]`.
        boxes: float32 `[N, 4]`: top, left, height, width in pixels, inside the image.
        size: Size of the output.
    """
    rows, columns = height_width(size)
    top, left, height, width = boxes.to(torch.float32).unbind(dim=1)
    vertical_N1hH = _weights(top, height, images.shape[2], rows)[:, None]
    horizontal_N1wW = _weights(left, width, images.shape[3], columns)[:, None]
    return (vertical_N1hH @ images @ horizontal_N1wW.transpose(-1, -2)).clamp_(0, 1)


def _weights(start_N: Tensor, length_N: Tensor, pixels_in: int, pixels_out: int) -> Tensor:
    """Weights `[N, pixels_out, pixels_in]` of the input pixels in each output pixel; rows sum to one."""
    step_N = length_N / pixels_out
    out = torch.arange(pixels_out, device=start_N.device) + 0.5
    into = torch.arange(pixels_in, device=start_N.device) + 0.5
    centre_No = start_N[:, None] + out * step_N[:, None]
    distance_Noi = (into - centre_No[:, :, None]).abs() / step_N.clamp(min=1)[:, None, None]
    weights_Noi = (1 - distance_Noi).clamp_(min=0)
    return weights_Noi / weights_Noi.sum(dim=2, keepdim=True)
