"""Images as strings inside the page: lossless where every pixel counts, compressed where there are many pixels."""

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

TINY = 64
"""Images up to this many pixels a side are kept exactly and shown with hard pixel edges."""

LOSSLESS = 100
_QUALITIES = (80, 50)
_SIDES = (160, 128, 96, 64, 48, 32, 24, 16)
_WIDEST = 16_000  # WebP and most browsers stop at 16,383 pixels.
_SAMPLE = 200
_OPTIMISM = 1.25


@dataclass(frozen=True)
class Sheet:
    """Many thumbnails in one picture, row by row.

    Attributes:
        uri: The picture as a ``data:`` address.
        width: Width of one thumbnail in pixels.
        height: Height of one thumbnail in pixels.
        columns: Thumbnails in a row.
        crisp: Show with hard pixel edges: the images are tiny and were not shrunk.
    """

    uri: str
    width: int
    height: int
    columns: int
    crisp: bool


def sheet(images: np.ndarray, budget: int) -> Sheet:
    """Lay uint8 images `[N, C, H, W]` out in one picture of at most ``budget`` bytes, shrinking them until it fits.

    Raises:
        ValueError: Even the smallest thumbnails do not fit; cannot happen below some ten thousand images.
    """
    largest = max(images.shape[2:])
    few = images[:: math.ceil(len(images) / _SAMPLE)]
    for side in (min(largest, _SIDES[0]), *(side for side in _SIDES[1:] if side < largest)):
        for quality in (LOSSLESS, *_QUALITIES) if largest <= TINY else _QUALITIES:
            # Encoding ten thousand images takes seconds; a few of them tell whether it is worth it.
            if len(_lay_out(few, side, quality).uri) * len(images) / len(few) > _OPTIMISM * budget:
                continue
            laid_out = _lay_out(images, side, quality)
            if len(laid_out.uri) <= budget:
                return laid_out
    raise ValueError(f"{len(images)} thumbnails do not fit into {budget} bytes")


def _lay_out(images: np.ndarray, side: int, quality: int) -> Sheet:
    thumbs = [_shrink(_picture(image), side) for image in images]
    width, height = thumbs[0].size
    columns = min(math.ceil(math.sqrt(len(thumbs) * height / width)), _WIDEST // width)
    uri = _encode(_canvas(thumbs, columns), quality)
    return Sheet(uri, width, height, columns, crisp=max(images.shape[2:]) <= min(side, TINY))


def _canvas(thumbs: list[Image.Image], columns: int) -> Image.Image:
    width, height = thumbs[0].size
    canvas = Image.new(thumbs[0].mode, (columns * width, math.ceil(len(thumbs) / columns) * height))
    for index, thumb in enumerate(thumbs):
        canvas.paste(thumb, (index % columns * width, index // columns * height))
    return canvas


def address(image: np.ndarray, side: int) -> str:
    """One uint8 image `[C, H, W]` as a ``data:`` address, at most ``side`` pixels wide and high."""
    return _encode(_shrink(_picture(image), side), LOSSLESS if max(image.shape[1:]) <= TINY else _QUALITIES[0])


def thumbnail(image: np.ndarray, side: int) -> bytes:
    """One uint8 image `[C, H, W]` as a PNG file, at most ``side`` pixels wide and high."""
    return _bytes(_shrink(_picture(image), side), LOSSLESS)


def sides(images: Sequence[np.ndarray], budget: int) -> int:
    """The largest thumbnail side at which the images together stay within ``budget`` bytes (16 at least)."""
    return next((side for side in _SIDES if sum(len(address(image, side)) for image in images) <= budget), _SIDES[-1])


def _picture(image: np.ndarray) -> Image.Image:
    rows = np.ascontiguousarray(np.moveaxis(image, 0, -1))
    return Image.fromarray(rows[:, :, 0] if rows.shape[2] == 1 else rows)


def _shrink(picture: Image.Image, side: int) -> Image.Image:
    if max(picture.size) <= side:
        return picture
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _encode(picture: Image.Image, quality: int) -> str:
    kind = "png" if quality == LOSSLESS else "webp"
    return f"data:image/{kind};base64,{base64.b64encode(_bytes(picture, quality)).decode('ascii')}"


def _bytes(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    if quality == LOSSLESS:
        picture.save(buffer, "PNG", compress_level=9)
    else:
        picture.save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()
