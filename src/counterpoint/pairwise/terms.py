"""Terms: what an objective asks of each row or column of the similarity matrix.

Axis letters: N anchors (rows), M candidates (columns); a tile is `[n, m]`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import cast

import torch
from torch import Tensor


class Axis(Enum):
    """Which statistic vector a term fills."""

    ROWS = "rows"
    COLS = "cols"

    @property
    def summed(self) -> int:
        """The tile dimension that is reduced away."""
        return 1 if self is Axis.ROWS else 0


class Reduction(Enum):
    """How the entries of a row (or column) become one number, or a few."""

    SUM = "sum"
    LSE = "logsumexp"
    COUNT = "count"
    TOP = "top"
    ROW = "row"
    PARTS = "parts"

    @property
    def identity(self) -> float:
        """The value of a reduction over nothing."""
        return -torch.inf if self in (Reduction.LSE, Reduction.TOP) else 0.0


@dataclass(frozen=True)
class Term:
    """One requested statistic, on one tile.

    Attributes:
        axis: Rows or columns.
        reduction: What is done with the entries.
        values: `[n, m]` function of the tile's similarities; a count takes its dtype alone, a row term is the
            statistic itself, `[n, ...]`, of a tile that holds whole rows, and parts are the tile's share of it.
        where: `[n, m]` bool, the entries that take part; None means all.
        k: Of a top term: how many; None for the one largest as a plain number.
    """

    axis: Axis
    reduction: Reduction
    values: Tensor
    where: Tensor | None
    k: int | None = None

    def reduce(self) -> Tensor:
        """The tile's contribution: `[n]` for rows, `[m]` for columns, with a last dimension for the top k."""
        if self.reduction in (Reduction.ROW, Reduction.PARTS):
            return self.values
        if self.reduction is Reduction.COUNT:
            # Booleans are turned into the dtype of their sum before they are added up: int64 would be twice the memory.
            return cast(Tensor, self.where).sum(self.axis.summed, dtype=torch.int32).to(self.values.dtype)
        values = self.masked()
        if self.reduction is Reduction.SUM:
            return values.sum(self.axis.summed)
        if self.reduction is Reduction.LSE:
            return torch.logsumexp(values, self.axis.summed)
        return self.top(values)[0]

    def part(self) -> Tensor:
        """What a tile hands on: its contribution, or of a top term the masked values, to find the best in."""
        return self.masked() if self.reduction is Reduction.TOP else self.reduce()

    def masked(self) -> Tensor:
        """Values with those that do not take part at the identity of the reduction."""
        if self.where is None or is_everything(self.where):
            return self.values
        return torch.where(self.where, self.values, self.reduction.identity)

    def top(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """The largest of ``values``, in falling order, and their places along the reduced dimension.

        Of equal values the first counts as the largest; `[n]`, or `[n, k]` padded with -inf at place 0 when there are
        fewer entries than k.
        """
        if self.k is None:
            found = values.max(self.axis.summed)
            return found.values, found.indices
        lines = values if self.axis is Axis.ROWS else values.T
        places = _places_of_the_largest(lines.detach(), min(self.k, lines.shape[1]))
        lacking = (0, self.k - places.shape[1])
        pad = torch.nn.functional.pad
        return pad(lines.gather(1, places), lacking, value=-torch.inf), pad(places, lacking)


def _places_of_the_largest(lines: Tensor, k: int) -> Tensor:
    """Where the k largest are, in falling order and of equals the first; ``topk`` takes any of equals."""
    values, places = torch.topk(lines, min(k + 1, lines.shape[1]))
    if bool((values[:, k:] == values[:, k - 1 : k]).logical_and_(values[:, k:] > -torch.inf).any()):
        # One that is left out is as large as one that is taken: rare, and worth a whole sort.
        return torch.argsort(lines, dim=1, descending=True, stable=True)[:, :k]
    places = places[:, :k].sort(1).values
    return places.gather(1, torch.argsort(lines.gather(1, places), dim=1, descending=True, stable=True))


@dataclass(frozen=True)
class Stage:
    """Yielded between terms: what follows may read the statistics of the terms before."""


STAGE = Stage()
"""``(hardest,) = yield STAGE`` gives the statistics of the terms since the last stage (or the beginning), over whole
rows and columns, as `[n, 1]` for rows and `[1, m]` for columns (the top k as `[n, 1, k]` and `[1, m, k]`)."""

Terms = Iterator[Term | Stage]
"""What ``Objective.terms`` returns."""
Staged = Generator[Term | Stage, tuple[Tensor, ...], None]
"""The same where there is a stage; a generator of terms alone is good for ``Terms``."""


def terms_after(asked: Terms, known: Sequence[tuple[Tensor, ...]]) -> tuple[list[Term], bool]:
    """The terms that follow the stages already known, and whether another stage follows them.

    Args:
        asked: What ``Objective.terms`` returned.
        known: The statistics of every earlier stage, shaped as :data:`STAGE` says.
    """
    terms: list[Term] = []
    answers = iter(known)
    item = next(asked, None)
    while item is not None:
        if isinstance(item, Term):
            terms.append(item)
            item = next(asked, None)
            continue
        answer = next(answers, None)
        if answer is None:
            return terms, True
        terms = []
        try:
            item = cast(Staged, asked).send(answer)
        except StopIteration:
            break
    return terms, False


def beside_tile(axis: Axis, statistic: Tensor) -> Tensor:
    """A statistic shaped so that it meets the tile's rows or columns."""
    return statistic.unsqueeze(1) if axis is Axis.ROWS else statistic.unsqueeze(0)


def everything(n: int, m: int, device: torch.device) -> Tensor:
    """A mask that leaves nothing out, in one byte."""
    return torch.ones((), dtype=torch.bool, device=device).expand(n, m)


def is_everything(mask: Tensor) -> bool:
    """Whether it is :func:`everything`, seen without looking at more than one entry.

    While torch compiles a tile no entry can be looked at; there a mask that leaves nothing out costs nothing.
    """
    if torch.compiler.is_compiling():
        return False
    return mask.stride() == (0, 0) and bool(mask[0, 0])


@dataclass(frozen=True)
class Requests:
    """The vocabulary of objectives, as ``rows.sum(...)`` or ``cols.lse(...)``."""

    axis: Axis

    def sum(self, values: Tensor, where: Tensor | None = None) -> Term:
        """Sum of ``values`` over the axis."""
        return Term(self.axis, Reduction.SUM, values, where)

    def lse(self, values: Tensor, where: Tensor | None = None) -> Term:
        """log(sum(exp(values))) over the axis; -inf where nothing takes part."""
        return Term(self.axis, Reduction.LSE, values, where)

    def count(self, where: Tensor, like: Tensor) -> Term:
        """How many entries take part, in the dtype of ``like``."""
        return Term(self.axis, Reduction.COUNT, like, where)

    def max(self, values: Tensor, where: Tensor | None = None) -> Term:
        """Largest value over the axis; -inf where nothing takes part. The gradient goes to the first of equals."""
        return Term(self.axis, Reduction.TOP, values, where)

    def top(self, values: Tensor, k: int, where: Tensor | None = None) -> Term:
        """The k largest in falling order, `[N, k]`; -inf where fewer take part."""
        return Term(self.axis, Reduction.TOP, values, where, k)

    def whole(self, statistic: Tensor) -> Term:
        """A statistic `[n, ...]` that was made from whole rows; for objectives that stream by rows or not at all."""
        return Term(self.axis, Reduction.ROW, statistic, None)

    def parts(self, statistic: Tensor) -> Term:
        """A tile's share of a statistic `[n, ...]` that is summed over tiles, such as a histogram of its entries."""
        return Term(self.axis, Reduction.PARTS, statistic, None)


rows = Requests(Axis.ROWS)
cols = Requests(Axis.COLS)
