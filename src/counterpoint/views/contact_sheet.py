"""A picture of what a view does to images: the fastest way to see that it is too strong, too weak or wrong."""

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from counterpoint.base.errors import InputError
from counterpoint.views.pixels import unit_images
from counterpoint.views.random import fork
from counterpoint.views.view import View, check_range

_CELL = 96  # least side of a cell in pixels: images smaller than this are enlarged by a whole factor
_GAP = 4


def contact_sheet(images: Tensor, view: View, n_views: int, seeds: Tensor) -> Image.Image:
    """Rows are samples; the first column is the original, the next ``n_views`` are views of it.

    Small images are enlarged without smoothing, so that pixels stay visible; originals of another size than the views
    are resampled to it.

    Args:
        images: uint8 or floating point in 0..1 `[N, C, H, W]`, of one or three channels.
        view: View of images.
        n_views: Views per sample.
        seeds: int64 `[N]`; view v is made with ``fork(seeds, v)``.

    Raises:
        InputError: No images, none to show, not one or three channels, or a view that does not give images.
    """
    originals = unit_images(images)
    check_range("contact_sheet: n_views", n_views, least=1)
    if not len(originals) or originals.shape[1] not in (1, 3):
        raise InputError(f"a contact sheet needs images of 1 or 3 channels, not {list(originals.shape)}")
    shown = [unit_images(view(images, fork(seeds, number))) for number in range(n_views)]
    height, width = shown[0].shape[2:]
    if originals.shape[2:] != (height, width):
        originals = functional.interpolate(originals, (height, width), mode="bilinear", antialias=True).clamp(0, 1)
    zoom = max(1, round(_CELL / min(height, width)))
    return _draw(torch.stack([originals, *shown], dim=1), zoom)


def _draw(cells: Tensor, zoom: int) -> Image.Image:
    """Paint `[rows, columns, C, H, W]` on white, with a wider gap after the first column."""
    rows, columns, _, height, width = cells.shape
    height, width = height * zoom, width * zoom
    sheet = Image.new("RGB", (columns * (width + _GAP) + 3 * _GAP, rows * (height + _GAP) + _GAP), "white")
    pixels = (cells.expand(-1, -1, 3, -1, -1) * 255).round().to(torch.uint8).permute(0, 1, 3, 4, 2).cpu().numpy()
    for row in range(rows):
        for column in range(columns):
            cell = Image.fromarray(pixels[row, column]).resize((width, height), Image.Resampling.NEAREST)
            left = _GAP + column * (width + _GAP) + (2 * _GAP if column else 0)
            sheet.paste(cell, (left, _GAP + row * (height + _GAP)))
    return sheet
