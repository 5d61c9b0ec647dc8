"""Text files as records: where each record begins, so that any row can be read without loading the file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from counterpoint.base.errors import InputError


class DecodedLines:
    """The lines of a UTF-8 file, one at a time, with the byte offset and line number reached."""

    def __init__(self, handle: BinaryIO, name: str) -> None:
        """Begin at the start of ``handle``; ``name`` is the file in messages."""
        self._handle = handle
        self._name = name
        self.offset = 0
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        """Itself: a position is kept, so iteration goes on where it stopped."""
        return self

    def __next__(self) -> str:
        """The next line with its line end; a byte order mark at the start of the file is dropped.

        Raises:
            InputError: The line is not UTF-8; names file and line.
        """
        raw = self._handle.readline()
        if not raw:
            raise StopIteration
        self.offset += len(raw)
        self.line += 1
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self._name}, line {self.line}: not UTF-8 text (byte 0x{raw[error.start]:02x} at position "
                f"{error.start}); save the file as UTF-8"
            ) from error
        return text.removeprefix("\ufeff") if self.line == 1 else text


class Records:
    """Random access to byte ranges of a file that must not change meanwhile."""

    def __init__(self, path: Path, starts: Sequence[int], end: int) -> None:
        """Record i is the bytes from ``starts[i]`` to the next start (the last one to ``end``)."""
        self.path = path
        self._bounds = np.append(np.array(starts, dtype=np.int64), end)

    def __len__(self) -> int:
        """Number of records."""
        return len(self._bounds) - 1

    def read(self, rows: np.ndarray) -> list[str]:
        """The text of the records at ``rows``, in that order; the file is opened for this call only.

        Raises:
            InputError: The file changed its length since it was indexed.
        """
        found: dict[int, str] = {}
        bounds = self._bounds
        with open(self.path, "rb") as handle:
            if handle.seek(0, 2) != bounds[-1]:
                raise InputError(f"{self.path} changed while it was in use; open it again")
            for first, last in _runs(np.unique(rows)):
                start = int(bounds[first])
                handle.seek(start)
                span = handle.read(int(bounds[last + 1]) - start)
                for row in range(first, last + 1):
                    found[row] = span[int(bounds[row]) - start : int(bounds[row + 1]) - start].decode("utf-8")
        return [found[row] for row in rows.tolist()]

    def line_of(self, row: int) -> int:
        """The line (from 1) on which record ``row`` begins; reads the file up to there."""
        left = int(self._bounds[row])
        lines = 1
        with open(self.path, "rb") as handle:
            while left > 0:
                chunk = handle.read(min(left, 1 << 20))
                lines += chunk.count(b"\n")
                left -= max(len(chunk), 1)
        return lines


def _runs(rows: np.ndarray) -> list[tuple[int, int]]:
    """Ascending row numbers as (first, last) of each stretch without a gap, which is then one read."""
    if not rows.size:
        return []
    gaps = np.flatnonzero(np.diff(rows) > 1)
    firsts, lasts = np.append(rows[0], rows[gaps + 1]), np.append(rows[gaps], rows[-1])
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]
