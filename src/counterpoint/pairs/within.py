"""Negatives by group: those of the same group alone, or the less, the more groupings hold both rows together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Around, Ranks, Tile


@dataclass(frozen=True, eq=False)
class Grouped(Around):
    """``inner``, with something else for negatives by the groups of anchor and candidate, in one grouping or several.

    Attributes:
        inner: Who is positive or negative to whom.
        anchor_groups: int `[N]`, or `[N, G]` for several groupings; a negative number is a group of nobody.
        candidate_groups: int `[M]`, or `[M, G]`.

    Raises:
        InputError: Groups that are not integers, or do not fit the relation or each other.
    """

    anchor_groups: Tensor
    candidate_groups: Tensor

    def __post_init__(self) -> None:
        """Check the groups."""
        for name, length in zip(("anchor_groups", "candidate_groups"), self.inner.shape, strict=True):
            groups = getattr(self, name)
            if groups.is_floating_point() or groups.is_complex() or groups.ndim not in (1, 2) or len(groups) != length:
                raise InputError(
                    f"{name} must be integers [{length}] or [{length}, G], got {groups.dtype} {list(groups.shape)}"
                )
        if self.anchor_groups.shape[1:] != self.candidate_groups.shape[1:]:
            shapes = [list(one.shape) for one in (self.anchor_groups, self.candidate_groups)]
            raise InputError(f"anchor_groups and candidate_groups must be of as many groupings, got {shapes}")

    @property
    def told(self) -> str:
        """How many groupings there are."""
        return f"{type(self).__name__} {list(self.anchor_groups.shape[1:])} groupings of {self.inner.told}"

    def together(self, row_block: slice, col_block: slice) -> Iterator[Tensor]:
        """Of each grouping, who is in one group: bool `[n, m]`."""
        sides = self.anchor_groups[row_block], self.candidate_groups[col_block]
        mine, theirs = (side if side.ndim == 2 else side[:, None] for side in sides)
        for one, other in zip(mine.unbind(1), theirs.unbind(1), strict=True):
            yield (one[:, None] == other[None, :]) & (one >= 0)[:, None]

    def across(self, ranks: Ranks) -> Self:
        """Groups of every rank's candidates; the inner relation as it does."""
        inner = self.inner.across(ranks)
        groups = self.candidate_groups if self.shared else ranks.gather(self.candidate_groups)
        return replace(self, inner=inner, candidate_groups=groups)


@dataclass(frozen=True, eq=False)
class Within(Grouped):
    """``inner``, whose negatives repel only where anchor and candidate are of the same group, in every grouping.

    With the cluster numbers of all earlier stages as groupings these are the negatives of multistage contrastive
    learning (Zhang, Lan, Qu and others, "Learning the Unlearned: Mitigating Feature Suppression in Contrastive
    Learning", 2024, arXiv:2402.11816): what told clusters apart before cannot tell a positive from them now. Positives
    stay, whatever their groups.
    """

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile with negatives of other groups ignored."""
        tile = self.inner.tile(row_block, col_block)
        same = torch.ones_like(tile.positive)
        for together in self.together(row_block, col_block):
            same &= together
        return tile.without(~same & ~tile.positive)


@dataclass(frozen=True, eq=False)
class Apart(Grouped):
    """``inner``, whose negatives weigh the share of groupings that tell anchor and candidate apart.

    With the clusters of k-means of several sizes as groupings these are the negatives of MEOW (Yu, Ge, Li and Zhou,
    "Heterogeneous Graph Contrastive Learning with Meta-path Contexts and Adaptively Weighted Negative Samples", 2024,
    arXiv:2212.13847): the more clusterings hold two rows together, the likelier they are a false negative. What all of
    them hold together is ignored; without any grouping, `[N, 0]`, a negative weighs 1. Positives weigh what they did.
    """

    @property
    def uneven(self) -> bool:
        """Shares are anything from 0 to 1."""
        return True

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile, its negatives times their shares."""
        tile = self.inner.tile(row_block, col_block)
        apart = [(~one).float() for one in self.together(row_block, col_block)]
        share = torch.stack(apart).mean(0) if apart else torch.ones(tile.positive.shape, device=tile.positive.device)
        return tile.weighing(tile.weighted(torch.where(tile.negative, share, 1.0)))
