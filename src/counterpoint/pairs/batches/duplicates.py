"""Batches in which nothing is twice: neither an anchor, nor a positive, nor one as the other."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, check_size, generator
from counterpoint.pairs.batches.filling import Filling
from counterpoint.pairs.batches.identity import numbered
from counterpoint.pairs.batches.spread import most_batches, spread


@dataclass(frozen=True, kw_only=True)
class NoDuplicates(Batching):
    """No two rows of a batch have equal content, in whatever column it stands.

    Two rows with the same answer would be false negatives of each other. Every row is used at most once in an epoch.
    No more than M batches can be filled with ``sum_v min(n_v, M) >= M * B`` in every column; as many of them as a
    greedy deal with exchanges fills are the batches of an epoch, and what that leaves out is told. An epoch for which
    the deal fails at that number has the batches of the first one in another order.

    Attributes:
        columns: What is compared; none for anchors and positives.

    Example:
        >>> rows = KnownRows(n=4, columns={"text": np.array([5, 5, 6, 6])}, compared=("text",))
        >>> NoDuplicates().plan(rows, batch_size=2, seed=0).epoch(0).shape
        (2, 2)
    """

    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a bare name, which is a sequence of letters."""
        if isinstance(self.columns, str):
            raise InputError(f"columns must be names, such as ({self.columns!r},), got {self.columns!r}")

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """As many batches as can be filled in the first epoch; all have that many."""
        check_size(rows, batch_size)
        keys = numbered(rows.identities(self.columns))
        bounds = [most_batches(np.bincount(column), batch_size) for column in keys.T]
        scarce = keys[:, int(np.argmin(bounds))] if bounds else np.arange(len(rows))
        if bounds and not min(bounds):
            raise InputError(
                f"a batch of {batch_size} rows without duplicates needs {batch_size} different values in every "
                f"column, and one has {len(np.unique(scarce))} in its {len(rows)} rows"
            )

        def deal(epoch: int, batches: int) -> np.ndarray:
            random = generator(seed, epoch)
            return Filling(keys, spread(scarce, batches, batch_size, random), random).filled()

        first = _first(deal, min(bounds, default=len(rows) // batch_size), batch_size)

        def draw(epoch: int) -> np.ndarray:
            found = deal(epoch, len(first))
            return found if found.min() >= 0 else generator(seed, epoch).permutation(first)

        notices = _notices(keys, len(first), batch_size)
        return BatchPlan(batches=len(first), batch_size=batch_size, draw=draw, notices=notices)


def _first(deal: Callable[[int, int], np.ndarray], most: int, batch_size: int) -> np.ndarray:
    """The first epoch, of the largest number of batches that is found to be filled."""
    batches = most
    while batches > 0:
        found = deal(0, batches)
        empty = int((found < 0).sum())
        if not empty:
            return found
        batches -= max(1, empty // batch_size)
    raise InputError(f"no {batch_size} rows without duplicates were found to fill a batch; choose a smaller batch_size")


def _notices(keys: np.ndarray, batches: int, batch_size: int) -> tuple[str, ...]:
    usual = len(keys) // batch_size
    if batches == usual:
        return ()
    most = int(np.bincount(np.concatenate([np.unique(row) for row in keys])).max())
    return (
        f"an epoch has {batches} batches instead of {usual} and leaves out {len(keys) - batches * batch_size} of the "
        f"{len(keys)} rows: no value may be twice in a batch, and the commonest stands in {most} rows",
    )
