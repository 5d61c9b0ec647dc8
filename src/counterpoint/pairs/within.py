"""Negatives from the same group alone, such as the clusters of earlier stages of a training."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Around, Ranks, Tile


@dataclass(frozen=True, eq=False)
class Within(Around):
    """``inner``, whose negatives repel only where anchor and candidate are of the same group, in every grouping.

    With the cluster numbers of all earlier stages as groupings these are the negatives of multistage contrastive
    learning (Zhang, Lan, Qu and others, "Learning the Unlearned: Mitigating Feature Suppression in Contrastive
    Learning", 2024, arXiv:2402.11816): what told clusters apart before cannot tell a positive from them now. Positives
    stay, whatever their groups.

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
        return f"Within {list(self.anchor_groups.shape[1:])} groupings of {self.inner.told}"

    def tile(self, row_block: slice, col_block: slice) -> Tile:
        """The inner tile with negatives of other groups ignored."""
        tile = self.inner.tile(row_block, col_block)
        rows = self.anchor_groups[row_block].reshape(tile.positive.shape[0], -1)
        cols = self.candidate_groups[col_block].reshape(tile.positive.shape[1], -1)
        same = torch.ones_like(tile.positive)
        for mine, theirs in zip(rows.unbind(1), cols.unbind(1), strict=True):
            same &= (mine[:, None] == theirs[None, :]) & (mine >= 0)[:, None]
        return tile.without(~same & ~tile.positive)

    def across(self, ranks: Ranks) -> Within:
        """Groups of every rank's candidates; the inner relation as it does."""
        inner = self.inner.across(ranks)
        groups = self.candidate_groups if self.shared else ranks.gather(self.candidate_groups)
        return replace(self, inner=inner, candidate_groups=groups)
