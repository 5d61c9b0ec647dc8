"""Rows of a corpus by id or by what they hold, in one pass that keeps nothing but what was asked for."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.experiments.corpus import TableCorpus
from counterpoint.experiments.mining.column import Column

_BLOCK = 4096


def rows_of_ids(corpus: TableCorpus, wanted: Collection[str], *, argument: str) -> dict[str, int]:
    """The row of every id.

    Raises:
        InputError: The corpus has no ids, or lacks one that is wanted.
    """
    found: dict[str, int] = {}
    for rows in _blocks(len(corpus)):
        names = corpus.ids(rows)
        if names is None:
            raise InputError(f"{argument} names rows of the corpus by id: say which column has them with --id-column")
        found |= {name: int(row) for row, name in zip(rows, names, strict=True) if name in wanted}
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise InputError(f"{argument}: {len(missing)} ids are not in the corpus, such as {missing[0]!r}")
    return found


def rows_of_keys(corpus: Column, wanted: Mapping[str, object]) -> Iterator[tuple[int, str]]:
    """Every row whose key is among ``wanted``, with that key."""
    for rows in _blocks(len(corpus.table)):
        for row, key in zip(rows, corpus.keys(rows), strict=True):
            if key in wanted:
                yield int(row), key


def _blocks(n: int) -> Iterator[np.ndarray]:
    for start in range(0, n, _BLOCK):
        yield np.arange(start, min(start + _BLOCK, n))
