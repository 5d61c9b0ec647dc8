"""The same examples of every class bound into all batches."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairs.batches._settings import check_whole
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, check_size, generator
from counterpoint.pairs.batches.part import Part
from counterpoint.pairs.batches.shuffled import Shuffled


@dataclass(frozen=True, kw_only=True)
class BatchBinding(Batching):
    """A few fixed rows of every class stand in all batches, and tie the batches of an epoch to each other.

    Every batch begins with the ``per_class`` bound rows of each of the K classes; the other ``B - K * per_class`` rows
    are those of ``others``, planned on all rows that are not bound. The bound rows are drawn once, by the seed.

    Attributes:
        per_class: Bound rows of a class.
        others: How the rest of a batch is made.

    Example:
        >>> rows = KnownRows(n=6, classes=np.array([0, 0, 0, 1, 1, 1]))
        >>> plan = BatchBinding().plan(rows, batch_size=4, seed=0)
        >>> (plan.epoch(0)[0, :2] == plan.epoch(1)[-1, :2]).all()
        np.True_
    """

    cites: ClassVar[Citation] = Citation(
        "Kini, Vakilian, Behnia, and others",
        "Symmetric Neural-Collapse Representations with Supervised Contrastive Loss: The Impact of ReLU and Batching",
        2024,
        "arXiv:2306.07960",
        "Sec. 4, batch-binding",
    )
    per_class: int = 1
    others: Batching = field(default_factory=Shuffled)

    def __post_init__(self) -> None:
        """Refuse fewer than one row of a class."""
        check_whole("per_class", self.per_class, 1)

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """The bound rows, then the plan of the others."""
        check_size(rows, batch_size)
        bound = self._bound(rows.labels(), batch_size, seed)
        rest = np.setdiff1d(np.arange(len(rows)), bound)
        inner = self.others.plan(Part(rows, rest), batch_size=batch_size - len(bound), seed=seed)

        def draw(epoch: int) -> np.ndarray:
            return np.concatenate([np.tile(bound, (inner.batches, 1)), rest[inner.epoch(epoch)]], axis=1)

        return BatchPlan(batches=inner.batches, batch_size=batch_size, draw=draw, notices=inner.notices)

    def _bound(self, labels: np.ndarray, batch_size: int, seed: int) -> np.ndarray:
        classes, counts = np.unique(labels[labels >= 0], return_counts=True)
        if len(classes) < 2:
            raise InputError(
                f"batches are bound by rows of every class, which needs 2 classes; there are {len(classes)}"
            )
        if counts.min() <= self.per_class:
            raise InputError(
                f"{self.per_class} rows of every class are bound into all batches, and the smallest class has only "
                f"{counts.min()}: it needs one more to be compared with"
            )
        if len(classes) * self.per_class >= batch_size:
            raise InputError(
                f"batch_size must be above {len(classes) * self.per_class}, the bound rows of {len(classes)} classes, "
                f"got {batch_size}"
            )
        order = generator(seed, 0).permutation(len(labels))
        return np.concatenate([order[labels[order] == one][: self.per_class] for one in classes])
