"""Swapped prediction: one view foretells the cluster that another view of the same example was assigned to."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, SelfLabelled


def sinkhorn(s_NK: Tensor, *, epsilon: float, iterations: int) -> Tensor:
    """Assignments `[N, K]` that use every prototype alike: rows sum to 1, columns to about N / K.

    Formula: ``Diag(u) exp(s / epsilon) Diag(v)`` with u and v found by normalising columns and rows in turns, rows
    last; in logarithms, so that nothing overflows.

    Args:
        s_NK: Scores `[N, K]`, or `[N, V, K]` for V views apart.
        epsilon: Entropy; the smaller, the harder the assignment.
        iterations: How many times columns and rows are normalised.
    """
    log = s_NK / epsilon
    for _ in range(iterations):
        log = log - log.logsumexp(0, keepdim=True)
        log = log - log.logsumexp(-1, keepdim=True)
    return log.exp()


@dataclass(frozen=True, kw_only=True)
class SwAV(SelfLabelled):
    """Swapping assignments between views: the code of one view is the target of every other one.

    Formula, for example n with scores ``s_nvk`` of view v and prototype k: ``loss_n = mean_t mean_{v != t} -sum_k q_ntk
    log softmax_k(s_nv / t)``, t over the first ``assigned`` views and v over all. The codes q are Sinkhorn assignments
    of the whole batch, view by view, and have no gradient.

    Shapes: views `[N, V, D]`, prototypes as candidates `[K, D]`. Crops of other sizes come after the assigned views.

    Attributes:
        temperature: ``t``, positive; 0.1 as in the paper.
        epsilon: Entropy of the codes, positive, a plain setting; 0.05 as in the paper.
        iterations: Of Sinkhorn and Knopp; 3.
        assigned: Views that get codes, 2: the full crops.

    Example:
        >>> import torch
        >>> views = torch.eye(4)[:, None].expand(4, 2, 4)
        >>> swapped = torch.stack([views[:, 0], views[:, 1].roll(1, 0)], 1)
        >>> bool(SwAV()(views, torch.eye(4)) < SwAV()(swapped, torch.eye(4)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Caron, Misra, Mairal, Goyal, Bojanowski and Joulin",
        "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments",
        2020,
        "arXiv:2006.09882",
        "Eq. 2, with the codes of Eq. 5 and the crops of Eq. 6",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    temperature: float = 0.1
    epsilon: float = field(default=0.05, metadata={"learnable": False})
    iterations: int = 3
    assigned: int = 2

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_positive("epsilon", self.epsilon)
        for name in ("iterations", "assigned"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be a whole number, at least 1, got {getattr(self, name)}")

    def labelled(self, s_NVK: Tensor) -> Tensor:
        """Scores of the assigned views.

        Raises:
            InputError: There are fewer views.
        """
        if s_NVK.shape[1] < self.assigned:
            raise InputError(f"SwAV assigns {self.assigned} views, and there are {s_NVK.shape[1]}")
        return s_NVK[:, : self.assigned]

    def targets(self, s_NVK: Tensor) -> Tensor:
        """Codes of every view."""
        return sinkhorn(s_NVK, epsilon=self.epsilon, iterations=self.iterations)

    def losses(self, s_NVK: Tensor, targets_NVK: Tensor) -> Tensor:
        """Cross-entropies of every code with every other view."""
        log_NVK = torch.log_softmax(s_NVK / self.temperature, dim=-1)
        entropy_NTV = -torch.einsum("ntk,nvk->ntv", targets_NVK, log_NVK)
        own_N = entropy_NTV.diagonal(dim1=1, dim2=2).sum(1)
        return (entropy_NTV.sum((1, 2)) - own_N) / (targets_NVK.shape[1] * (s_NVK.shape[1] - 1))

    def reference(self, s_NVK: Tensor) -> Tensor:
        """Eq. 6, view by view; codes by multiplying rows and columns in turns."""
        views = s_NVK.unbind(1)
        losses: list[Tensor] = []
        for t, scored in enumerate(views[: self.assigned]):
            q = torch.exp(scored.detach() / self.epsilon).T
            for _ in range(self.iterations):
                q = q / q.sum(1, keepdim=True) / q.shape[0]
                q = q / q.sum(0, keepdim=True) / q.shape[1]
            codes = (q * q.shape[1]).T
            losses += [
                -(codes * torch.log(torch.softmax(other / self.temperature, 1))).sum(1).mean()
                for v, other in enumerate(views)
                if v != t
            ]
        return torch.stack(losses).mean()
