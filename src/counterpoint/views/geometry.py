"""Image views that move pixels: mirror, shift, turn."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from counterpoint.views.image import ImageView
from counterpoint.views.random import uniform
from counterpoint.views.view import check_range


@dataclass(frozen=True, kw_only=True)
class HorizontalFlip(ImageView):
    """The mirror image, left for right (SimCLR, arXiv:2002.05709, Appendix A). Not for digits or letters."""

    probability: float = 0.5

    def check(self) -> None:
        """Every value of the fields has a meaning."""

    def change(self, images: Tensor, seeds: Tensor) -> Tensor:
        """Mirror all."""
        return images.flip(-1)


@dataclass(frozen=True, kw_only=True)
class Translate(ImageView):
    """A shift by whole pixels, uniform on -k .. k in each direction, k = round(``fraction`` x side).

    Whole pixels, because a shift between pixels is also a blur, which an 8 x 8 digit does not survive.

    Attributes:
        fraction: Largest shift, as a share of the height and of the width.
        fill: Value of what comes in from outside; None takes the image's own background (:func:`background`).
    """

    fraction: float = 0.1
    fill: float | None = None

    def check(self) -> None:
        """Fraction and fill between 0 and 1."""
        check_range("Translate: fraction", self.fraction, least=0, most=1)
        check_fill("Translate", self.fill)

    def change(self, images: Tensor, seeds: Tensor) -> Tensor:
        """Shift all."""
        numbers_N2 = uniform(seeds, 2, stream="Translate")
        outside = background(images) if self.fill is None else images.new_tensor(self.fill)
        for axis in (2, 3):
            side = images.shape[axis]
            most = round(self.fraction * side)
            shift_N = (numbers_N2[:, axis - 2] * (2 * most + 1)).floor().to(torch.int64) - most
            images = _shift(images, shift_N, axis, outside)
        return images


@dataclass(frozen=True, kw_only=True)
class Rotation(ImageView):
    """A turn about the centre by an angle uniform in +-``degrees``; corners are cut.

    Attributes:
        degrees: Largest angle, 0 to 180.
        fill: Value of what comes in from outside; None takes the image's own background (:func:`background`).
    """

    degrees: float = 15.0
    fill: float | None = None

    def check(self) -> None:
        """Degrees between 0 and 180, fill between 0 and 1."""
        check_range("Rotation: degrees", self.degrees, least=0, most=180)
        check_fill("Rotation", self.fill)

    def change(self, images: Tensor, seeds: Tensor) -> Tensor:
        """Turn all."""
        angle_N = math.radians(self.degrees) * (2 * uniform(seeds, 1, stream="Rotation")[:, 0] - 1)
        return rotate(images, angle_N, fill=self.fill)


def rotate(images: Tensor, angles: Tensor, *, fill: float | None) -> Tensor:
    """Turn each image counter-clockwise by its angle (radians, `[N]`), keeping the shape of its pixels square."""
    height, width = images.shape[2:]
    cos_N, sin_N = angles.cos(), angles.sin()
    zero_N = torch.zeros_like(cos_N)
    # Grid coordinates run from -1 to 1 on both axes, so the turn has to be taken in pixels: hence height / width.
    rows = [cos_N, -sin_N * height / width, zero_N, sin_N * width / height, cos_N, zero_N]
    return _sample(images, torch.stack(rows, dim=1).view(-1, 2, 3), fill)


def check_fill(name: str, fill: float | None) -> None:
    """Raise InputError unless ``fill`` is None or a pixel value."""
    if fill is not None:
        check_range(f"{name}: fill", fill, least=0, most=1)


def background(images: Tensor) -> Tensor:
    """The median of each image's outermost pixels, by channel `[N, C, 1, 1]`: the paper of a drawing, any colour."""
    sides = (images[:, :, 0], images[:, :, -1], images[:, :, :, 0], images[:, :, :, -1])
    return torch.cat(sides, dim=2).median(dim=2).values[:, :, None, None]


def _sample(images: Tensor, theta_N23: Tensor, fill: float | None) -> Tensor:
    """Bilinear samples where ``theta_N23`` maps each output place to; outside is the fill."""
    grid = functional.affine_grid(theta_N23, list(images.shape), align_corners=False)
    # grid_sample knows only zero outside: shift the values so that the fill is zero.
    outside = background(images) if fill is None else fill
    return (functional.grid_sample(images - outside, grid, align_corners=False) + outside).clamp_(0, 1)


def _shift(images: Tensor, shift_N: Tensor, axis: int, outside: Tensor) -> Tensor:
    """Move each image by its whole number of pixels along ``axis``, towards higher indices."""
    side = images.shape[axis]
    source_Ns = torch.arange(side, device=images.device) - shift_N[:, None]
    shape = [-1, 1, 1, 1]
    shape[axis] = side
    moved = images.gather(axis, source_Ns.clamp(0, side - 1).view(shape).expand_as(images))
    inside = (source_Ns >= 0) & (source_Ns < side)
    return torch.where(inside.view(shape), moved, outside)
