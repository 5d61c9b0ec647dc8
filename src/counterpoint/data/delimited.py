"""CSV and TSV files with a header line, read row by row on demand."""

import csv
import io
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.records import DecodedLines, Records
from counterpoint.data.table import Column, Table

SNIFFED_ROWS = 200
"""A column is numeric when all its values in this many first rows are numbers (or empty)."""

# No leading zeros ("007" is a name) and no underscores, unlike float().
_NUMBER = re.compile(r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?|nan", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class _Index:
    columns: tuple[str, ...]
    records: Records
    numeric: frozenset[str]


class DelimitedTable(Table):
    """A CSV or TSV file: memory is eight bytes a row, plus the rows asked for.

    Numeric columns give int, float or None (empty cell); a cell of a numeric column that is no number stays text,
    so that the row can be named when it is used. All other cells are strings as they stand in the file.
    """

    def __init__(self, path: Path) -> None:
        """Read the file once: find the records, check encoding, quoting and the number of fields of every row.

        ``.tsv`` separates by tabs; otherwise commas, or semicolons when the header has these and no comma.

        Raises:
            InputError: No header, no rows, not UTF-8, unbalanced quotes or a row with another number of fields.
        """
        self.path = path
        self.description = path.name
        self.folder = path.parent
        self._delimiter = _delimiter(path)
        self._quoted = True
        try:
            index = _indexed(path, self._delimiter, quoted=True)
        except _QuoteError as error:
            if self._delimiter != "\t":
                raise InputError(str(error)) from error
            # Many TSV files never quote, and a sentence may begin with a quotation mark.
            self._quoted = False
            index = _indexed(path, self._delimiter, quoted=False)
            self.notes = (f"{path.name}: quotation marks are taken as ordinary characters (they are not balanced)",)
        self.columns, self._records, self._numeric = index.columns, index.records, index.numeric

    def __len__(self) -> int:
        """Number of rows, header and blank lines not counted."""
        return len(self._records)

    def take(self, rows: np.ndarray | Sequence[int], columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The values at ``rows``; see the class for their types."""
        index, names = self.checked(rows, columns)
        cells = self._parse(self._records.read(index))
        out: dict[str, Column] = {}
        for name in names:
            place = self.columns.index(name)
            values = [row[place] for row in cells]
            out[name] = [number_or_text(value) for value in values] if name in self._numeric else values
        return out

    def where(self, row: int) -> str:
        """The file and the line on which the row begins."""
        return f"{self.description}, line {self._records.line_of(row)}"

    def _parse(self, texts: list[str]) -> list[list[str]]:
        # The last record of a file may lack its line end; blank lines come as empty records.
        whole = "".join(text if text.endswith("\n") else f"{text}\n" for text in texts)
        lines = io.StringIO(whole, newline="\n")
        return [record for record in _reader(lines, self._delimiter, quoted=self._quoted) if record]


class _QuoteError(Exception):
    """The file does not follow the rules of quoting; without them it may still be readable."""


def number_or_text(value: str) -> int | float | str | None:
    """An int or float where ``value`` is one, None where it is blank, and the text itself otherwise."""
    text = value.strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        return value
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _delimiter(path: Path) -> str:
    if path.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    with open(path, "rb") as handle:
        header = next(DecodedLines(handle, path.name), "")
    return ";" if ";" in header and "," not in header else ","


def _indexed(path: Path, delimiter: str, *, quoted: bool) -> _Index:
    starts = array("q")
    head: list[list[str]] = []
    with open(path, "rb") as handle:
        lines = DecodedLines(handle, path.name)
        reader = _reader(lines, delimiter, quoted=quoted)
        columns: tuple[str, ...] = ()
        try:
            # The reader asks for a line only when it needs one, so the offset before each record is exact.
            offset, line = 0, 1
            for record in reader:
                if not columns:
                    columns = _header(record, path.name)
                elif record:
                    _check_width(record, columns, f"{path.name}, line {line}")
                    starts.append(offset)
                    if len(head) < SNIFFED_ROWS:
                        head.append(record)
                offset, line = lines.offset, lines.line + 1
        except csv.Error as error:
            raise _QuoteError(
                f"{path.name}, record beginning on line {line}: {error}; a field that begins with a quotation mark "
                "must end with one, and marks inside it are doubled"
            ) from error
    if not columns:
        raise InputError(f"{path} is empty: a header line and at least one row are expected")
    if not starts:
        raise InputError(f"{path} has a header but no rows")
    numeric = frozenset(name for place, name in enumerate(columns) if _all_numbers([row[place] for row in head]))
    return _Index(columns, Records(path, starts, lines.offset), numeric)


def _reader(lines: Iterable[str], delimiter: str, *, quoted: bool) -> Iterator[list[str]]:
    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    return csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)


def _header(record: list[str], name: str) -> tuple[str, ...]:
    names = [cell.strip() or f"unnamed_{place + 1}" for place, cell in enumerate(record)]
    # Data frames made from an array are saved with the header 0,1,2,...
    if all(_NUMBER.fullmatch(cell) for cell in names) and names != [str(place) for place in range(len(names))]:
        raise InputError(f"{name}, line 1: a header with column names is expected, found the numbers {names[:5]}")
    twice = [cell for cell in names if names.count(cell) > 1]
    if twice:
        raise InputError(f"{name}, line 1: the column name {twice[0]!r} occurs twice")
    return tuple(names)


def _check_width(record: list[str], columns: tuple[str, ...], where: str) -> None:
    if len(record) != len(columns):
        raise InputError(f"{where}: {len(record)} fields, but the header has {len(columns)}: {record[:3]}")


def _all_numbers(values: list[str]) -> bool:
    filled = [value.strip() for value in values if value.strip()]
    return bool(filled) and all(_NUMBER.fullmatch(value) for value in filled)
