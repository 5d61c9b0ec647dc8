"""Neighbourhood contrast: whatever is near in a graph, and how near, against everything else."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, Objective, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class NContrast(Objective):
    """Minus the logarithm of the share that all of a node's neighbours have together.

    Formula, for node i with neighbours P of weight ``g_ij``: ``loss_i = -log(sum_{j in P} g_ij e^{s_ij / t} / sum_{k !=
    i} e^{s_ik / t})``; mean over nodes with a neighbour. The weights are those of a relation: powers of the adjacency
    matrix (Graph-MLP, SCGC), or their sum, the influence of SCGC*; ``counterpoint.pairs.influence`` makes them. They
    enter the numerator alone. Without weights it is the contrast with several positives of MIL-NCE. The public code of
    SCGC leaves a node itself in the denominator, with similarity 0.

    Shapes: nodes `[N, D]` with a relation `[N, N]`, or labels; two sides as with InfoNCE.

    Attributes:
        temperature: ``t``, positive; 1 as in the public code.

    Example:
        >>> import torch
        >>> z, y = torch.eye(4), torch.tensor([0, 0, 1, 1])
        >>> round(NContrast()(z, labels=y).item(), 4)  # one neighbour of three equal others: log 3
        1.0986
    """

    cites: ClassVar[Citation] = Citation(
        "Kulatilleke, Portmann and Chandra",
        "SCGC: Self-Supervised Contrastive Graph Clustering",
        2022,
        "arXiv:2204.12656",
        "the influence-augmented contrastive loss",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: log-sum-exps of everything and of the weighted neighbours, and the number of neighbours."""
        logits = s_NM / self.temperature
        yield rows.lse(logits, where=rel.compared)
        yield rows.lse(rel.log_weighted(logits), where=rel.positive)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the nodes that have a neighbour."""
        lse_N, positive_N, count_N = statistics
        return self.mean(lse_N - torch.where(count_N > 0, positive_N, 0.0), count_N)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """The definition, node by node."""
        weight = torch.ones_like(s_NM) if rel.weight is None else rel.weight
        losses: list[Tensor] = []
        for s, g, positive, compared in zip(s_NM, weight, rel.positive, rel.compared, strict=True):
            if positive.any():
                e = torch.exp(s / self.temperature)
                losses.append(-torch.log((g * e)[positive].sum() / e[compared].sum()))
        return torch.stack(losses).mean()
