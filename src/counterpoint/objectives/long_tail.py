"""Classes of very different size: what keeps the large ones from deciding everything."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import positive_terms, softmax_losses
from counterpoint.pairwise import STAGE, Needs, Objective, Staged, Terms, Tile, cols, rows


@dataclass(frozen=True, kw_only=True)
class BCL(Objective):
    """Balanced contrast: every class has one vote in the denominator, however many rows it has.

    Formula, for row i with positives P(i), and ``n_j`` the number of rows of row j's class:
    ``loss_i = log sum_{j != i} exp(s_ij / t) / m_ij - mean_{p in P(i)} s_ip / t``, where ``m_ij = n_j - 1`` for
    positives (row i itself is left out of its class) and ``n_j`` for others; mean over the rows that have a positive.

    Class complement, the paper's other half, has a learnt centre of every class in every batch: append the centres to
    the rows, their classes to ``labels``, and zeros for them to ``weights``, so that they are candidates alone.

    Shapes: `[N, D]` with labels `[N]`, or two views `[N, D]` with labels `[N]`.

    Attributes:
        temperature: ``t``, positive; 0.1 as in the public code.

    Example:
        >>> import torch
        >>> z, y = torch.eye(3)[[0, 0, 0, 0, 1, 1]], torch.tensor([0, 0, 0, 0, 1, 1])
        >>> round(BCL(temperature=1.0)(z, labels=y).item(), 4)  # log(1 + 1/e) whatever the sizes
        0.3133
    """

    cites: ClassVar[Citation] = Citation(
        "Zhu, Wang, Chen and others",
        "Balanced Contrastive Learning for Long-Tailed Visual Recognition",
        2022,
        "arXiv:2207.09052",
        "the class-averaging loss, as in the public code",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    joint: ClassVar[bool] = True
    temperature: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        """Per column: the others of its class. Per row: log-sum-exp of class means; sum and number of positives."""
        yield cols.count(rel.positive, like=s_NM)
        (others_1M,) = yield STAGE
        size = torch.where(rel.positive, others_1M, others_1M + 1)
        logits = s_NM / self.temperature
        # An ignored entry may be in a class of its own with itself: its size counts as 1 and is not looked at.
        yield rows.lse(rel.log_weighted(logits) - torch.log(size.clamp_min(1)), where=rel.compared)
        yield from positive_terms(rows, logits, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows with a positive."""
        _, *by_row = statistics
        return self.mean(softmax_losses(*by_row), by_row[2])

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Class by class, as the public code weighs them."""
        losses: list[Tensor] = []
        e = torch.exp(s_NM / self.temperature)
        for i in range(len(s_NM)):
            if rel.positive[i].any():
                size = [int(rel.positive[:, j].sum()) + int(rel.negative[i, j]) for j in range(len(s_NM))]
                total = torch.stack([e[i, j] / size[j] for j in range(len(s_NM)) if rel.compared[i, j]]).sum()
                losses.append(-torch.log(e[i, rel.positive[i]] / total).mean())
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class GML(Objective):
    """Likelihood of an anchor's class, each class a mixture of Gaussians around its candidates.

    Formula, for anchor i of class y with candidates j of classes ``c_j`` and weights ``w_j``:
    ``loss_i = log sum_j w_j exp(s_ij / t) - log sum_{j: c_j = y} w_j exp(s_ij / t)``; mean over the anchors that have a
    positive. With ``w_j = prior(c_j) / n(c_j)``, which :func:`~counterpoint.pairs.class_priors` makes, it is the
    paper's cross-entropy of ``log prior_c + log mean_{j: c_j = c} exp(s_ij / t)``: contrast and logit adjustment in
    one. One candidate per class (a prototype) gives the logit-adjusted cross-entropy of a classifier. Without weights
    priors follow the candidates, and the loss is MIL-NCE's.

    Shapes: anchors `[N, D]`, candidates `[M, D]` such as a queue, and a relation; or `[N, D]` with labels `[N]`.

    Attributes:
        temperature: ``t``, positive, the variance of the Gaussians on the sphere; 0.1. The paper learns it.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> round(GML(temperature=1.0)(z, labels=y).item(), 4)  # log((e + 2) / e)
        0.5514
    """

    cites: ClassVar[Citation] = Citation(
        "Suh and Seo",
        "Long-Tailed Recognition by Mutual Information Maximization between Latent Features and Ground-Truth Labels",
        2023,
        "arXiv:2305.01160",
        "the contrastive term of its loss, as in the public code",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exp of all and of the positives, and how many these are."""
        logits = rel.log_weighted(s_NM / self.temperature)
        yield rows.lse(logits, where=rel.compared)
        yield rows.lse(logits, where=rel.positive)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive."""
        all_N, own_N, count_N = statistics
        return self.mean(all_N - torch.where(count_N > 0, own_N, 0.0), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The class's share of the weighted exponentials, anchor by anchor."""
        e = torch.exp(s_NM / self.temperature)
        e = e if rel.weight is None else e * rel.weight
        shares = [
            x[positive].sum() / x[compared].sum()
            for x, positive, compared in zip(e, rel.positive, rel.compared, strict=True)
            if positive.any()
        ]
        return -torch.log(torch.stack(shares)).mean()
