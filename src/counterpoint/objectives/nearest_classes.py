"""A score of how classes lie among nearest neighbours, made a loss: ICNN."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_count
from counterpoint.pairwise import (
    Needs,
    NegativeEuclidean,
    Objective,
    Similarity,
    Streams,
    Terms,
    Tile,
    rows,
)


@dataclass(frozen=True, kw_only=True)
class ICNN(Objective):
    """Inter and intra class nearest neighbours: near rows of the own class, far ones of others, and more of the first.

    Formula, for row i, its k nearest others at distances d, of them S_i of its class and O_i not, and ``o_i`` the
    distance of the nearest of another class among the ``within`` nearest (none: infinite): scaled distances ``u_ij =
    d_ij / max(o_i, max_j d_ij)``; ``A = 1 - mean_i mean_{S_i} u_ij`` over rows with one of their class near, ``B =
    mean_i mean_{O_i} d_ij / max_{i, O_i} d_ij`` over rows with one of another (1 when no row has), ``G = mean_i |S_i| /
    k``; ``loss = -log((A + B) / 4 + G / 2)``. As in the public code, less its epsilons. Steps (who is near) have no
    derivative.

    Shapes: `[N, D]` with labels `[N]`, or anchors `[N, D]` and candidates `[M, D]`. Rows are not normalised. Pairs
    cannot be weighed.

    Attributes:
        neighbours: ``k``, at least 1; 4 as in the public code.
        within: How many are looked at for one of another class, at least k; 5 as in the public code.

    Example:
        >>> import torch
        >>> z, y = torch.tensor([[0.0], [0.0], [9.0], [9.0]]), torch.tensor([0, 0, 1, 1])
        >>> abs(ICNN(neighbours=1, within=2)(z, labels=y).item())  # every nearest row is of the class, at no distance
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Mendez-Ruiz, Gonzalez-Zapata, Reyes-Amezcua and others",
        "SuSana Distancia is all you need: Enforcing class separability in metric learning",
        2023,
        "arXiv:2305.09062",
        "the ICNN loss, as in the public implementation",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    streams: ClassVar[Streams] = Streams.ROWS
    weighs_pairs: ClassVar[bool] = False
    similarity: Similarity = field(default=NegativeEuclidean(), init=False, repr=False)
    neighbours: int = 4
    within: int = 5

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: Fewer are looked at than are compared.
        """
        check_count("neighbours", self.neighbours, least=1)
        check_count("within", self.within, least=1)
        if self.within < self.neighbours:
            raise InputError(f"within must be at least neighbours, {self.neighbours}, got {self.within}")

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row, of its nearest k: mean scaled distance and number of its class; sum, number, largest of others."""
        near = torch.where(rel.compared, s_NM, -torch.inf)
        found, places = near.topk(min(self.within, near.shape[1]), dim=1)
        d_NW = torch.where(found > -torch.inf, -found, 0.0)
        same_NW, other_NW = rel.positive.gather(1, places), rel.negative.gather(1, places)
        nearest_N1 = torch.where(other_NW, d_NW, torch.inf).amin(1, keepdim=True)
        k = self.neighbours
        d_NK, same_NK, other_NK = d_NW[:, :k], same_NW[:, :k], other_NW[:, :k]
        scale_N1 = torch.maximum(nearest_N1, d_NK.amax(1, keepdim=True))
        u_NK = torch.where(same_NK, d_NK, 0.0) / torch.where(scale_N1 > 0, scale_N1, 1.0)
        far_NK = torch.where(other_NK, d_NK, 0.0)
        count_N = same_NK.sum(1).to(s_NM.dtype)
        yield rows.whole(u_NK.sum(1) / count_N.clamp_min(1))
        yield rows.whole(count_N)
        yield rows.whole(far_NK.sum(1))
        yield rows.whole(other_NK.sum(1).to(s_NM.dtype))
        yield rows.whole(far_NK.amax(1))

    def head(self, *statistics: Tensor) -> Tensor:
        """Minus the logarithm of the mean of distances and of shares."""
        own_N, same_N, far_N, other_N, farthest_N = statistics
        inner = 1 - own_N.sum() / (same_N > 0).sum().clamp_min(1)
        farthest = farthest_N.max()
        outer = (far_N / other_N.clamp_min(1)).sum() / (other_N > 0).sum().clamp_min(1)
        outer = outer / torch.where(farthest > 0, farthest, 1.0)
        outer = torch.where((other_N > 0).any(), outer, 1.0)
        share = (same_N / (same_N + other_N).clamp_min(1)).mean()
        return -torch.log((inner + outer) / 4 + share / 2)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """Row by row, neighbour by neighbour."""
        inner: list[Tensor] = []
        outer: list[Tensor] = []
        others: list[Tensor] = []
        share = 0.0
        for d, positive, compared in zip(-s_NM, rel.positive, rel.compared, strict=True):
            order = [j for j in sorted(range(len(d)), key=[x.item() for x in d].__getitem__) if compared[j]]
            order = order[: self.within]
            strange = [d[j] for j in order if not positive[j]]
            order = order[: self.neighbours]
            same, other = [d[j] for j in order if positive[j]], [d[j] for j in order if not positive[j]]
            if same:
                widest = torch.stack([d[j] for j in order] + strange[:1]).max()
                inner.append(torch.stack([x / widest if strange else 0 * x for x in same]).mean())
            if other:
                outer.append(torch.stack(other).mean())
                others += other
            share += len(same) / max(1, len(order)) / len(s_NM)
        near = 1 - torch.stack(inner).mean() if inner else s_NM.new_ones(())
        far = torch.stack(outer).mean() / torch.stack(others).max() if outer else s_NM.new_ones(())
        return -torch.log((near + far) / 4 + share / 2)
