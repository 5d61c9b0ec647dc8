"""Columns of a file as features: fitted on one file, and read alike from every later one."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import name_of
from counterpoint.data.table import Column
from counterpoint.experiments.feature_cells import is_empty, is_number, is_text, is_vector, text_of

WORDS = 2_000
"""Words of a text column, or values of a column of categories, that become features: the most frequent ones."""
_WORD = r"(?u)\b\w+\b"
_SINGLE: Any = np.float32
"""scikit-learn takes any floating type where the checker sees only the default."""


@dataclass(frozen=True, kw_only=True)
class NumberColumn:
    """Numbers, standardised; what is missing is 0, the mean.

    Attributes:
        name: Of the column.
        mean: Of the numbers it was fitted on.
        deviation: Likewise; 1 where all are equal.
    """

    name: str
    mean: float
    deviation: float

    @property
    def width(self) -> int:
        """Features of it."""
        return 1

    @property
    def told(self) -> str:
        """What the column was taken for."""
        return "number"

    def rows(self, column: Column, where: str) -> sparse.csr_array:
        """`[N, 1]`.

        Raises:
            InputError: A cell is no number, or not finite.
        """
        if odd := [value for value in column if not (is_empty(value) or is_number(value))]:
            raise InputError(f"{where}: numbers are expected, found {odd[0]!r}")
        numbers = np.array([np.nan if is_empty(value) else float(value) for value in column], dtype=np.float64)
        _check_finite(where, numbers[~np.isnan(numbers), None])
        scaled = (numbers - self.mean) / self.deviation
        return _sparse(np.where(np.isnan(scaled), 0.0, scaled)[:, None])


@dataclass(frozen=True, kw_only=True)
class VectorColumn:
    """Vectors as they are; one that is missing is zero.

    Attributes:
        name: Of the column.
        width: Numbers in a vector.
    """

    name: str
    width: int

    @property
    def told(self) -> str:
        """What the column was taken for."""
        return f"vectors of {self.width}"

    def rows(self, column: Column, where: str) -> sparse.csr_array:
        """`[N, width]`.

        Raises:
            InputError: Vectors of another length, or numbers that are not finite.
        """
        cells: list[Any] = [[0.0] * self.width if is_empty(value) else value for value in column]
        if odd := [cell for cell in cells if not is_vector(cell)]:
            raise InputError(f"{where}: vectors are expected, found {odd[0]!r}")
        if {len(cell) for cell in cells} - {self.width}:
            lengths = sorted({len(cell) for cell in cells} | {self.width})
            raise InputError(f"{where}: vectors of one length are expected, found {lengths}")
        found = np.array(cells, dtype=np.float64).reshape(len(cells), self.width)
        _check_finite(where, found)
        return _sparse(found)


@dataclass(frozen=True, kw_only=True)
class WordColumn:
    """Texts as TF-IDF of their words, each row of length 1; one without a known word is zero.

    Attributes:
        name: Of the column.
        words: Those that count.
        idf: The inverse document frequency of each.
    """

    name: str
    words: tuple[str, ...]
    idf: tuple[float, ...]

    @property
    def width(self) -> int:
        """Features of it."""
        return len(self.words)

    @property
    def told(self) -> str:
        """What the column was taken for."""
        return f"{len(self.words):,} words"

    def rows(self, column: Column, where: str) -> sparse.csr_array:
        """`[N, len(words)]`; lists of texts count as one text, and other cells by their names."""
        del where
        found = TfidfVectorizer(token_pattern=_WORD, vocabulary=list(self.words), dtype=_SINGLE)
        found.idf_ = np.array(self.idf, dtype=np.float32)
        return sparse.csr_array(found.transform([text_of(value) for value in column]))


@dataclass(frozen=True, kw_only=True)
class CategoryColumn:
    """One of several values, each with a feature of its own that is 1; other values are zero.

    Attributes:
        name: Of the column.
        values: Those that count, as text.
    """

    name: str
    values: tuple[str, ...]

    @property
    def width(self) -> int:
        """Features of it."""
        return len(self.values)

    @property
    def told(self) -> str:
        """What the column was taken for."""
        return f"{len(self.values):,} categories"

    def rows(self, column: Column, where: str) -> sparse.csr_array:
        """`[N, len(values)]`."""
        del where
        place = {value: number for number, value in enumerate(self.values)}
        number = np.array([-1 if is_empty(value) else place.get(name_of(value), -1) for value in column], dtype=int)
        there = np.flatnonzero(number >= 0)
        ones = np.ones(len(there), dtype=np.float32)
        return sparse.csr_array((ones, (there, number[there])), (len(number), len(self.values)))


FeatureColumn = NumberColumn | VectorColumn | WordColumn | CategoryColumn


def fit_column(name: str, column: Column, where: str, *, category: bool = False) -> FeatureColumn:
    """What a column holds, and what reading it needs to know of it.

    Args:
        name: Of the column.
        column: Its N cells.
        where: What messages call it.
        category: Its values are categories, whatever they look like.

    Raises:
        InputError: It is empty, or holds neither numbers, vectors nor texts.
    """
    there = [value for value in column if not is_empty(value)]
    if not there:
        raise InputError(f"{where}: there is nothing in it; leave the column out of the file")
    if category:
        values, counts = np.unique([name_of(value) for value in there], return_counts=True)
        most = values[np.argsort(-counts, kind="stable")[:WORDS]]
        return CategoryColumn(name=name, values=tuple(sorted(most.tolist())))
    if all(is_number(value) for value in there):
        numbers = np.array(there, dtype=np.float64)
        _check_finite(where, numbers[:, None])
        return NumberColumn(name=name, mean=float(numbers.mean()), deviation=float(numbers.std()) or 1.0)
    if all(is_text(value) for value in there):
        return _words(name, column, where)
    if all(is_vector(value) for value in there):
        return VectorColumn(name=name, width=len(there[0]))
    raise InputError(f"{where}: features are numbers, vectors or texts; leave the column out of the file")


def fitted_features(
    where: str, columns: Mapping[str, Column], count: int, *, categories: Container[str] = ()
) -> tuple[list[FeatureColumn], sparse.csr_array]:
    """Every column fitted and read, `[N, F]` side by side; F is 0 without columns.

    Args:
        where: What messages call the file.
        columns: By name.
        count: N.
        categories: Names of columns whose values are categories, whatever they look like.

    Raises:
        InputError: As for :func:`fit_column`, and as for reading one.
    """
    at = {name: f"{where}, column {name!r}" for name in columns}
    fitted = [fit_column(name, column, at[name], category=name in categories) for name, column in columns.items()]
    return fitted, read_features(fitted, columns, where, count)


def read_features(
    fitted: Sequence[FeatureColumn], columns: Mapping[str, Column], where: str, count: int
) -> sparse.csr_array:
    """Columns of a file, perhaps a later one, read as they were fitted, `[N, F]`.

    Args:
        fitted: What to read.
        columns: All of them by name.
        where: What messages call the file.
        count: N.

    Raises:
        InputError: As for reading a column.
    """
    blocks = [one.rows(columns[one.name], f"{where}, column {one.name!r}") for one in fitted]
    return sparse.csr_array(sparse.hstack([sparse.csr_array((count, 0), dtype=np.float32), *blocks]))


def _words(name: str, column: Column, where: str) -> WordColumn:
    vectorizer = TfidfVectorizer(token_pattern=_WORD, max_features=WORDS, dtype=_SINGLE)
    texts = [text_of(value) for value in column]
    if not any(map(vectorizer.build_analyzer(), texts)):
        raise InputError(f"{where}: there is no word in its texts; leave the column out of the file")
    vectorizer.fit(texts)
    words = vectorizer.get_feature_names_out().tolist()
    return WordColumn(name=name, words=tuple(words), idf=tuple(vectorizer.idf_.astype(float).tolist()))


def _sparse(rows: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array(rows.astype(np.float32))


def _check_finite(where: str, rows: np.ndarray) -> None:
    if not np.isfinite(rows).all():
        raise InputError(f"{where}: {int((~np.isfinite(rows)).any(1).sum())} rows have numbers that are not finite")
