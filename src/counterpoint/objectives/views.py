"""Contrast between every two of several views of the same examples."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import ManyViews, Needs, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class CMC(ManyViews):
    """Contrastive multiview coding over the full graph: InfoNCE from every view to every other one.

    Formula, for views i != j of N examples: ``L_ij = mean_n [log sum_m exp(s(v_ni, v_mj) / t) - s(v_ni, v_nj) / t]``;
    the loss is the mean of ``L_ij`` over the V (V - 1) ordered pairs of views, where the paper takes their sum and
    draws the negatives from a memory. With two views it is the symmetric InfoNCE of CLIP.

    Shapes: `[N, V, D]`, or two views `[N, D]`.

    Attributes:
        temperature: ``t``, positive; 0.07 as in the paper.

    Example:
        >>> import torch
        >>> views = torch.eye(4)[:, None].expand(4, 3, 4)
        >>> round(CMC(temperature=1.0)(views).item(), 4)  # log(1 + 3 / e)
        0.7437
    """

    cites: ClassVar[Citation] = Citation(
        "Tian, Krishnan and Isola", "Contrastive Multiview Coding", 2020, "arXiv:1906.05849", "Eq. 8"
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    temperature: float = 0.07

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per example and pair of views: log-sum-exp of all candidates, and the positive."""
        logits = s_NM / self.temperature
        yield rows.lse(logits, where=rel.compared)
        yield rows.sum(logits, where=rel.positive)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over pairs of different views, then over examples."""
        lse_NVV, positive_NVV = statistics
        other = ~torch.eye(lse_NVV.shape[1], dtype=torch.bool, device=lse_NVV.device)
        return self.mean((lse_NVV - positive_NVV)[:, other].mean(1))

    def reference(self, s_VVNN: Tensor, rel: Tile, /) -> Tensor:
        """Eq. 8 with both directions, pair by pair."""
        views = len(s_VVNN)
        losses = [
            -torch.log(torch.exp(s.diagonal() / self.temperature) / torch.exp(s / self.temperature).sum(1)).mean()
            for i in range(views)
            for j, s in enumerate(s_VVNN[i])
            if i != j
        ]
        return torch.stack(losses).mean()
