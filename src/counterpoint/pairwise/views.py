"""Several views of every example: each against each, or each against itself, and heads that see all of it."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise.arrange import Given, Problem, checked_embeddings, row_keys
from counterpoint.pairwise.contract import Objective
from counterpoint.pairwise.relation import Others, SameKey
from counterpoint.pairwise.tile import Tile


def stacked_views(anchors: Tensor, candidates: Tensor | None, *, name: str = "anchors") -> Tensor:
    """`[N, V, D]` from that, or from two views `[N, D]`; one view `[N, D]` is `[N, 1, D]`.

    Args:
        anchors: Views, or the first of two.
        candidates: The second.
        name: What the caller calls the first argument.

    Raises:
        InputError: Shapes do not fit.
    """
    if candidates is None:
        several = getattr(anchors, "ndim", 0) == 3
        views = checked_embeddings(name, anchors, axes="N, V, D" if several else "N, D")
        return views if several else views[:, None]
    first = checked_embeddings("anchors", anchors)
    second = checked_embeddings("candidates", candidates, like=first)
    if len(second) != len(first):
        raise InputError(f"candidates must be a second view of the {len(first)} anchors, got {len(second)} rows")
    return torch.stack([first, second], dim=1)


@dataclass(frozen=True, kw_only=True)
class ManyViews(Objective):
    """An objective over V views (or modalities) of N examples, ``objective(views)`` with `[N, V, D]`, or two views.

    ``terms`` is asked for every view i as anchors against every view j as candidates. Row n of both is the same
    example, which is the one positive where i and j differ, and ignored where they are one view. The statistics that
    ``head`` gets are `[N, V, V]`: of example n, view i as the anchor, view j as candidates, over all ranks' examples.
    A loss that compares other matrices says which (``parts``) and how their statistics go together (``joined``).

    Attributes:
        sides: Class-level: anchors and candidates are two sides `[N, V, D]` each, not views of one.
        square: Class-level: parts are every view with every view.
    """

    sides: ClassVar[bool] = False
    square: ClassVar[bool] = True

    @abstractmethod
    def reference(self, s_VVNN: Tensor, rel: Tile, /) -> Tensor:
        """The paper's equation on the similarities of every part: `[V, V, N, N]`, view with view, unless said."""

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """All views, and row i with row i."""
        given.only(why="views of the same examples are compared")
        views = stacked_views(anchors, candidates)
        if views.shape[1] < 2:
            raise InputError(f"{type(self).__name__} compares views: give two or more, [N, V, D], or candidates")
        return Problem(views, views, same_rows(views))

    def parts(self, problem: Problem) -> list[Problem]:
        """View i against view j, for all i and j, row by row."""
        views = problem.anchors.unbind(1)
        alone = Others(replace(same_rows(problem.anchors), partner=None))
        return [Problem(one, other, alone if one is other else problem.relation) for one in views for other in views]

    def joined(self, found: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """`[N, V, V]` each."""
        views = math.isqrt(len(found))
        return tuple(one.unflatten(1, (views, views)) for one in side_by_side(found))


@dataclass(frozen=True, kw_only=True)
class EachView(Objective):
    """An objective over the rows of one view at a time, such as how far they are spread; one view will do.

    ``terms`` is asked for every view against itself, without a row's comparison with itself. The statistics that
    ``head`` gets are `[N, V, ...]`: of example n in view v, over all ranks' examples. Labels may be given, and change
    nothing.
    """

    @abstractmethod
    def reference(self, s_VNN: Tensor, rel: Tile, /) -> Tensor:
        """The paper's equation on the similarities of every view with itself, `[V, N, N]`; others are negatives."""

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """All views, every row against the others of its view."""
        given.only("labels", why=f"{type(self).__name__} compares all rows of a view")
        views = stacked_views(anchors, candidates)
        row_keys(given.labels, views)
        return Problem(views, views, Others(replace(same_rows(views), partner=None)))

    def parts(self, problem: Problem) -> list[Problem]:
        """One view after the other."""
        return [Problem(view, view, problem.relation) for view in problem.anchors.unbind(1)]

    def joined(self, found: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """`[N, V, ...]` each."""
        return side_by_side(found)


def same_rows(views: Tensor) -> SameKey:
    """Row n of one part is the positive of row n of another."""
    numbers = torch.arange(len(views), device=views.device)
    return SameKey(numbers, numbers, local=True, numbered=len(numbers), partner=0)


def side_by_side(found: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Every statistic with the parts as its second axis."""
    return tuple(torch.stack([part[k] for part in found], dim=1) for k in range(len(found[0])))
