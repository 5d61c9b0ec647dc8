"""Deep clustering: soft assignments to centres learn a sharper version of themselves."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, NegativeSquaredEuclidean, SelfLabelled, Similarity
from counterpoint.pairwise.euclidean import no_less_than_zero


@dataclass(frozen=True, kw_only=True)
class DEC(SelfLabelled):
    """Deep embedded clustering: Student-t assignments, and their squares over cluster sizes as targets.

    Formula: ``q_nk ~ (1 + |z_n - c_k|^2 / alpha)^(-(alpha + 1) / 2)``, normalised over k; ``p_nk ~ q_nk^2 / sum_n
    q_nk``, normalised over k and without gradient; ``loss = mean_n sum_k p_nk log(p_nk / q_nk)``. The paper makes p
    from the whole data set every few hundred steps, this from the batch at every step. IDEC and SCGC add it to a loss
    of their own, of reconstruction or contrast.

    Shapes: `[N, D]`, centres as candidates `[K, D]`; of several views `[N, V, D]` each has its own targets, and the
    loss is their mean. Rows are not normalised.

    Attributes:
        alpha: Degrees of freedom, positive; 1 as in the paper.

    Example:
        >>> import torch
        >>> z, far = torch.tensor([[0.0], [100.0]]), torch.tensor([[0.0], [100.0]])
        >>> bool(DEC()(z, far) < DEC()(z, far / 10))  # clear assignments are their own targets
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Xie, Girshick and Farhadi",
        "Unsupervised Deep Embedding for Clustering Analysis",
        2016,
        "arXiv:1511.06335",
        "Eq. 2, with the targets of Eq. 3",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    similarity: Similarity = field(default=NegativeSquaredEuclidean(), init=False, repr=False)
    alpha: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("alpha", self.alpha)

    def targets(self, s_NVK: Tensor) -> Tensor:
        """Squares over sizes, normalised."""
        q_NVK = self._log_assigned(s_NVK).exp()
        weight_NVK = q_NVK.square() / q_NVK.sum(0)
        return weight_NVK / weight_NVK.sum(-1, keepdim=True)

    def losses(self, s_NVK: Tensor, targets_NVK: Tensor) -> Tensor:
        """Kullback-Leibler divergence of the assignment from its target, mean over views."""
        divergence_NVK = torch.xlogy(targets_NVK, targets_NVK) - targets_NVK * self._log_assigned(s_NVK)
        return divergence_NVK.sum(-1).mean(1)

    def _log_assigned(self, s_NVK: Tensor) -> Tensor:
        log = -(self.alpha + 1) / 2 * torch.log1p(no_less_than_zero(-s_NVK) / self.alpha)
        return torch.log_softmax(log, dim=-1)

    def reference(self, s_NVK: Tensor) -> Tensor:
        """Eq. 2, view by view."""
        divergences: list[Tensor] = []
        for s in s_NVK.unbind(1):
            q = (1 - s / self.alpha) ** (-(self.alpha + 1) / 2)
            q = q / q.sum(1, keepdim=True)
            held = q.detach()
            p = torch.stack([row**2 / held.sum(0) / (row**2 / held.sum(0)).sum() for row in held])
            divergences.append((p * torch.log(p / q)).sum() / len(s))
        return torch.stack(divergences).mean()
