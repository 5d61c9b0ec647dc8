"""Harder negatives, mixed from the hardest there are: each anchor has its own."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairs.mixing.arranged import Pairs
from counterpoint.pairs.mixing.draws import choices, of_this_rank, uniform
from counterpoint.pairs.owned import Owned
from counterpoint.pairwise import SameKey

ROWS = 256
"""Anchors whose similarities with all negatives are looked at together."""


@torch.no_grad()
def hard_negative_mixes(
    anchors: Tensor,
    negatives: Tensor,
    *,
    hardest: int,
    mixes: int,
    anchor_mixes: int = 0,
    generator: torch.Generator,
) -> Tensor:
    """Unit rows `[N, mixes + anchor_mixes, D]` without gradient, made for each anchor of its hardest negatives.

    Kalantidis et al., "Hard Negative Mixing for Contrastive Learning" (MoCHi, 2020), arXiv:2010.01028, Sections 4.1
    and 4.2. Formula: ``a n_i + (1 - a) n_j`` with ``a`` from 0 to 1, then ``b q + (1 - b) n_j`` with ``b`` from 0 to
    0.5, of unit rows, scaled to unit length; i and j differ and are drawn from the anchor's hardest negatives.
    Collective; memory 256 x F.

    Args:
        anchors: q, `[N, D]`.
        negatives: `[F, D]`, the same on every rank, such as ``queue.content()``.
        hardest: How many of the most similar negatives are mixed; 1024 of 65,536 in the paper.
        mixes: How many of two negatives; 512 or 1024 in the paper.
        anchor_mixes: How many of the anchor and a negative; 128 or 256 in the paper.
        generator: What draws, in the same state on every rank.

    Raises:
        InputError: There are fewer negatives than ``hardest``, or nothing to mix.
    """
    if min(mixes, anchor_mixes) < 0 or mixes + anchor_mixes == 0:
        raise InputError(f"mixes and anchor_mixes must be at least 0, and not both 0, got {mixes} and {anchor_mixes}")
    if not 2 <= hardest <= len(negatives):
        raise InputError(f"hardest must be from 2 to the {len(negatives)} negatives there are, got {hardest}")
    q, n = unit_rows(anchors.detach()), unit_rows(negatives.detach().to(anchors))
    top = torch.cat([(part @ n.T).topk(hardest, dim=1).indices for part in q.split(ROWS)])
    limits = torch.full((len(q),), hardest, device=q.device)
    first = choices(limits, times=mixes + anchor_mixes, generator=generator)
    apart = choices(limits - 1, times=mixes, generator=generator) + 1
    share = of_this_rank(len(q), lambda count: uniform(count, mixes + anchor_mixes, 1, generator=generator)).to(q)
    other = n[top.gather(1, (first[:, :mixes] + apart) % hardest)]
    partner = torch.cat([other, q[:, None].expand(-1, anchor_mixes, -1)], dim=1)
    share[:, mixes:] /= 2
    return unit_rows(share * partner + (1 - share) * n[top.gather(1, first)])


def with_own_negatives(
    anchors: Tensor,
    positives: Tensor,
    own: Tensor,
    *,
    negatives: Tensor | None = None,
    in_batch: bool = True,
) -> Pairs:
    """Anchors against their positives, negatives of everybody, and negatives that only their anchor sees.

    All but an anchor's own H of the N H synthetic entries are ignored. In tiles, only rows whose own negatives a tile
    holds are computed; a matrix small enough to be kept whole is whole, N times the work of N H inner products.

    Args:
        anchors: `[N, D]`.
        positives: `[N, D]`.
        own: `[N, H, D]`, such as :func:`hard_negative_mixes`.
        negatives: `[F, D]`, this rank's part of a queue.
        in_batch: Positives of other anchors are negatives too; in MoCo and MoCHi they are not.

    Raises:
        InputError: There is not one positive, or one set of negatives, for each anchor.
    """
    n = len(anchors)
    if len(positives) != n or len(own) != n or own.ndim != anchors.ndim + 1:
        raise InputError(
            f"positives [N, D] and own [N, H, D] must be for {n} anchors, got {list(positives.shape)} {list(own.shape)}"
        )
    common = anchors[:0] if negatives is None else negatives.to(anchors)
    rows = torch.arange(n, device=anchors.device)
    nobody = rows.new_full((len(common),), -1)
    owned = rows.repeat_interleave(own.shape[1])
    same = SameKey(rows, torch.cat([rows, nobody, torch.full_like(owned, -1)]), local=True)
    seen = Owned.of(anchors, torch.cat([torch.full_like(rows, -1) if in_batch else rows, nobody, owned]))
    return Pairs(anchors, torch.cat([positives, common, own.flatten(0, 1)]), same * seen)
