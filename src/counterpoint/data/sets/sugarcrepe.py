"""Captions beside captions that differ by little and say something else."""

from counterpoint.data.opening import open_table
from counterpoint.data.sets.place import must_be_placed
from counterpoint.data.table import Table


def sugarcrepe() -> Table:
    """7,511 captions (``caption``), each with one that is wrong of its picture (``negative_caption``), of 7 kinds.

    Kinds (``type``) are what was added, replaced or swapped: objects, attributes, relations. Hsieh, Zhang, Ma, Kembhavi
    and Krishna (2023), arXiv:2306.14610; MIT licence. The pictures are not included. It has no download: it must be
    placed in ``COUNTERPOINT_DATA/sugarcrepe``.

    Raises:
        InputError: It is not there.
    """
    return open_table(must_be_placed("sugarcrepe", ["sugarcrepe.parquet"]) / "sugarcrepe.parquet")
