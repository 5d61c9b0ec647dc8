"""A column of what is compared: as an encoder takes it, as a training file holds it, and as keys to tell it apart."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.data import Examples, ImageFormat, Roles, Table
from counterpoint.experiments.report import thumbnail
from counterpoint.retrieval.fingerprint import fingerprint_values

_STORED = {Kind.TEXT: pa.string(), Kind.IMAGE: pa.binary(), Kind.VECTOR: pa.list_(pa.float32())}


class Column:
    """Texts, images or vectors of one column of a table.

    Attributes:
        table: Where they are.
        name: Of the column.
        kind: What it holds.
    """

    def __init__(self, table: Table, name: str, kind: Kind, image: ImageFormat) -> None:
        """Look at the first values.

        Raises:
            InputError: They cannot be read as what they should be.
        """
        self.table, self.name, self.kind = table, name, kind
        self._examples = Examples(table, Roles(kind=kind, anchor=(name,)), image=image)

    def content(self, rows: np.ndarray) -> Content:
        """What an encoder takes.

        Raises:
            InputError: A row holds nothing, or something else.
        """
        return self._texts(rows) if self.kind is Kind.TEXT else self._examples.batch(rows).anchor

    def cells(self, rows: np.ndarray) -> list[Any]:
        """What a file for training holds: texts, image files as bytes, or lists of numbers."""
        if self.kind is Kind.TEXT:
            return self._texts(rows)
        if self.kind is Kind.VECTOR:
            return np.asarray(self._examples.batch(rows).anchor).tolist()
        return [self._image_file(value, int(row)) for row, value in zip(rows, self._values(rows), strict=True)]

    def keys(self, rows: np.ndarray) -> list[str]:
        """Equal for equal things: the text, or a digest of a vector in float32 or of an image as it is stored."""
        if self.kind is Kind.TEXT:
            return self._texts(rows)
        if self.kind is Kind.VECTOR:
            vectors = np.asarray(self._examples.batch(rows).anchor, dtype=np.float32)
            return [fingerprint_values([vector]) for vector in vectors]
        return [fingerprint_values([self._raw(value)]) for value in self._values(rows)]

    @property
    def stored(self) -> pa.DataType:
        """The type of :meth:`cells` in Parquet."""
        return _STORED[self.kind]

    def _values(self, rows: np.ndarray) -> Any:
        return self.table.take(rows, [self.name])[self.name]

    def _texts(self, rows: np.ndarray) -> list[str]:
        values = self._values(rows)
        for row, value in zip(rows, values, strict=True):
            if not isinstance(value, str) or not value.strip():
                raise InputError(f"{self.table.where(int(row))}: {self.name!r} must be a text, found {value!r}")
        return [str(value) for value in values]

    def _raw(self, value: Any) -> Any:
        """An image's file as bytes, or its pixels."""
        if isinstance(value, str):
            return ((self.table.folder or Path()) / value).read_bytes()
        return value if isinstance(value, bytes) else np.asarray(value)

    def _image_file(self, value: Any, row: int) -> bytes:
        raw = self._raw(value)
        if isinstance(raw, bytes):
            return raw
        picture = np.asarray(self._examples.batch([row]).anchor)[0]
        return thumbnail(picture, max(picture.shape))
