"""Lifted structures: every positive pair against all negatives of both its ends, or of an anchor's pairs at once."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_finite
from counterpoint.pairwise import STAGE, Cosine, Needs, Objective, Similarity, Staged, Terms, Tile, cols, rows


@dataclass(frozen=True, kw_only=True)
class LiftedStructure(Objective):
    """Lifted structured loss: a positive pair against the negatives of both its ends.

    Formula, for a positive pair (i, j): ``J_ij = log(sum_{k negative to i} exp(margin + s_ik) + sum_{l negative to j}
    exp(margin + s_jl)) - s_ij``; the loss is the mean over positive pairs of ``max(0, J_ij)^2 / 2``. The paper has
    minus a Euclidean distance in the place of the cosine.

    Shapes: `[N, D]` with labels `[N]`, or two views `[N, D]`, whose 2N rows are taken together.

    Attributes:
        margin: Added to the similarity of negatives; 1 as in the paper.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> bool(LiftedStructure()(z, labels=y) < LiftedStructure()(z, labels=torch.tensor([0, 0, 1, 1])))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Song, Xiang, Jegelka and Savarese",
        "Deep Metric Learning via Lifted Structured Feature Embedding",
        2016,
        "arXiv:1511.06452",
        "Eq. 4",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    joint: ClassVar[bool] = True
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    margin: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_finite("margin", self.margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        """First the log-sum-exp of the negatives of every row and of every column, then what pairs violate."""
        lifted = rel.log_weighted(self.margin + s_NM)
        yield rows.lse(lifted, where=rel.negative)
        yield cols.lse(lifted, where=rel.negative)
        of_rows_N1, of_cols_1M = yield STAGE
        # An end without a negative is an error, which the head raises; until then it must not make NaN.
        ends = (torch.where(one > -torch.inf, one, 0.0) for one in (of_rows_N1, of_cols_1M))
        violation = relu(torch.logaddexp(*ends) - s_NM)
        yield rows.sum(rel.weighted(violation.square() / 2), where=rel.positive)
        yield rows.count(rel.positive, like=s_NM) if rel.weight is None else rows.sum(rel.weight, where=rel.positive)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over positive pairs.

        Raises:
            InputError: A row has no negative, or none has a positive.
        """
        negatives_N, _, total_N, count_N = statistics
        if bool(negatives_N.isneginf().any()):
            raise InputError("LiftedStructure needs at least one negative for every anchor, and some anchor has none")
        each = count_N.sum() / (count_N > 0).sum().clamp_min(1)
        return self.mean(total_N / torch.where(each > 0, each, 1.0), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 4, pair by pair."""
        losses: list[Tensor] = []
        for i, j in rel.positive.nonzero():
            negatives = torch.cat([s_NM[i][rel.negative[i]], s_NM[:, j][rel.negative[:, j]]])
            violation = torch.log(torch.exp(self.margin + negatives).sum()) - s_NM[i, j]
            losses.append(violation.clamp_min(0) ** 2 / 2)
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class GeneralizedLifted(Objective):
    """Generalised lifted structure: smooth extremes of all positives and all negatives of an anchor.

    Formula, for anchor i: ``max(0, log sum_p exp(-s_ip) + log sum_n exp(margin + s_in))``; mean over the anchors with a
    positive. For one positive and one negative it is the triplet hinge.

    Shapes: `[N, D]` with labels `[N]`, or anchors `[N, D]` and candidates `[M, D]`.

    Attributes:
        margin: Added to the similarity of negatives; 1.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> round(GeneralizedLifted()(z, labels=y).item(), 4)  # two negatives at 0: log 2 + 1 - 1
        0.6931
    """

    cites: ClassVar[Citation] = Citation(
        "Hermans, Beyer and Leibe",
        "In Defense of the Triplet Loss for Person Re-Identification",
        2017,
        "arXiv:1703.07737",
        "Eq. 8",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES | Needs.NEGATIVES
    margin: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_finite("margin", self.margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exps over positives and over negatives, and the number of positives."""
        yield rows.lse(rel.log_weighted(-s_NM), where=rel.positive)
        yield rows.lse(rel.log_weighted(self.margin + s_NM), where=rel.negative)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors with a positive.

        Raises:
            InputError: A row has no negative.
        """
        far_N, near_N, count_N = statistics
        if bool(near_N.isneginf().any()):
            raise InputError("GeneralizedLifted needs at least one negative for every anchor, and some anchor has none")
        return self.mean(relu(torch.where(count_N > 0, far_N, 0.0) + near_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Eq. 8, anchor by anchor."""
        losses = [
            (torch.log(torch.exp(-s[p]).sum()) + torch.log(torch.exp(self.margin + s[n]).sum())).clamp_min(0)
            for s, p, n in zip(s_NM, rel.positive, rel.negative, strict=True)
            if p.any()
        ]
        return torch.stack(losses).mean()
