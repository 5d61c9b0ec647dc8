"""Easy rows first: the part of the data that batches are drawn from grows."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from counterpoint.base.checks import check_positive_number
from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, check_size, generator
from counterpoint.pairs.batches.shuffled import Shuffled


@dataclass(frozen=True, kw_only=True)
class Curriculum(Batching):
    """Batches of the easiest part `c(t)` of the rows; from epoch ``end`` on, plain shuffled epochs.

    `c(t) = ((1 - c_0^p) * u + c_0^p)^(1/p)` with `u = (t - begin) / (end - begin)` clipped to 0..1, where t is the time
    in epochs, batch by batch, `c_0` is ``start`` and p is ``power``: p = 1 is a straight line, p = 2 the square root
    that the paper prefers, a large p a quick rise. While c < 1, every batch is drawn from the easiest rows without
    repeats in it, independently of the other batches.

    Attributes:
        column: The difficulty of a row, any scale: only the order counts.
        start: The part of the rows to begin with, c_0.
        power: p.
        begin: Epochs until the part begins to grow.
        end: Epochs until it is the whole.
        hardest_first: The other way round.

    Example:
        >>> rows = KnownRows(n=8, columns={"difficulty": np.arange(8)})
        >>> Curriculum(start=0.25).plan(rows, batch_size=2, seed=0).epoch(0)[0].max() < 2
        np.True_
    """

    cites: ClassVar[Citation] = Citation(
        "Platanios, Stretcu, Neubig, and others",
        "Competence-based Curriculum Learning for Neural Machine Translation",
        2019,
        "arXiv:1903.09848",
        "Eq. 7 and 8",
    )
    column: str = "difficulty"
    start: float = 0.1
    power: float = 2.0
    begin: float = 0.0
    end: float = 1.0
    hardest_first: bool = False

    def __post_init__(self) -> None:
        """Refuse a part that is none, and a schedule that ends before it begins."""
        check_positive_number("power", self.power)
        if not 0 < self.start <= 1:
            raise InputError(f"start must be above 0 and at most 1, got {self.start}")
        if not 0 <= self.begin < self.end < float("inf"):
            raise InputError(
                f"a curriculum must end after it begins, at 0 or later; got begin={self.begin} and end={self.end}"
            )

    def part(self, time: float) -> float:
        """c(t), the part of the rows in use at ``time``, in epochs."""
        u = min(1.0, max(0.0, (time - self.begin) / (self.end - self.begin)))
        least = self.start**self.power
        return min(1.0, ((1 - least) * u + least) ** (1 / self.power))

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """Rows sorted once; then each batch from its part."""
        check_size(rows, batch_size)
        difficulty = rows.numbers(self.column)
        if difficulty.min() == difficulty.max():
            raise InputError(f"every row has difficulty {difficulty[0]} in column {self.column!r}: nothing is easier")
        order = np.argsort(-difficulty if self.hardest_first else difficulty, kind="stable")
        usual = Shuffled().plan(rows, batch_size=batch_size, seed=seed)

        def draw(epoch: int) -> np.ndarray:
            if epoch >= self.end:
                return usual.epoch(epoch)
            random = generator(seed, epoch)
            times = epoch + np.arange(usual.batches) / usual.batches
            counts = [max(batch_size, int(np.ceil(self.part(time) * len(order)))) for time in times.tolist()]
            return np.stack([order[random.choice(count, batch_size, replace=False)] for count in counts])

        return BatchPlan(batches=usual.batches, batch_size=batch_size, draw=draw)
