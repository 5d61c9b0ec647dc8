"""All triplets of a batch: every positive of an anchor against every one of its negatives."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import pad

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._pairs import softplus
from counterpoint.objectives._rows import places_of_positives, positives_side_by_side
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import total
from counterpoint.pairwise import Needs, Objective, Streams, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class BatchAllTriplet(Objective):
    """Batch-all triplet loss: the mean over all triplets of an anchor, a positive and a negative.

    Formula: ``mean over (i, p, n) of f(margin + s_in - s_ip)``, f the hinge max(0, .), or ``log(1 + exp(.))`` in the
    soft form; over all triplets, or over those alone whose hinge is open. A triplet weighs what the weights of its two
    pairs are together, ``w_ip w_in``. With one positive and one negative for each
    anchor it is ``BatchHardTriplet``; with ``relation=SameKey(labels, classes, prototypes=True)`` and one row per
    class as candidates it is the Proto-Triplet loss of few-shot episodes.

    Shapes: `[N, D]` with labels `[N]`, or anchors `[N, D]` and candidates `[M, D]`. Time: the hinge needs a sort of
    every row, O(M log M), and O(log M) for each positive. Memory: a block of rows; in the soft form by M times the
    most positives that an anchor of the block has.

    Attributes:
        margin: In units of the similarity, positive; 0.2.
        soft: The soft form, which never stops pulling.
        violating: The mean is over the triplets whose hinge is open.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> BatchAllTriplet()(z, labels=y).item()
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Hermans, Beyer and Leibe",
        "In Defense of the Triplet Loss for Person Re-Identification",
        2017,
        "arXiv:1703.07737",
        "Eq. 6",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    streams: ClassVar[Streams] = Streams.ROWS
    margin: float = 0.2
    soft: bool = False
    violating: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("margin", self.margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: the sum over its triplets, how many are open, and its numbers of positives and negatives."""
        total_N, open_N = self._soft(s_NM, rel) if self.soft else self._hinge(s_NM, rel)
        yield rows.whole(total_N)
        yield rows.whole(open_N)
        yield total(rows, rel.positive, s_NM, rel)
        yield total(rows, rel.negative, s_NM, rel)

    def _hinge(self, s_NM: Tensor, rel: Tile) -> tuple[Tensor, Tensor]:
        """By sums of the k largest negatives: a positive meets all negatives above its threshold at once."""
        s_NP, there = positives_side_by_side(s_NM, rel)
        falling, order = torch.where(rel.negative, s_NM, -torch.inf).sort(dim=1, descending=True)
        each = None if rel.weight is None else rel.weight.gather(1, order)
        values = torch.where(falling > -torch.inf, falling, 0.0)
        sums = pad((values if each is None else values * each).cumsum(1), (1, 0))
        threshold = s_NP - self.margin
        above = torch.searchsorted(-falling.detach(), -threshold.detach())
        open_NP = above if each is None else pad(each.cumsum(1), (1, 0)).gather(1, above)
        found = torch.where(there, sums.gather(1, above) - open_NP * threshold, 0.0), torch.where(there, open_NP, 0)
        if rel.weight is not None:
            mine_NP = rel.weight.gather(1, places_of_positives(rel))
            found = found[0] * mine_NP, found[1] * mine_NP
        return found[0].sum(1), found[1].sum(1).to(s_NM.dtype)

    def _soft(self, s_NM: Tensor, rel: Tile) -> tuple[Tensor, Tensor]:
        s_NP, there = positives_side_by_side(s_NM, rel)
        losses = softplus(self.margin + s_NM[:, None, :] - s_NP[:, :, None])
        triplets = there[:, :, None] & rel.negative[:, None, :]
        if rel.weight is not None:
            weight = rel.weight.gather(1, places_of_positives(rel))[:, :, None] * rel.weight[:, None, :]
            losses, triplets = losses * weight, triplets * weight
        return torch.where(triplets > 0, losses, 0.0).sum((1, 2)), triplets.sum((1, 2)).to(s_NM.dtype)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over triplets.

        Raises:
            InputError: A row has no negative.
        """
        total_N, open_N, positives_N, negatives_N = statistics
        if bool((negatives_N == 0).any()):
            raise InputError("BatchAllTriplet needs at least one negative for every anchor, and some anchor has none")
        triplets_N = open_N if self.violating else positives_N * negatives_N
        each = triplets_N.sum() / (positives_N > 0).sum().clamp_min(1)
        return self.mean(total_N / torch.where(each > 0, each, 1.0), positives_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 6, triplet by triplet."""
        losses: list[Tensor] = []
        weights: list[Tensor] = []
        weight = torch.ones_like(s_NM) if rel.weight is None else rel.weight
        for s, w, positive, negative in zip(s_NM, weight, rel.positive, rel.negative, strict=True):
            for p, w_p in zip(s[positive], w[positive], strict=True):
                for n, w_n in zip(s[negative], w[negative], strict=True):
                    x = self.margin + n - p
                    losses.append(torch.log1p(x.exp()) if self.soft else x.clamp_min(0))
                    weights.append(w_p * w_n)
        found, weighed = torch.stack(losses), torch.stack(weights)
        counted = weighed * (found > 0) if self.violating else weighed
        return (weighed * found).sum() / torch.where(counted.sum() > 0, counted.sum(), 1.0)
