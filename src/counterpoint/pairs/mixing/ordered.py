"""Mixes for labels that are numbers: hard negatives between two labels, hard positives from either side of one."""

from dataclasses import dataclass
from math import inf

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairs.mixing.arranged import Pairs
from counterpoint.pairs.mixing.draws import beta, choices, of_this_rank
from counterpoint.pairs.mixing.gaps import LabelGaps
from counterpoint.pairs.owned import Owned
from counterpoint.pairwise import Others


@dataclass(frozen=True, eq=False)
class OrderedMixes:
    """Rows without gradient that belong to one anchor each.

    Attributes:
        rows: `[K, D]`.
        owners: int64 `[K]`, the anchor of each.
        labels: `[K]`, mixed as the rows are; exactly the anchor's for a positive.
    """

    rows: Tensor
    owners: Tensor
    labels: Tensor


@torch.no_grad()
def ordered_mixes(
    embeddings: Tensor,
    labels: Tensor,
    *,
    negatives: int,
    positives: int,
    window: float = inf,
    anchor_share: tuple[float, float] = (2.0, 8.0),
    generator: torch.Generator,
) -> OrderedMixes:
    """Hard negatives and hard positives of every anchor, mixed from this rank's rows.

    Wu et al., "Mixup Your Own Pairs" (SupReMix, 2023), arXiv:2309.16633, Section 3 (Mix-neg and Mix-pos). Formula: a
    negative is ``l z_i + (1 - l) z_k`` with another label ``y_k`` and ``l`` from Beta(2, 8); a positive is
    ``a z_j + (1 - a) z_k`` with ``y_j < y_i < y_k``, both within the window, and ``a = (y_k - y_i) / (y_k - y_j)``, so
    that its label is ``y_i``. Rows are of unit length before they are mixed. The public code makes all mixes, N^3 of
    them; here so many of each are drawn, with replacement. Anchors of an end have no positives. Collective.

    Args:
        embeddings: `[N, D]`.
        labels: `[N]`, real.
        negatives: How many of each anchor.
        positives: How many of each anchor that has labels on both sides.
        window: The parts of a positive have labels nearer than this to the anchor's.
        anchor_share: Parameters of the Beta distribution of ``l``.
        generator: What draws, in the same state on every rank.

    Raises:
        InputError: Labels do not fit, are all the same, or no anchor has labels on both sides where it should.
    """
    if labels.shape != embeddings.shape[:1] or labels.is_complex():
        raise InputError(f"labels must be {len(embeddings)} numbers, got {labels.dtype} {list(labels.shape)}")
    if min(negatives, positives) < 0:
        raise InputError(f"negatives and positives must be at least 0, got {negatives} and {positives}")
    z, order = unit_rows(embeddings.detach()), _Order.of(labels)
    made = _negatives(z, order, negatives, anchor_share, generator)
    further = _positives(z, order, positives, window, generator)
    return OrderedMixes(*(torch.cat(some) for some in zip(made, further, strict=True)))


def ordered_pairs(embeddings: Tensor, labels: Tensor, mixes: OrderedMixes, *, squared: bool = False) -> Pairs:
    """Rows against each other and each against its own mixes; negatives weigh more, the farther their labels are.

    Args:
        embeddings: `[N, D]`.
        labels: `[N]`.
        mixes: :func:`ordered_mixes` of both.
        squared: Weights of negatives are ``1 + gap^2`` instead of ``1 + gap``.
    """
    labels = labels.to(mixes.labels)
    gaps = LabelGaps(anchors=labels, candidates=torch.cat([labels, mixes.labels]), squared=squared)
    owners = torch.cat([torch.full_like(labels, -1, dtype=torch.int64), mixes.owners])
    candidates = torch.cat([embeddings, mixes.rows])
    return Pairs(embeddings, candidates, Others(gaps * Owned.of(embeddings, owners)))


@dataclass(frozen=True, eq=False)
class _Order:
    """Labels in rising order: ``rows`` are their rows, ``low`` and ``high`` where labels equal to a row's are."""

    labels: Tensor
    values: Tensor
    rows: Tensor
    low: Tensor
    high: Tensor

    @staticmethod
    def of(labels: Tensor) -> "_Order":
        labels = labels if labels.is_floating_point() else labels.double()
        values, rows = labels.sort()
        low, high = (torch.searchsorted(values, labels, right=right) for right in (False, True))
        return _Order(labels, values, rows, low, high)


_Parts = tuple[Tensor, Tensor, Tensor]


def _negatives(z: Tensor, order: _Order, times: int, ab: tuple[float, float], generator: torch.Generator) -> _Parts:
    """Rows, owners and labels of mixes of each anchor with a row of another label."""
    same = order.high - order.low
    if times and bool((same == len(z)).any()):
        raise InputError("labels must not be all the same: a negative is mixed with a row of another label")
    place = choices(len(z) - same, times=times, generator=generator)
    other = order.rows[torch.where(place >= order.low[:, None], place + same[:, None], place)].flatten()
    drawn = of_this_rank(len(z), lambda n: beta(n, times, a=ab[0], b=ab[1], generator=generator))
    owner = torch.arange(len(z), device=z.device).repeat_interleave(times)
    return _mixed(z, order, owner, other, drawn.flatten().to(z))


def _positives(z: Tensor, order: _Order, times: int, window: float, generator: torch.Generator) -> _Parts:
    """Rows, owners and labels of mixes of a row below and a row above each anchor that has both."""
    start = torch.searchsorted(order.values, order.labels - window, right=True)
    end = torch.searchsorted(order.values, order.labels + window)
    below, above = (order.low - start).clamp_min(0), (end - order.high).clamp_min(0)
    between = (below > 0) & (above > 0)
    if times and not bool(between.any()):
        raise InputError("labels must lie on both sides of some anchor's, within the window, to mix positives of them")
    first = order.rows[(start[:, None] + choices(below, times=times, generator=generator))[between]].flatten()
    second = order.rows[(order.high[:, None] + choices(above, times=times, generator=generator))[between]].flatten()
    owner = between.nonzero()[:, 0].repeat_interleave(times)
    y = order.labels
    rows, _, _ = _mixed(z, order, first, second, ((y[second] - y[owner]) / (y[second] - y[first])).to(z))
    return rows, owner, y[owner]


def _mixed(z: Tensor, order: _Order, first: Tensor, second: Tensor, share: Tensor) -> _Parts:
    wide, y = share[:, None], order.labels
    labels = share.to(y) * y[first] + (1 - share).to(y) * y[second]
    return wide * z[first] + (1 - wide) * z[second], first, labels
