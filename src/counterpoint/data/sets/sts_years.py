"""Sentence similarity of SemEval 2012 to 2016."""

import numpy as np
import pyarrow.parquet as pq

from counterpoint.data.sets.place import Access, must_be_placed
from counterpoint.data.sets.types import NamedSet
from counterpoint.data.table import MemoryTable, Table

YEARS = (2012, 2013, 2014, 2015, 2016)


def sts12_16(*, years: tuple[int, ...] = YEARS, access: Access | None = None) -> NamedSet:
    """Sentence pairs with a score from 0 to 5: 1,484 of 2012 to train on, 11,794 of all years to test.

    It has no download: it must be placed in ``COUNTERPOINT_DATA/sts12_16``.

    Args:
        years: Of the test part.
        access: Not used.

    Raises:
        InputError: It is not there.
    """
    del access  # no download
    folder = must_be_placed("sts12_16", ["sts12_16.parquet"])
    rows = pq.read_table(folder / "sts12_16.parquet")
    year, split = (np.asarray(rows[name].to_pylist()) for name in ("year", "split"))

    def part(chosen: np.ndarray, name: str) -> Table:
        taken = rows.take(np.flatnonzero(chosen)).select(["sentence1", "sentence2", "score"])
        return MemoryTable(taken.to_pydict(), description=f"sts12_16 ({name})")

    return NamedSet(
        name="sts12_16",
        train=part((year == 2012) & (split == "train"), "train"),
        test=part(np.isin(year, years) & (split == "test"), "test"),
        citation="Agirre and others (2012 to 2016). SemEval tasks on semantic textual similarity",
        licence="none stated as a whole; every text source keeps its own licence",
        notes=("MSRvid of 2012 is missing",),
    )
