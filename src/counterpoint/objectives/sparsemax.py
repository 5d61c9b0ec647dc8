"""Sparsemax: the Euclidean projection onto the simplex in the place of a softmax, and its loss."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import positive_terms
from counterpoint.pairwise import Needs, Objective, Streams, Terms, Tile, rows
from counterpoint.pairwise.terms import is_everything


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
    return (z - _threshold(z, _support(z.detach()))).clamp_min(0)


def _threshold(z: Tensor, support: Tensor) -> Tensor:
    """The threshold `[..., 1]`: what is taken off the support for it to sum to 1."""
    # Counted in the dtype of z: a sum of bool makes int64 of them first, two tensors of the size of z.
    size = support.to(z.dtype).sum(-1, keepdim=True)
    return (torch.where(support, z, 0.0).sum(-1, keepdim=True) - 1) / size


def _support(z: Tensor) -> Tensor:
    """What stays above 0, bool, of ``z`` whose largest entry is 0.

    Michelot's way: what lies below the threshold of a support that is too large is not in the right one. A few passes
    and no sort, which would take three more tensors of the size of ``z``.
    """
    support = z > -1
    below = support
    while bool(below.any()):
        below = (z <= _threshold(z, support)).logical_and_(support)
        support.logical_xor_(below)
    return support


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
        with torch.no_grad():
            least = torch.finfo(z_NM.dtype).min / 4
            p_NM = z_NM if is_everything(rel.compared) else z_NM.masked_fill(~rel.compared, least)
            p_NM = p_NM - p_NM.amax(1, keepdim=True)
            p_NM.sub_(_threshold(p_NM, _support(p_NM))).clamp_min_(0)
        # It is the largest <p, z> - |p|^2 / 2 of all p on the simplex, so p may be held: the derivative is p itself.
        yield rows.whole(torch.einsum("nm,nm->n", p_NM, z_NM) - torch.einsum("nm,nm->n", p_NM, p_NM) / 2)
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
