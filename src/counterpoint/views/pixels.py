"""Pixels as views compute on them: float32 in 0..1."""

import torch
from torch import Tensor

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError

_ROUNDING = 1e-3


def unit_images(content: Content) -> Tensor:
    """Images `[N, C, H, W]` as float32 in 0..1: uint8 is divided by 255, floating point passes (as float32).

    Raises:
        InputError: Not a tensor of images, neither uint8 nor floating point, or floating point outside 0..1.
    """
    if not isinstance(content, Tensor) or content.ndim != 4:
        raise InputError(f"an image view needs images [N, C, H, W], not {_describe(content)}")
    if content.dtype == torch.uint8:
        return content.to(torch.float32).div_(255)
    if content.is_floating_point():
        _check_unit(content)
        return content.to(torch.float32)
    raise InputError(f"images must be uint8 in 0..255 or floating point in 0..1, not {content.dtype}")


def _check_unit(images: Tensor) -> None:
    """Refuse values of 0..255 as floats, or not finite: every view would clamp them to white without a word."""
    if not images.numel():
        return
    low, high = (float(value) for value in images.aminmax())
    if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):
        raise InputError(f"floating-point images must lie in 0..1, not {low:g}..{high:g}; pass uint8 for 0..255")


def _describe(content: Content) -> str:
    if isinstance(content, Tensor):
        return f"a tensor of shape {list(content.shape)}"
    return type(content).__name__
