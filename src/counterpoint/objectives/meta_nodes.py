"""Meta-nodes: a cluster's mean stands for all of its nodes, so that contrast costs what clusters cost."""

from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, WholeBatch


@dataclass(frozen=True, kw_only=True)
class PamC(WholeBatch):
    """Proxy-approximated meta-node contrast: neighbours attract, clusters repel in place of all pairs of nodes.

    Formula, with unit rows, neighbours ``x_iv`` of node ``z_i``, and mean ``mu_a`` and size ``n_a`` of cluster a:
    ``-mean_i log sum_v e^{<z_i, x_iv> / t} + log sum_{a != b} n_a n_b e^{s_ab / t}``. ``s_ab`` is the cosine of the
    means, as in the public code, which has no sizes and takes the second logarithm cluster by cluster, the cluster
    itself at similarity 0. With their product ``<mu_a, mu_b>`` the second sum is, by the paper's approximation, that
    over all pairs of nodes in different clusters; clusters can then part by shrinking, where nodes scatter.

    Shapes: `[N, V, D]`, each node and V - 1 of its neighbours, or two sides `[N, D]`; labels `[N]` say the cluster of
    each node (-1: none).

    Attributes:
        temperature: ``t``, positive; 1 as in the public code.
        cosine: Whether means are compared by their cosine; by their product otherwise.

    Example:
        >>> import torch
        >>> z = torch.eye(2).repeat(2, 1)
        >>> round(PamC()(z, z, labels=torch.tensor([0, 1, 0, 1])).item(), 4)  # log(2 * 2 * 2) - 1
        1.0794
    """

    cites: ClassVar[Citation] = Citation(
        "Kulatilleke, Portmann and Chandra",
        "Efficient block contrastive learning via parameter-free meta-node approximation",
        2022,
        "arXiv:2209.14067",
        "the PamC loss",
    )
    needs: ClassVar[Needs] = Needs.VIEWS | Needs.LABELS
    temperature: float = 1.0
    cosine: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """Neighbours and clusters.

        Raises:
            InputError: No labels, or fewer than two clusters.
        """
        unit_NVD = unit_rows(z_NVD)
        node_ND = unit_NVD[:, 0]
        near_NV = torch.einsum("nd,nvd->nv", node_ND, unit_NVD[:, 1:])
        mean_KD, size_K = _clusters(node_ND, labels_N)
        mean_KD = unit_rows(mean_KD) if self.cosine else mean_KD
        log_size_K = size_K.log()
        pairs_KK = mean_KD @ mean_KD.T / self.temperature + log_size_K[:, None] + log_size_K
        other = ~torch.eye(len(pairs_KK), dtype=torch.bool, device=pairs_KK.device)
        return torch.logsumexp(pairs_KK[other], 0) - torch.logsumexp(near_NV / self.temperature, 1).mean()

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """The definition, node by node and cluster by cluster."""
        assert labels_N is not None
        z = z_NVD / z_NVD.square().sum(-1, keepdim=True).sqrt()
        t = self.temperature
        pull = [torch.log(sum(torch.exp(row[0] @ near / t) for near in row[1:])) for row in z]  # pyright: ignore[reportArgumentType]
        members = [z[labels_N == a, 0] for a in range(int(labels_N.max()) + 1) if a in labels_N]
        length = [one.mean(0).square().sum().sqrt() if self.cosine else 1 for one in members]
        push = [
            len(one) * len(other) * torch.exp(one.mean(0) @ other.mean(0) / (length[a] * length[b] * t))
            for a, one in enumerate(members)
            for b, other in enumerate(members)
            if a != b
        ]
        return torch.log(torch.stack(push).sum()) - torch.stack(pull).mean()


def _clusters(node_ND: Tensor, labels_N: Tensor | None) -> tuple[Tensor, Tensor]:
    """Means `[K, D]` and sizes `[K]` of the clusters that have a node."""
    if labels_N is None:
        raise InputError("labels must say the cluster of each node, and there are none")
    known = labels_N >= 0
    names, member = cast(tuple[Tensor, Tensor], torch.unique(labels_N[known], return_inverse=True))  # pyright: ignore[reportUnknownMemberType]
    if len(names) < 2:
        raise InputError(f"PamC needs nodes of two or more clusters, got {len(names)}")
    size_K = torch.bincount(member, minlength=len(names)).to(node_ND.dtype)
    total_KD = node_ND.new_zeros(len(names), node_ND.shape[1]).index_add(0, member, node_ND[known])
    return total_KD / size_K[:, None], size_K
