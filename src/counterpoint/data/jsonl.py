"""JSON Lines: one object a line, read row by row on demand."""

import json
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.records import DecodedLines, Records
from counterpoint.data.table import Column, Table


class JsonLinesTable(Table):
    """A JSONL file: memory is eight bytes a row, plus the rows asked for; a key missing in a row reads as None."""

    def __init__(self, path: Path) -> None:
        """Read the file once: find the lines, check that each is a JSON object, and collect the keys.

        Raises:
            InputError: No rows, not UTF-8, or a line that is not a JSON object; names the line.
        """
        self.path = path
        self.description = path.name
        self.folder = path.parent
        starts = array("q")
        keys: dict[str, None] = {}
        with open(path, "rb") as handle:
            lines = DecodedLines(handle, path.name)
            offset = 0
            for text in lines:
                if text.strip():
                    keys.update(dict.fromkeys(_object(text, f"{path.name}, line {lines.line}")))
                    starts.append(offset)
                offset = lines.offset
        if not starts:
            raise InputError(f"{path} is empty: one JSON object a line is expected")
        self.columns = tuple(keys)
        self._records = Records(path, starts, offset)

    def __len__(self) -> int:
        """Number of objects."""
        return len(self._records)

    def take(self, rows: np.ndarray | Sequence[int], columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The values at ``rows``, as JSON gives them."""
        index, names = self.checked(rows, columns)
        objects = [json.loads(text.removeprefix("\ufeff")) for text in self._records.read(index)]
        return {name: [value.get(name) for value in objects] for name in names}

    def where(self, row: int) -> str:
        """The file and the line."""
        return f"{self.description}, line {self._records.line_of(row)}"


def _object(text: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        hint = " (a JSON array over several lines is not JSON Lines)" if text.strip() in ("[", "{") else ""
        raise InputError(f"{where}: not JSON: {error.msg} at position {error.pos}{hint}") from error
    if not isinstance(value, dict):
        raise InputError(f"{where}: a JSON object is expected, found {type(value).__name__}")
    return value
