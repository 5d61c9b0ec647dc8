"""Average precision from a histogram of distances: rank statistics without a sort."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._softmax import nonzero, total
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class FastAP(Objective):
    """One minus average precision, with ranks read off a histogram of squared distances.

    Formula, for anchor i and L + 1 bins at even steps from 0 to 4, the squared distances of unit vectors: ``AP_i = 1/P
    sum_l h+_l H+_l / H_l``, h+ the histogram of the P positives, H+ its running sum, H the running sum of all
    candidates; a distance is shared between its two nearest bins in proportion. Mean of ``1 - AP_i`` over the anchors
    with a positive. A pair of weight w is counted w times.

    Shapes: `[N, D]` with labels `[N]`, or anchors `[N, D]` and candidates `[M, D]`. A histogram is sums over a row:
    nothing needs whole rows, and memory is 4 L tiles.

    Attributes:
        bins: ``L``, at least 1; 10 as in the paper.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> round(FastAP()(z, labels=y).item(), 6)
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Cakir, He, Xia, Kulis and Sclaroff", "Deep Metric Learning to Rank", 2019, "CVPR 2019", "Eq. 6 and 9"
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    bins: int = 10

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: There is no bin.
        """
        if self.bins < 1:
            raise InputError(f"bins must be at least 1, got {self.bins}")

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: the number of positives, and how much of them and of all its candidates each bin gets."""
        yield total(rows, rel.positive, s_NM, rel)
        u_NM = (2 - 2 * s_NM) * (self.bins / 4)
        lower = u_NM.detach().floor().clamp(0, self.bins - 1)
        positive = every = s_NM.new_zeros(len(s_NM), self.bins + 1)
        # An entry lies between two edges; the other bins get nothing of it.
        for edge in (lower, lower + 1):
            share, place = rel.weighted(relu(1 - (u_NM - edge).abs())), edge.long()
            positive = positive.scatter_add(1, place, torch.where(rel.positive, share, 0.0))
            every = every.scatter_add(1, place, torch.where(rel.compared, share, 0.0))
        yield rows.parts(torch.stack([positive, every], 1))

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors with a positive."""
        count_N, histograms_N2L = statistics
        positive_NL, every_NL = histograms_N2L.unbind(1)
        total_NL = every_NL.cumsum(1)
        precision_NL = positive_NL.cumsum(1) / torch.where(total_NL > 0, total_NL, 1.0)
        return self.mean(1 - (positive_NL * precision_NL).sum(1) / nonzero(count_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 9, bin by bin."""
        step = 4 / self.bins
        losses: list[Tensor] = []
        weights = torch.ones_like(s_NM) if rel.weight is None else rel.weight
        for s, w, positive, compared in zip(s_NM, weights, rel.positive, rel.compared, strict=True):
            if not positive.any():
                continue
            precision = below_positive = below = s.new_zeros(())
            for edge in range(self.bins + 1):
                pulse = w * (1 - (2 - 2 * s - edge * step).abs() / step).clamp_min(0)
                h_positive, h = pulse[positive].sum(), pulse[compared].sum()
                below_positive, below = below_positive + h_positive, below + h
                if below > 0:
                    precision = precision + h_positive * below_positive / below
            losses.append(1 - precision / w[positive].sum())
        return torch.stack(losses).mean()
