"""Cells of one kind to a tensor or a list of texts, in the format settled at the start."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.data.bad_rows import RowError
from counterpoint.data.cells import Cells, texts, vectors
from counterpoint.data.images import ImageFormat, UnreadableImage, decoded, is_coloured, to_format
from counterpoint.data.table import Table


@dataclass
class Decoder:
    """Decodes one role (anchor, or positives and negatives).

    Attributes:
        kind: What the cells hold.
        table: Where they come from; its folder is where relative image paths start.
        image: Size and channels; what is None there is settled by :meth:`settle`.
        dim: Length of vectors, settled likewise.
        notices: What was found out and should be said to the user.
    """

    kind: Kind
    table: Table
    image: ImageFormat
    dim: int | None = None
    notices: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Remember whether the size was the caller's wish."""
        self._wanted = self.image.size

    def settle(self, values: Sequence[Any]) -> None:
        """Fix what the caller left open by looking at the first values; unreadable ones are passed over.

        Raises:
            InputError: None of these images can be decoded.
        """
        if self.kind is Kind.IMAGE:
            self._settle_images(values)
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

    def _settle_images(self, values: Sequence[Any]) -> None:
        images: list[Image.Image] = []
        reason = "they are missing"
        for value in values:
            try:
                images.append(decoded(value, self.table.folder))
            except UnreadableImage as error:
                reason = str(error)
        if not images:
            raise InputError(f"{self.table.description}: none of the first images can be used: {reason}")
        channels = self.image.channels or (3 if any(is_coloured(image) for image in images) else 1)
        self.image = ImageFormat(size=self.image.size or (images[0].height, images[0].width), channels=channels)
        for image in images:
            self._note_size(image)

    def _note_size(self, image: Image.Image) -> None:
        height, width = self.image.height_width
        if self._wanted is None and not self.notices and (image.height, image.width) != (height, width):
            self.notices.append(
                f"images differ in size: all are scaled and cut to {height}x{width} (height x width), the size of the "
                "first; give a size to choose another"
            )

    def _images(self, cells: Cells) -> torch.Tensor:
        (height, width), channels = self.image.height_width, self.image.channels or 3
        out = np.empty((len(cells), height, width, channels), dtype=np.uint8)
        for item, (place, column, value) in enumerate(cells):
            try:
                image = decoded(value, self.table.folder)
            except UnreadableImage as error:
                raise RowError(place, column, str(error)) from error
            self._note_size(image)
            out[item] = to_format(image, height_width=(height, width), channels=channels)
        return torch.from_numpy(out).permute(0, 3, 1, 2).contiguous()
