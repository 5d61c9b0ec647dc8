"""Cells of one kind to a tensor or a list of texts, in the format settled at the start."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from counterpoint.base.content import Content, Kind
from counterpoint.data.bad_rows import RowError
from counterpoint.data.cells import Cells, texts, vectors
from counterpoint.data.images import ImageFormat, UnreadableImage, decoded, is_coloured, to_format


@dataclass
class Decoder:
    """Decodes one role (anchor, or positives and negatives).

    Attributes:
        kind: What the cells hold.
        folder: Where relative image paths start.
        image: Size and channels; what is None there is settled by :meth:`settle`.
        dim: Length of vectors, settled likewise.
        notices: What was found out and should be said to the user.
    """

    kind: Kind
    folder: Path | None
    image: ImageFormat
    dim: int | None = None
    notices: list[str] = field(default_factory=list)

    def settle(self, values: Sequence[Any]) -> None:
        """Fix what the caller left open by looking at the first values; unreadable ones are passed over."""
        if self.kind is Kind.IMAGE:
            self._settle_images(
                [image for value in values for image in [_decoded_or_none(value, self.folder)] if image]
            )
        elif self.kind is Kind.VECTOR and self.dim is None:
            # The most frequent length, so that one odd first row does not condemn all others.
            lengths = [int(np.size(value)) for value in values]
            self.dim = max(set(lengths), key=lengths.count) if lengths else None

    def __call__(self, cells: Cells) -> Content:
        """All cells as content.

        Raises:
            RowError: The first cell that cannot be used.
        """
        match self.kind:
            case Kind.TEXT:
                return texts(cells)
            case Kind.VECTOR:
                return vectors(cells, self.dim)
            case Kind.IMAGE:
                return self._images(cells)

    def _settle_images(self, images: list[Image.Image]) -> None:
        if not images:
            return
        channels = self.image.channels or (3 if any(is_coloured(image) for image in images) else 1)
        sizes = list(dict.fromkeys((image.height, image.width) for image in images))
        if self.image.size is None and len(sizes) > 1:
            height, width = sizes[0]
            self.notices.append(
                f"images differ in size: all are scaled and cut to {height}x{width} (height x width), the size of the "
                "first; give a size to choose another"
            )
        self.image = ImageFormat(size=self.image.size or sizes[0], channels=channels)

    def _images(self, cells: Cells) -> torch.Tensor:
        if not cells:
            height, width = (1, 1) if self.image.size is None else self.image.height_width
            return torch.zeros(0, self.image.channels or 3, height, width, dtype=torch.uint8)
        if self.image.size is None:
            self._settle_images([_decoded(place, column, value, self.folder) for place, column, value in cells[:1]])
        size, channels = self.image.height_width, self.image.channels or 3
        out = np.empty((len(cells), *size, channels), dtype=np.uint8)
        for item, (place, column, value) in enumerate(cells):
            image = _decoded(place, column, value, self.folder)
            out[item] = to_format(image, height_width=size, channels=channels)
        return torch.from_numpy(out).permute(0, 3, 1, 2).contiguous()


def _decoded(place: int, column: str, value: Any, folder: Path | None) -> Image.Image:
    try:
        return decoded(value, folder)
    except UnreadableImage as error:
        raise RowError(place, column, str(error)) from error


def _decoded_or_none(value: Any, folder: Path | None) -> Image.Image | None:
    try:
        return decoded(value, folder)
    except UnreadableImage:
        # Only the format is settled here; when the row is used it is named.
        return None
