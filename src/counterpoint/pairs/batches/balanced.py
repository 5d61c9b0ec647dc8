"""Batches of P classes with K examples each."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairs.batches._settings import check_whole
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, check_size, generator
from counterpoint.pairs.batches.spread import most_batches, place_in_group, spread


@dataclass(frozen=True, kw_only=True)
class ClassBalanced(Batching):
    """P classes a batch with K rows each, `B = P * K`; the rows of a class stand next to each other.

    In an epoch every row is used at most once: the rows of a class are cut into groups of K, and there are as many
    batches M as can be filled with P groups of different classes, ``sum_c min(n_c // K, M) >= M * P``. A class much
    larger than the others is then used in part, another part in every epoch. With ``oversample`` an epoch has the
    usual number of batches and all classes are used equally often, rows of small ones repeatedly (the numbers of uses
    within a class differ by one at most); a row is never twice in a group.

    Classes of fewer than K rows are left out, and told.

    Attributes:
        per_class: Rows K of a class in a batch.
        oversample: Use all classes equally often.

    Example:
        >>> rows = KnownRows(n=6, classes=np.array([0, 0, 1, 1, 2, 2]))
        >>> rows.labels()[ClassBalanced(per_class=2).plan(rows, batch_size=4, seed=0).epoch(0)].shape
        (1, 4)
    """

    cites: ClassVar[Citation] = Citation(
        "Hermans, Beyer, Leibe",
        "In Defense of the Triplet Loss for Person Re-Identification",
        2017,
        "arXiv:1703.07737",
        "Sec. 2, P classes and K images of each",
    )
    per_class: int = 4
    oversample: bool = False

    def __post_init__(self) -> None:
        """Refuse groups in which nothing is a positive of another."""
        check_whole("per_class", self.per_class, 2)

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """Groups of K rows spread over batches by their class."""
        check_size(rows, batch_size)
        size, per_batch = self.per_class, batch_size // self.per_class
        if batch_size % size or per_batch < 2:
            raise InputError(f"batch_size must be 2 classes or more of per_class={size} rows, got {batch_size}")
        labels = rows.labels()
        classes, counts = np.unique(labels[labels >= 0], return_counts=True)
        groups = counts // size
        _check_classes(groups, per_batch, size)
        used = classes[groups > 0]
        chosen = np.flatnonzero(np.isin(labels, used))
        members = np.searchsorted(used, labels[chosen])
        total = len(chosen) // batch_size if self.oversample else most_batches(groups, per_batch)

        def draw(epoch: int) -> np.ndarray:
            random = generator(seed, epoch)
            owners, grouped = self._groups(members, -(-total * per_batch // len(used)), random)
            return chosen[grouped[spread(owners, total, per_batch, random)]].reshape(total, batch_size)

        notices = _notices(labels, counts, size, usual=None if self.oversample else len(rows) // batch_size, real=total)
        return BatchPlan(batches=total, batch_size=batch_size, draw=draw, notices=notices)

    def _groups(self, members: np.ndarray, each: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The class of every group, `[G]`, and its rows, `[G, K]`; ``each`` groups a class when oversampling."""
        order = random.permutation(len(members))
        order = order[np.argsort(members[order], kind="stable")]
        sorted_members = members[order]
        counts = np.bincount(members)
        if self.oversample:
            # K rows in a row of an endless round of n >= K different ones are different.
            rounds = np.arange(each * self.per_class) % counts[:, None]
            starts = np.cumsum(counts) - counts
            picked = (starts[:, None] + rounds).reshape(-1, self.per_class)
            return sorted_members[picked[:, 0]], order[picked]
        whole = place_in_group(sorted_members) < (counts - counts % self.per_class)[sorted_members]
        grouped = order[whole].reshape(-1, self.per_class)
        return members[grouped[:, 0]], grouped


def _check_classes(groups: np.ndarray, per_batch: int, size: int) -> None:
    if len(groups) < 2:
        raise InputError(
            f"batches balanced over classes need at least 2 classes, and there are {len(groups)}: nothing would be a "
            "negative"
        )
    if (groups > 0).sum() < per_batch:
        raise InputError(
            f"a batch of {per_batch} classes with {size} rows each needs {per_batch} classes of at least {size} rows; "
            f"{(groups > 0).sum()} of the {len(groups)} classes have so many"
        )


def _notices(labels: np.ndarray, counts: np.ndarray, size: int, *, usual: int | None, real: int) -> tuple[str, ...]:
    notices: list[str] = []
    if (unknown := int((labels < 0).sum())) > 0:
        notices.append(f"{unknown} rows have no class and are left out")
    small = counts < size
    if small.any():
        notices.append(
            f"{small.sum()} of the {len(counts)} classes have fewer than {size} rows and are left out, with their "
            f"{counts[small].sum()} rows"
        )
    if usual is not None and 2 * real < usual:
        notices.append(
            f"an epoch has {real} batches instead of {usual}, for classes differ in size ({counts.min()} to "
            f"{counts.max()} rows) and every row is used once at most; oversample=True repeats rows instead"
        )
    return tuple(notices)
