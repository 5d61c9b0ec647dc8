"""Triplets: every anchor closer to its positives than to its negatives by a margin, on hard or semi-hard ones."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import STAGE, Needs, Objective, Staged, Terms, Tile, rows


def _check_negatives(hardest_N: Tensor, kind: str) -> None:
    if bool((hardest_N == -torch.inf).any()):
        raise InputError(f"{kind} needs at least one negative for every anchor, and some anchor has none")


@dataclass(frozen=True, kw_only=True)
class BatchHardTriplet(Objective):
    """Batch-hard triplet loss: the least similar positive of every anchor against its most similar negative.

    Formula: ``loss_i = f(margin + max_{n negative} s_in - min_{p positive} s_ip)``, f the hinge max(0, .), or
    ``log(1 + exp(.))`` in the soft form; mean over the anchors that have a positive. The paper measures Euclidean
    distances; here it is any similarity, cosine by default.

    Shapes: `[N, D]` with labels `[N]`, or two views `[N, D]`.

    Attributes:
        margin: In units of the similarity, positive; 0.2.
        soft: The soft form, which never stops pulling.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> BatchHardTriplet(margin=0.2)(z, labels=y).item()  # positives at 1, negatives at 0
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Hermans, Beyer and Leibe",
        "In Defense of the Triplet Loss for Person Re-Identification",
        2017,
        "arXiv:1703.07737",
        "Eq. 5",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    weighs_pairs: ClassVar[bool] = False
    joint: ClassVar[bool] = True
    margin: float = 0.2
    soft: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("margin", self.margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: the hardest positive (negated), the hardest negative, and the number of positives."""
        yield rows.max(-s_NM, where=rel.positive)
        yield rows.max(s_NM, where=rel.negative)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive.

        Raises:
            InputError: A row has no negative.
        """
        far_N, near_N, count_N = statistics
        _check_negatives(near_N, "BatchHardTriplet")
        violation_N = self.margin + near_N + torch.where(count_N > 0, far_N, 0.0)
        return self.mean(softplus(violation_N) if self.soft else relu(violation_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 5, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                violation = self.margin + s[negative].max() - s[positive].min()
                losses.append(torch.log1p(violation.exp()) if self.soft else violation.clamp_min(0))
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class SemiHardTriplet(Objective):
    """Semi-hard triplet loss: the most similar negative among those less similar than the positive.

    Formula: ``loss_i = max(0, margin + s_in - s_ip)``, p the least similar positive and n the most similar negative
    with ``s_in < s_ip``; where there is none, the least similar negative. Mean over the anchors that have a positive.
    The paper takes every positive and squared Euclidean distance; here it is the hardest positive and any similarity.

    Shapes: `[N, D]` with labels `[N]`, or two views `[N, D]`.

    Attributes:
        margin: In units of the similarity, positive; 0.2 as in the paper.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> SemiHardTriplet()(z, labels=y).item()
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Schroff, Kalenichenko and Philbin",
        "FaceNet: A Unified Embedding for Face Recognition and Clustering",
        2015,
        "arXiv:1503.03832",
        "Eq. 4",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    weighs_pairs: ClassVar[bool] = False
    joint: ClassVar[bool] = True
    margin: float = 0.2

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("margin", self.margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        """First the hardest positive of every row, then the hardest negative beyond it."""
        yield rows.max(-s_NM, where=rel.positive)
        yield rows.max(-s_NM, where=rel.negative)
        yield rows.count(rel.positive, like=s_NM)
        far_N1, _, _ = yield STAGE
        yield rows.max(s_NM, where=rel.negative & (s_NM < -far_N1))

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive.

        Raises:
            InputError: A row has no negative.
        """
        far_N, easiest_N, count_N, semi_hard_N = statistics
        _check_negatives(easiest_N, "SemiHardTriplet")
        negative_N = torch.where(semi_hard_N > -torch.inf, semi_hard_N, -easiest_N)
        return self.mean(relu(self.margin + negative_N + torch.where(count_N > 0, far_N, 0.0)), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 4, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                hardest = s[positive].min()
                below = s[negative & (s < hardest)]
                chosen = below.max() if len(below) else s[negative].min()
                losses.append((self.margin + chosen - hardest).clamp_min(0))
        return torch.stack(losses).mean()
