"""Collaborative inner products: rows along their class's direction, and no side of them along any other's."""

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import logsigmoid, relu

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Dot, Needs, Objective, Similarity, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class CIP(Objective):
    """Collaborative inner product loss: lengths count, and no margin has to be chosen.

    Formula, for row f_i of class y and centres c_k, neither normalised: ``mean_i [log(1 + exp(-<f_i, c_y>)) + weight
    sum_{k != y} max(0, <f_i, c_k>)]``: a cluster term that wants the own inner product large, and an orthogonality
    term that wants the others no larger than 0. The cluster term is written here with the logistic function.

    Shapes: anchors `[N, D]`, centres as candidates `[K, D]`, labels `[N]` from 0 to K - 1 (-1: no class). The centres
    are the same on every rank.

    Attributes:
        weight: Of the orthogonality term, positive; 1.

    Example:
        >>> import torch
        >>> round(CIP()(torch.eye(3), torch.eye(3), labels=torch.arange(3)).item(), 4)  # log(1 + 1 / e)
        0.3133
    """

    cites: ClassVar[Citation] = Citation(
        "Li, Xu and Leng",
        "Rethinking Loss Design for Large-scale 3D Shape Retrieval",
        2019,
        "arXiv:1906.00546",
        "the collaborative inner product loss",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    prototypes: ClassVar[bool] = True
    similarity: Similarity = field(default=Dot(), init=False, repr=False)
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("weight", self.weight)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: the logistic loss of its own centre, what the other centres exceed, and whether it has a class."""
        yield rows.sum(rel.weighted(-logsigmoid(s_NM)), where=rel.positive)
        yield rows.sum(rel.weighted(relu(s_NM)), where=rel.negative)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the rows that have a class."""
        cluster_N, across_N, count_N = statistics
        return self.mean(cluster_N + self.weight * across_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Row by row."""
        losses = [
            (1 + (-s[positive]).exp()).log().sum() + self.weight * s[negative].clamp_min(0).sum()
            for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True)
            if positive.any()
        ]
        return sum(losses, s_NM.new_zeros(())) / len(losses)
