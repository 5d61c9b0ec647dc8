"""Sparsemax: the Euclidean projection onto the simplex in the place of a softmax, and its loss."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import positive_terms
from counterpoint.pairwise import Needs, Objective, Streams, Terms, Tile, rows


def sparsemax(z: Tensor) -> Tensor:
    """The probabilities nearest to ``z`` `[..., K]`: many are exactly 0.

    Formula: ``p = max(0, z - tau(z))`` with the threshold at which p sums to one. Autograd finds its Jacobian,
    ``diag(s) - s s^T / |s|`` with s the indicator of what is above 0.

    Example:
        >>> import torch
        >>> sparsemax(torch.tensor([1.0, 0.5, -1.0])).tolist()
        [0.75, 0.25, 0.0]
    """
    z = z - z.detach().amax(-1, keepdim=True)
    return (z - _threshold(z)).clamp_min(0)


def _threshold(z: Tensor) -> Tensor:
    """tau `[..., 1]`, from the largest number of sorted entries that all stay above it."""
    falling = z.sort(dim=-1, descending=True).values
    total = falling.cumsum(-1)
    k = torch.arange(1, z.shape[-1] + 1, device=z.device, dtype=z.dtype)
    size = (1 + k * falling > total).sum(-1, keepdim=True)
    return (total.gather(-1, size - 1) - 1) / size


@dataclass(frozen=True, kw_only=True)
class Sparsemax(Objective):
    """The loss whose gradient is sparsemax minus the target: classes far behind neither count nor are pushed.

    Formula, for anchor i with scores ``z_c = s_ic / t``, support S (where sparsemax is above 0), threshold tau and q
    uniform over its classes Y: ``loss_i = -sum_c q_c z_c + 1/2 sum_{c in S} (z_c^2 - tau^2) + 1/2 |q|^2``; mean over
    anchors. It is 0 when the own class leads all others by 1 or more.

    Shapes: anchors `[N, D]`, one weight per class as candidates `[K, D]`, labels `[N]` from 0 to K - 1 (-1: no class);
    several classes of an anchor by a relation. Memory: a block of rows by K.

    Attributes:
        temperature: ``t``, positive; 0.1. The paper has outputs without one: 1 with inner products.

    Example:
        >>> import torch
        >>> z, y = torch.eye(3), torch.arange(3)
        >>> Sparsemax(temperature=0.5)(z, z, labels=y).item()  # the own class leads by 2
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Martins and Astudillo",
        "From Softmax to Sparsemax: A Sparse Model of Attention and Multi-Label Classification",
        2016,
        "arXiv:1602.02068",
        "the sparsemax loss, and its form for several labels",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    prototypes: ClassVar[bool] = True
    streams: ClassVar[Streams] = Streams.ROWS
    temperature: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: half the sum over the support; scores of the positives and their number."""
        z_NM = s_NM / self.temperature
        best_N1 = z_NM.detach().masked_fill(~rel.compared, -torch.inf).amax(1, keepdim=True)
        # The loss does not change with a shift; squares of small numbers are exact. 2 behind is outside any support.
        shifted_NM = torch.where(rel.compared, z_NM - best_N1, -2.0)
        tau_N1 = _threshold(shifted_NM)
        p_NM = (shifted_NM - tau_N1).clamp_min(0)
        yield rows.whole((p_NM * (shifted_NM + tau_N1)).sum(1) / 2 + best_N1[:, 0])
        yield from positive_terms(rows, z_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a class."""
        support_N, positive_N, count_N = statistics
        known_N = torch.where(count_N > 0, count_N, 1.0)
        return self.mean(support_N + (0.5 - positive_N) / known_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """The loss as printed; the threshold by trying every size of the support."""
        losses: list[Tensor] = []
        for s, positive, compared in zip(s_NM / self.temperature, rel.positive, rel.compared, strict=True):
            if positive.any():
                z = s[compared]
                by_size = [(z.topk(k).values.sum() - 1) / k for k in range(1, len(z) + 1)]
                tau = next(t for t in by_size if torch.isclose((z - t).clamp_min(0).sum(), z.new_ones(())))
                support = z[z > tau]
                q = 1 / positive.sum()
                losses.append(-q * s[positive].sum() + ((support**2 - tau**2).sum() + q) / 2)
        return torch.stack(losses).mean()
