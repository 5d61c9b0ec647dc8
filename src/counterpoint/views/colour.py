"""Image views that change colours: jitter and loss of colour."""

import math
from dataclasses import dataclass

import torch
from kornia.color import rgb_to_grayscale
from kornia.enhance import (
    adjust_brightness_accumulative,
    adjust_contrast_with_mean_subtraction,
    adjust_hue,
    adjust_saturation_with_gray_subtraction,
)
from torch import Tensor

from counterpoint.views.image import ImageView, check_colours
from counterpoint.views.random import uniform
from counterpoint.views.view import check_range


@dataclass(frozen=True, kw_only=True)
class ColourJitter(ImageView):
    """Random brightness, contrast, saturation and hue, in an order drawn for each image.

    SimCLR (Chen et al. 2020, arXiv:2002.05709, Appendix A): with strength s the fields are 0.8 s, 0.8 s, 0.8 s, 0.2 s
    and the probability is 0.8. Brightness multiplies the pixels by b; contrast blends them with the image's mean grey,
    saturation with each pixel's grey, c x + (1 - c) grey; hue turns by h of the colour circle. The factors b and c are
    uniform in [max(0, 1 - field), 1 + field], h in [-hue, hue]; every step clamps to 0..1.
    Images of one channel have no saturation or hue, so only brightness and contrast change.

    Attributes:
        brightness: Largest relative change of brightness.
        contrast: Largest relative change of contrast.
        saturation: Largest relative change of saturation.
        hue: Largest turn of the hue, in turns of the colour circle (0 to 0.5).
    """

    probability: float = 0.8
    brightness: float = 0.8
    contrast: float = 0.8
    saturation: float = 0.8
    hue: float = 0.2

    def check(self) -> None:
        """Strengths at least 0, hue at most half a turn."""
        check_range("ColourJitter: brightness", self.brightness, least=0)
        check_range("ColourJitter: contrast", self.contrast, least=0)
        check_range("ColourJitter: saturation", self.saturation, least=0)
        check_range("ColourJitter: hue", self.hue, least=0, most=0.5)

    def change(self, images: Tensor, seeds: Tensor) -> Tensor:
        """Jitter all: at each of four turns, each image meets the next step of its own order."""
        coloured = check_colours(images, self)
        steps = [_brightness, _contrast, _saturation, _hue] if coloured else [_brightness, _contrast]
        factor_N4 = self.factors(seeds)
        order_NS = uniform(seeds, len(steps), stream="ColourJitter: order").argsort(dim=1, stable=True)
        images = images.clone()
        for turn in range(len(steps)):
            for number, step in enumerate(steps):
                rows = (order_NS[:, turn] == number).nonzero()[:, 0]
                if len(rows):
                    images[rows] = step(images[rows], factor_N4[rows, number])
        return images

    def factors(self, seeds: Tensor) -> Tensor:
        """Float32 `[N, 4]`: the factors of brightness, contrast and saturation, and the turn of the hue."""
        numbers_N4 = uniform(seeds, 4, stream="ColourJitter: factors")
        spread = (self.brightness, self.contrast, self.saturation)
        low = torch.tensor([max(0.0, 1 - one) for one in spread] + [-self.hue], device=seeds.device)
        high = torch.tensor([1 + one for one in spread] + [self.hue], device=seeds.device)
        return low + (high - low) * numbers_N4


@dataclass(frozen=True, kw_only=True)
class Greyscale(ImageView):
    """All three channels become the luma 0.299 R + 0.587 G + 0.114 B; images of one channel pass.

    SimCLR (arXiv:2002.05709, Appendix A) drops the colours of one image in five.
    """

    probability: float = 0.2

    def check(self) -> None:
        """Every value of the fields has a meaning."""

    def change(self, images: Tensor, seeds: Tensor) -> Tensor:
        """Take the colours of all."""
        return rgb_to_grayscale(images).expand_as(images) if check_colours(images, self) else images


def _brightness(images: Tensor, factor_N: Tensor) -> Tensor:
    return adjust_brightness_accumulative(images, factor_N)


def _contrast(images: Tensor, factor_N: Tensor) -> Tensor:
    return adjust_contrast_with_mean_subtraction(images, factor_N)


def _saturation(images: Tensor, factor_N: Tensor) -> Tensor:
    return adjust_saturation_with_gray_subtraction(images, factor_N)


def _hue(images: Tensor, turn_N: Tensor) -> Tensor:
    return adjust_hue(images, 2 * math.pi * turn_N).clamp(0, 1)
