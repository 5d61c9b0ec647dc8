"""Two embeddings of one example that should tell nothing of each other."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._pairs import pair_terms
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import nonzero
from counterpoint.pairwise import Needs, NegativeSquaredEuclidean, Objective, Similarity, Terms, Tile


@dataclass(frozen=True, kw_only=True)
class CLUB(Objective):
    """Contrastive log-ratio upper bound of the mutual information of two embeddings, to be minimised.

    Formula, with ``log q(y | x) = -|y - x|^2 / (2 t)`` up to a constant, a Gaussian around the other embedding:
    ``loss = mean_i [log q(y_i | x_i) - mean_j log q(y_j | x_i)]``, j over all candidates. The paper learns q with a
    network, which an encoder before the loss can do; the bound holds where q is close to the true conditional.

    Shapes: anchors `[N, D]`, candidates `[N, D]`. Rows are not normalised here.

    Attributes:
        temperature: ``t``, the variance of q, positive; 1.

    Example:
        >>> import torch
        >>> x = torch.tensor([[0.0], [2.0]])
        >>> CLUB()(x, x).item(), CLUB()(x, x.flip(0)).item()  # alike, and the other way round
        (1.0, -1.0)
    """

    cites: ClassVar[Citation] = Citation(
        "Cheng, Hao, Dai and others",
        "CLUB: A Contrastive Log-ratio Upper Bound of Mutual Information",
        2020,
        "arXiv:2006.12013",
        "Eq. 8",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    similarity: Similarity = field(default=NegativeSquaredEuclidean(), init=False, repr=False)
    temperature: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: sums and numbers of positives, and of all that is compared."""
        scores = s_NM / (2 * self.temperature)
        for where in (rel.positive, rel.compared):
            yield from pair_terms(s_NM, scores, where, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean positive less the mean of all."""
        positive_N, count_N, all_N, compared_N = statistics
        return self.mean(positive_N / nonzero(count_N) - all_N / nonzero(compared_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """Eq. 8, anchor by anchor."""
        weight = torch.ones_like(s_NM) if rel.weight is None else rel.weight
        losses = [
            ((w * s)[positive].sum() / w[positive].sum() - (w * s)[compared].sum() / w[compared].sum())
            / (2 * self.temperature)
            for s, w, positive, compared in zip(s_NM, weight, rel.positive, rel.compared, strict=True)
            if positive.any()
        ]
        return torch.stack(losses).mean()
