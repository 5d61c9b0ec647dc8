"""Contrast between every two of several views of the same examples, or between each and all the others."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import softmax_losses, softmax_terms
from counterpoint.objectives._views import different_views, means_of_others, view_terms
from counterpoint.pairwise import ManyViews, Needs, Problem, Terms, Tile, cols, rows
from counterpoint.pairwise.views import side_by_side


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
        yield from view_terms(s_NM / self.temperature, rel, where=rel.compared)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over pairs of different views, then over examples."""
        lse_NVV, positive_NVV = statistics
        return self.mean((lse_NVV - positive_NVV)[:, different_views(lse_NVV)].mean(1))

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


@dataclass(frozen=True, kw_only=True)
class LeaveOneOut(ManyViews):
    """Leave-one-out contrast: every modality against the mean of all others, in both directions.

    Formula, with ``u_ni = mean_{j != i} v_nj / |v_nj|``: for every modality i the symmetric InfoNCE between the v_ni
    and the u_ni over examples, averaged over i. With two modalities it is CLIP's.

    Shapes: `[N, V, D]`, or two modalities `[N, D]`.

    Attributes:
        temperature: ``t``, positive; 0.07.

    Example:
        >>> import torch
        >>> views = torch.eye(4)[:, None].expand(4, 3, 4)
        >>> round(LeaveOneOut(temperature=1.0)(views).item(), 4)  # log(1 + 3 / e)
        0.7437
    """

    cites: ClassVar[Citation] = Citation(
        "Thapa, He, Kjaer and others",
        "SleepFM: Multi-modal Representation Learning for Sleep Across Brain Activity, ECG and Respiratory Signals",
        2024,
        "arXiv:2405.17766",
        "leave-one-out loss, section 3",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    square: ClassVar[bool] = False
    temperature: float = 0.07

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def parts(self, problem: Problem) -> list[Problem]:
        """Each modality with the means of the others."""
        rest = means_of_others(self.similarity.prepare(problem.anchors))
        pairs = zip(problem.anchors.unbind(1), rest.unbind(1), strict=True)
        return [Problem(one, other, problem.relation) for one, other in pairs]

    def joined(self, found: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """`[N, V]` each."""
        return side_by_side(found)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """InfoNCE's statistics of rows, then of columns."""
        logits = s_NM / self.temperature
        yield from softmax_terms(rows, logits, rel)
        yield from softmax_terms(cols, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over directions and modalities, then over examples."""
        by_row, by_col = softmax_losses(*statistics[:3]), softmax_losses(*statistics[3:])
        return self.mean(((by_row + by_col) / 2).mean(1))

    def reference(self, s_VNN: Tensor, rel: Tile, /) -> Tensor:
        """Cross-entropy along both axes, modality by modality."""
        own = torch.arange(s_VNN.shape[1])
        losses = [
            (cross_entropy(s / self.temperature, own) + cross_entropy(s.T / self.temperature, own)) / 2 for s in s_VNN
        ]
        return torch.stack(losses).mean()
