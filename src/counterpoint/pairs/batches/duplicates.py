"""Batches in which nothing is twice: neither an anchor, nor a positive, nor one as the other."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, check_size, generator
from counterpoint.pairs.batches.filling import Filling
from counterpoint.pairs.batches.spread import most_batches, spread


@dataclass(frozen=True, kw_only=True)
class NoDuplicates(Batching):
    """No two rows of a batch have equal content, in whatever column it stands.

    Two rows with the same answer would be false negatives of each other. An epoch has the number M of batches at
    which no single column stands in the way, ``sum_v min(n_v, M) >= M * B``; every row is used at most once, but for
    places that no row left over fits into: they get a row that another batch has too, which is rare.

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
        """A first deal that is right for the column with most repeats, then repairs."""
        check_size(rows, batch_size)
        keys = numbered(rows.identities(self.columns))
        bounds = [most_batches(np.bincount(column), batch_size) for column in keys.T]
        batches = min(bounds, default=len(rows) // batch_size)
        if not batches:
            scarce = keys[:, int(np.argmin(bounds))]
            raise InputError(
                f"a batch of {batch_size} rows without duplicates needs {batch_size} different values in every "
                f"column, and one has {len(np.unique(scarce))} in its {len(rows)} rows"
            )
        first = keys[:, int(np.argmin(bounds))] if bounds else np.arange(len(rows))

        def draw(epoch: int) -> np.ndarray:
            random = generator(seed, epoch)
            return Filling(keys, spread(first, batches, batch_size, random), random).filled()

        return BatchPlan(batches=batches, batch_size=batch_size, draw=draw, notices=_notices(keys, batches, batch_size))


def numbered(identities: np.ndarray) -> np.ndarray:
    """Identities `[N, C]` as numbers 0..V-1, equal for equal ones; every place without one gets its own number."""
    flat = identities.reshape(-1)
    nothing = flat < 0
    _, numbers = np.unique(flat, return_inverse=True)
    numbers = numbers.reshape(-1)
    numbers[nothing] = len(flat) + np.arange(nothing.sum())
    _, dense = np.unique(numbers, return_inverse=True)
    return dense.reshape(identities.shape)


def _notices(keys: np.ndarray, batches: int, batch_size: int) -> tuple[str, ...]:
    usual = len(keys) // batch_size
    if batches == usual:
        return ()
    most = max(int(np.bincount(column).max()) for column in keys.T)
    return (
        f"an epoch has {batches} batches instead of {usual}: one value stands in {most} of the {len(keys)} rows, and "
        "each batch holds it once at most",
    )
