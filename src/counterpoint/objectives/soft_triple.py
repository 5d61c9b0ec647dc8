"""Several learnt centres for every class: a softmax over classes that are smooth maxima over their centres."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.base.citation import Citation
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._settings import check_count, check_finite, check_positive
from counterpoint.pairwise import (
    Cosine,
    Needs,
    Objective,
    Similarity,
    Streams,
    Terms,
    Tile,
    WholeBatch,
    rows,
)

_QIAN = (
    "Qian, Shang, Sun, Hu, Li and Jin",
    "SoftTriple Loss: Deep Metric Learning Without Triplet Sampling",
    2019,
    "arXiv:1909.05235",
)


@dataclass(frozen=True, kw_only=True)
class SoftTriple(Objective):
    """Cross-entropy over classes of several centres each, the own class handicapped by a margin.

    Formula, for anchor i of class y and centres w_ck of class c: ``S_ic = sum_k softmax_k(s_ick / gamma) s_ick``,
    ``loss_i = -log( e^{(S_iy - m) / t} / (e^{(S_iy - m) / t} + sum_{c != y} e^{S_ic / t}) )``; mean over anchors. The
    paper adds ``CentreMerging`` of the centres, which draws those of a class together: with weight 0.2. With one
    centre per class it is ``CosFace``.

    Shapes: anchors `[N, D]`, centres as candidates `[K C, D]`, the C of a class one after the other, labels `[N]` from
    0 to K - 1 (-1: no class). The centres are the same on every rank. Pairs cannot be weighed.

    Attributes:
        temperature: ``t``, the inverse of the paper's lambda, positive; 1/20 as in the paper.
        gamma: How soft the maximum over centres is, positive; 0.1 as in the paper.
        margin: ``m``, in units of the similarity; 0.01 as in the paper.
        centres: ``C``, at least 1; 2. The paper has 10.

    Example:
        >>> import torch
        >>> z, y = torch.eye(4), torch.tensor([0, 0, 1, 1])
        >>> bool(SoftTriple()(z, z, labels=y) < SoftTriple()(z, z, labels=1 - y))
        True
    """

    cites: ClassVar[Citation] = Citation(*_QIAN, "the SoftTriple loss of Section 3, as in the public implementation")
    needs: ClassVar[Needs] = Needs.POSITIVES
    prototypes: ClassVar[bool] = True
    streams: ClassVar[Streams] = Streams.ROWS
    weighs_pairs: ClassVar[bool] = False
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    temperature: float = 1 / 20
    gamma: float = 0.1
    margin: float = 0.01
    centres: int = 2

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_positive("gamma", self.gamma)
        check_finite("margin", self.margin)
        check_count("centres", self.centres, least=1)

    @property
    def per_class(self) -> int:
        """Its centres."""
        return self.centres

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: its loss, and whether it has a class."""
        n, m = s_NM.shape
        s_NKC = s_NM.view(n, m // self.centres, self.centres)
        class_NK = (torch.softmax(s_NKC / self.gamma, 2) * s_NKC).sum(2)
        own_NK, there_NK = (x.reshape(s_NKC.shape).any(2) for x in (rel.positive, rel.compared))
        logits_NK = (class_NK - self.margin * own_NK) / self.temperature
        count_N = own_NK.sum(1)
        mine_N = torch.where(own_NK, logits_NK, 0.0).sum(1) / count_N.clamp_min(1)
        yield rows.whole(torch.logsumexp(torch.where(there_NK, logits_NK, -torch.inf), 1) - mine_N)
        yield rows.whole(count_N.to(s_NM.dtype))

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a class."""
        return self.mean(*statistics)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """Anchor by anchor, class by class."""
        losses: list[Tensor] = []
        for s, positive, compared in zip(s_NM, rel.positive, rel.compared, strict=True):
            if positive.any():
                among = [s[k : k + self.centres] for k in range(0, len(s), self.centres)]
                smooth = [(torch.exp(x / self.gamma) / torch.exp(x / self.gamma).sum()) @ x for x in among]
                y = int(positive.nonzero()[0]) // self.centres
                smooth[y] = smooth[y] - self.margin
                e = torch.exp(torch.stack(smooth) / self.temperature)
                losses.append(-torch.log(e[y] / e[compared[:: self.centres]].sum()))
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class CentreMerging(WholeBatch):
    """Mean distance of the centres of a class: those that are not needed become one.

    Formula, for unit centres ``w_c1 .. w_cC`` of K classes: ``1 / (K C (C - 1)) sum_c sum_{k < l} |w_ck - w_cl|``; half
    of the mean distance of two centres of a class. The regulariser of ``SoftTriple``; distances below 1e-6 count as
    that and pull no further, where the public code adds 1e-5 to their squares.

    Shapes: the centres `[K, C, D]`, C at least 2, or two sets of centres `[K, D]`.

    Example:
        >>> import torch
        >>> round(CentreMerging()(torch.eye(4).view(2, 2, 4)).item(), 4)  # sqrt(2) / 2
        0.7071
    """

    cites: ClassVar[Citation] = Citation(*_QIAN, "the regulariser of Section 3, as in the public implementation")
    needs: ClassVar[Needs] = Needs.VIEWS

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """Half of the mean over pairs."""
        unit_NVD = unit_rows(z_NVD)
        first, second = torch.triu_indices(unit_NVD.shape[1], unit_NVD.shape[1], 1, device=z_NVD.device)
        squares = (unit_NVD[:, first] - unit_NVD[:, second]).square().sum(2)
        return squares.clamp_min(1e-12).sqrt().mean() / 2

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """Class by class, pair by pair."""
        total = z_NVD.new_zeros(())
        classes, centres = z_NVD.shape[:2]
        for one in normalize(z_NVD, dim=2):
            for k in range(centres):
                for other in range(k + 1, centres):
                    total = total + (one[k] - one[other]).square().sum().sqrt()
        return total / (classes * centres * (centres - 1))
