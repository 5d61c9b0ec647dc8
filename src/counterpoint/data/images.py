"""Image cells to uint8 arrays: PNG and JPEG bytes, file paths, Pillow images and arrays."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from counterpoint.base.errors import InputError

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


class UnreadableImage(Exception):
    """An image cell that cannot be decoded; the message says why."""


@dataclass(frozen=True, kw_only=True)
class ImageFormat:
    """What all images are brought to.

    Attributes:
        size: (height, width), or one number for a square; an image of another size is scaled to cover it and the
            middle is cut out. None: the size of the first image.
        channels: 1 (grey), 3 (RGB, transparency over white) or 4 (RGBA). None: 3 if one of the first images has
            colour, else 1.
    """

    size: int | tuple[int, int] | None = None
    channels: int | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.channels is not None and self.channels not in _MODES:
            raise InputError(f"ImageFormat: channels must be 1, 3 or 4, not {self.channels}")
        if self.size is not None and min(self.height_width) < 1:
            raise InputError(f"ImageFormat: size must be positive, not {self.size}")

    @property
    def height_width(self) -> tuple[int, int]:
        """The size as (height, width); only once it is known."""
        if self.size is None:
            raise InputError("ImageFormat: the size is not known yet")
        return (self.size, self.size) if isinstance(self.size, int) else self.size


def decoded(value: Any, folder: Path | None) -> Image.Image:
    """One cell as a Pillow image, upright, in mode L, RGB or RGBA.

    Args:
        value: Bytes of an image file, a dict with ``bytes``, a path, a Pillow image, or an array `[H, W]`,
            `[H, W, C]` or `[C, H, W]` (uint8, bool, or floating point in 0..1).
        folder: Where relative paths start.

    Raises:
        UnreadableImage: Missing, truncated, not an image, or an array of another form.
    """
    match value:
        case Mapping() if value.get("bytes") is not None:
            return decoded(value["bytes"], folder)
        case Mapping() if value.get("path"):
            return decoded(value["path"], folder)
        case bytes() if value:
            return _opened(io.BytesIO(value))
        case str() if value:
            path = (folder or Path()) / value
            if not path.is_file():
                raise UnreadableImage(f"no such image file: {path}")
            return _opened(path, f" {value}")
        case Image.Image():
            return _plain_mode(value)
        case np.ndarray():
            return _from_array(value)
        case _:
            raise UnreadableImage("no image" if not value else f"a {type(value).__name__} is not an image")


def to_format(image: Image.Image, *, height_width: tuple[int, int], channels: int) -> np.ndarray:
    """The image as uint8 `[H, W, C]` of that size (scaled to cover, centre cut out) and number of channels."""
    height, width = height_width
    if image.mode == "RGBA" and channels != 4:
        # The colour of a transparent pixel is arbitrary, so it must not show through.
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert(_MODES[channels])
    if image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(height, width, channels)


def is_coloured(image: Image.Image) -> bool:
    """Whether three channels are needed to keep it."""
    return image.mode != "L"


def _opened(source: io.BytesIO | Path, name: str = "") -> Image.Image:
    try:
        with Image.open(source) as image:
            image.load()
            return _plain_mode(ImageOps.exif_transpose(image))
    # Pillow's decoders raise these for damaged files; SyntaxError is what a broken PNG gives.
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "cannot identify" in reason:
            reason = "not an image file, or a damaged one"
        raise UnreadableImage(f"image{name} cannot be decoded: {reason}") from error


def _plain_mode(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode in ("I", "I;16", "I;16B", "I;16L"):
        # Pillow would clip 16-bit grey at 255 instead of scaling it.
        return Image.fromarray((np.asarray(image).astype(np.int64).clip(0, 65535) >> 8).astype(np.uint8))
    if image.mode in ("LA", "La", "PA") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _from_array(array: np.ndarray) -> Image.Image:
    if array.ndim == 3 and array.shape[2] not in (1, 3, 4) and array.shape[0] in (1, 3, 4):
        array = array.transpose(1, 2, 0)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)) or 0 in array.shape:
        raise UnreadableImage(f"an image array has the shape [H, W], [H, W, C] or [C, H, W], not {array.shape}")
    pixels = _bytes_of(array)
    return Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if array.shape[2:] == (1,) else pixels))


def _bytes_of(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * 255
    if array.dtype.kind in "iu":
        if array.min() < 0 or array.max() > 255:
            raise UnreadableImage(f"integer images must be within 0..255, found {array.min()}..{array.max()}")
        return array.astype(np.uint8)
    if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
        raise UnreadableImage(f"floating-point images must be within 0..1, found {array.min():g}..{array.max():g}")
    return np.round(array * 255).astype(np.uint8)
