"""Neighbourhood components: the probability that an anchor's stochastic neighbour is one of its positives."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, Objective, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class NCA(Objective):
    """Neighbourhood component analysis: leave-one-out accuracy of a stochastic nearest neighbour.

    Formula, with ``p_i = sum_{p positive} exp(s_ip / t) / sum_j exp(s_ij / t)``: the mean over the anchors with a
    positive of ``-log p_i``, or of ``1 - p_i`` in the form that counts errors. The paper has the squared Euclidean
    distance of linearly mapped rows, ``similarity=NegativeSquaredEuclidean(), temperature=1.0``; of unit vectors it is
    ``2 - 2 s``, hence the cosine at 0.5. With one positive for each anchor it is InfoNCE.

    Shapes: `[N, D]` with labels `[N]`, or anchors `[N, D]` and candidates `[M, D]`.

    Attributes:
        temperature: ``t``, positive; 0.5.
        errors: The expected number of errors instead of the log-probability of none.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> round(NCA(temperature=1.0)(z, labels=y).item(), 4)  # log(1 + 2 / e)
        0.5514
    """

    cites: ClassVar[Citation] = Citation(
        "Goldberger, Roweis, Hinton and Salakhutdinov",
        "Neighbourhood Components Analysis",
        2004,
        "Advances in Neural Information Processing Systems 17",
        "Eq. 6; Eq. 4 counts errors",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 0.5
    errors: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exps of all candidates and of the positives, and the number of positives."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits), where=rel.compared)
        yield rows.lse(rel.log_weighted(logits), where=rel.positive)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors with a positive."""
        every_N, positive_N, count_N = statistics
        missing_N = torch.where(count_N > 0, every_N - positive_N, 0.0)
        return self.mean(-torch.expm1(-missing_N) if self.errors else missing_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The probabilities of Eq. 3, anchor by anchor."""
        losses: list[Tensor] = []
        for s, positive, compared in zip(s_NM, rel.positive, rel.compared, strict=True):
            if positive.any():
                e = torch.exp(s / self.temperature)
                right = e[positive].sum() / e[compared].sum()
                losses.append(1 - right if self.errors else -torch.log(right))
        return torch.stack(losses).mean()
