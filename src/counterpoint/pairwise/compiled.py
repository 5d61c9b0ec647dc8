"""Tiles compiled by torch: what a term does to a tile, and its local derivative, each fused into a few kernels.

Only sums of a tile leave it, so no temporary of its size is written to memory but what a product needs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.tile import Tile
from counterpoint.pairwise.tile_terms import Found, TileTerms, pulled
from counterpoint.pairwise.trace import as_tensor

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

BACKEND = "inductor"

SHAPES = 64
"""Most versions of one function: sides of one row, equal sides and dtypes have their own, other sizes share one."""

_compile = cast(Callable[..., Any], torch.compile)  # pyright: ignore[reportUnknownMemberType]

Masks = tuple[Tensor, Tensor | None, Tensor | None, Tensor | None]
"""See :attr:`Tile.tensors`."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A stage's functions of a tile. The objective's numbers are arguments: another value compiles nothing anew.

    Attributes:
        learnt: How many numbers the caller passes.
        fixed: The objective's other numbers.
        of_terms: Compiled :func:`_parts`.
        of_gradients: Compiled :func:`_gradients`.
    """

    learnt: int
    fixed: tuple[Tensor, ...]
    of_terms: Callable[..., list[Tensor]]
    of_gradients: Callable[..., tuple[Tensor, ...]]

    @staticmethod
    def of(on_tile: TileTerms, like: Tensor, backend: str | None = None) -> Compiled:
        """For one stage.

        Args:
            on_tile: What is asked.
            like: Dtype and device of the rows.
            backend: Of ``torch.compile``.
        """
        objective, names = on_tile.objective, on_tile.names
        rest = tuple(name for name in objective.numbers() if name not in names)
        fixed = tuple(as_tensor(getattr(objective, name), like) for name in rest)
        functions = _functions(Kind.of(objective, (*names, *rest), on_tile.stages), backend or BACKEND)
        return Compiled(len(names), fixed, *functions)

    def parts(self, scored: Sequence[Tensor], masks: Masks, others: list[Tensor]) -> list[Tensor]:
        """Of every term what the tile hands on; see :meth:`Term.part`."""
        return self.of_terms(_detached(scored), masks, self._all(others))

    def gradients(
        self, scored: Sequence[Tensor], masks: Masks, others: list[Tensor], found: list[Found], wants: list[bool]
    ) -> list[Tensor | None]:
        """By everything that the tile is a function of, as far as it is wanted: scored, numbers, statistics."""
        before, given = len(scored) + self.learnt, len(scored) + len(others)
        # The places of what is wanted, once the fixed numbers are between the others.
        wanted = [k for k in range(given) if wants[k]]
        places = tuple(k if k < before else k + len(self.fixed) for k in wanted)
        if not places:
            return [None] * given
        known = tuple((total.detach(), where, g) for total, where, g in found)
        gradients = self.of_gradients(_detached(scored), masks, self._all(others), known, places)
        by_place = dict(zip(wanted, gradients, strict=True))
        return [by_place.get(k) for k in range(given)]

    def _all(self, others: list[Tensor]) -> tuple[Tensor, ...]:
        return _detached((*others[: self.learnt], *self.fixed, *others[self.learnt :]))


def _detached(tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """What is differentiated is a tile's own; where tensors came from would only make more versions."""
    return tuple(one.detach() for one in tensors)


@dataclass(frozen=True)
class Kind:
    """What a function is compiled for: the objective but for its numbers.

    Attributes:
        on_tile: What is asked, of any objective of the kind.
        settings: All its fields that are no numbers.
        names: Its numbers.
        stages: See :class:`TileTerms`.
    """

    on_tile: TileTerms = field(compare=False)
    settings: tuple[Any, ...]
    names: tuple[str, ...]
    stages: tuple[tuple[Axis, ...], ...]

    @staticmethod
    def of(objective: Objective, names: tuple[str, ...], stages: tuple[tuple[Axis, ...], ...]) -> Kind:
        """That of an objective, all of whose numbers are named."""
        settings = tuple(getattr(objective, one.name) for one in fields(objective) if one.name not in names)
        return Kind(TileTerms(objective, names, stages), (type(objective), *settings), names, stages)


def can_be_told_apart() -> bool:
    """Whether this torch lets every objective have versions of its own; before, all shared the versions of one."""
    return "isolate_recompiles" in inspect.signature(_compile).parameters


@lru_cache(maxsize=256)
def _functions(kind: Kind, backend: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    on_tile = kind.on_tile

    def parts(scored: tuple[Tensor, ...], masks: Masks, others: tuple[Tensor, ...]) -> list[Tensor]:
        return [term.part() for term in on_tile.terms(scored, Tile(*masks), others)[0]]

    def gradients(
        scored: tuple[Tensor, ...],
        masks: Masks,
        others: tuple[Tensor, ...],
        found: tuple[Found, ...],
        places: tuple[int, ...],
    ) -> tuple[Tensor, ...]:
        leaves = (*scored, *others)

        def weighted(*wanted: Tensor) -> Tensor:
            given = list(leaves)
            for place, leaf in zip(places, wanted, strict=True):
                given[place] = leaf
            terms, _ = on_tile.terms(given[: len(scored)], Tile(*masks), given[len(scored) :])
            # The derivative of a weighted sum is that of its terms, weighted; its value is nobody's.
            nothing = wanted[0].new_zeros(())
            return sum(((output * weight.detach()).sum() for output, weight in pulled(terms, found)), nothing)

        return cast(
            tuple[Tensor, ...], torch.func.grad(weighted, tuple(range(len(places))))(*(leaves[k] for k in places))
        )

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        return _compile(
            function, fullgraph=True, dynamic=True, backend=backend, isolate_recompiles=True, recompile_limit=SHAPES
        )

    return compiled(parts), compiled(gradients)
