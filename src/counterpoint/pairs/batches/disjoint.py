"""Batches in which no class is twice."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, check_size, generator
from counterpoint.pairs.batches.spread import most_batches, spread


@dataclass(frozen=True, kw_only=True)
class ClassDisjoint(Batching):
    """No two rows of one (pseudo-)class in a batch, so that no negative is of the anchor's class.

    An epoch has the largest number M of batches for which that is possible, ``sum_c min(n_c, M) >= M * B``; every row
    is used at most once. Rows without a class, and those of a class with more than M rows, are left out, others in
    every epoch.

    Example:
        >>> rows = KnownRows(n=6, classes=np.array([0, 0, 1, 1, 2, 2]))
        >>> (np.sort(rows.labels()[ClassDisjoint().plan(rows, batch_size=3, seed=0).epoch(0)]) == [0, 1, 2]).all()
        np.True_
    """

    cites: ClassVar[Citation] = Citation(
        "Chakraborty, Gosthipaty, Paul",
        "G-SimCLR: Self-Supervised Contrastive Learning with Guided Projection via Pseudo Labelling",
        2020,
        "arXiv:2009.12007",
        "Sec. 3, batches without two images of one pseudo-class",
    )

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """Rows spread over batches by their class."""
        check_size(rows, batch_size)
        labels = rows.labels()
        known = np.flatnonzero(labels >= 0)
        classes, members, counts = np.unique(labels[known], return_inverse=True, return_counts=True)
        batches = most_batches(counts, batch_size)
        if not batches:
            raise InputError(
                f"a batch of {batch_size} rows without two of one class needs at least {batch_size} classes, and there "
                f"are {len(classes)}"
            )

        def draw(epoch: int) -> np.ndarray:
            return known[spread(members, batches, batch_size, generator(seed, epoch))]

        return BatchPlan(
            batches=batches,
            batch_size=batch_size,
            draw=draw,
            notices=_notices(len(rows) - len(known), counts, batches, len(rows) // batch_size),
        )


def _notices(unknown: int, counts: np.ndarray, batches: int, possible: int) -> tuple[str, ...]:
    notices: list[str] = []
    if unknown:
        notices.append(f"{unknown} rows have no class and are left out")
    if batches < possible:
        notices.append(
            f"an epoch has {batches} batches instead of {possible}: at most {batches} rows of a class are used in it, "
            f"and the largest class has {counts.max()}"
        )
    return tuple(notices)
