"""Contextual similarity: rows are alike when their nearest neighbours are the same rows."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import torch
from torch import Tensor
from torch.nn.functional import relu

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.pairwise import Cosine, Needs, Objective, Similarity, Streams, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class Contextual(Objective):
    """Contextual loss: the overlap of nearest neighbours should be 1 within a class and 0 between classes.

    Formula, with closeness ``c_ij = -|z_i - z_j|^2`` of unit rows, ``v_k(i)`` its k-th largest in row i (the row itself
    among them), and neighbours ``N_ij = [c_ij + epsilon >= v_k(i)]``: overlap ``W_ij = N_ij/2 (|N_i & N_j| / |N_i| +
    |not N_i & not N_j| / |not N_i|)``; expanded over the mutual neighbours R of the nearest k/2, ``J_ij = sum_{l: R_il}
    W_lj / |R_i|``, made symmetric. Loss: ``balance L_contrast + (1 - balance) L_context + weight (mean s - target)^2``;
    ``L_context`` is the sum over different rows of ``(1 - J)^2`` for positives and ``J^2`` for negatives, over N^2, and
    ``L_contrast`` the mean open hinge of positives below ``positive_margin`` plus that of negatives above
    ``negative_margin``. Steps have the derivative ``slope`` everywhere, sizes of sets and thresholds none.

    Shapes: `[N, D]` with labels `[N]`, or two views `[N, D]`, whose 2N rows are taken together. Memory: the matrix.

    Attributes:
        neighbours: ``k``, at least 1; 4, the number of examples per class in the paper's batches.
        epsilon: Slack of a neighbour, positive; 0.05.
        slope: Derivative of the step; 10.
        balance: Of the cosine term against the contextual one; 0.5.
        positive_margin: Cosine above which positives are left alone; 0.75.
        negative_margin: Cosine below which negatives are left alone; 0.6.
        weight: Of the regulariser, positive; 0.1.
        target: Mean cosine that it asks for; 0.3.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> round(Contextual(neighbours=2, weight=1e-9)(z, labels=y).item(), 6)
        0.0
    """

    cites: ClassVar[Citation] = Citation(
        "Liao, Tsiligkaridis and Kulis",
        "Supervised Metric Learning to Rank for Retrieval via Contextual Similarity Optimization",
        2023,
        "arXiv:2210.01908",
        "the contextual, contrastive and regularisation losses, as in the public implementation",
    )
    needs: ClassVar[Needs] = Needs.NOTHING
    weighs_pairs: ClassVar[bool] = False
    joint: ClassVar[bool] = True
    detached: ClassVar[bool] = True
    streams: ClassVar[Streams] = Streams.WHOLE
    most_entries: ClassVar[int] = 1 << 24
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    neighbours: int = 4
    epsilon: float = 0.05
    slope: int = 10
    balance: float = 0.5
    positive_margin: float = 0.75
    negative_margin: float = 0.6
    weight: float = 0.1
    target: float = 0.3

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: There is no neighbour.
        """
        if self.neighbours < 1:
            raise InputError(f"neighbours must be at least 1, got {self.neighbours}")
        check_positive("epsilon", self.epsilon)
        check_positive("weight", self.weight)
        for name in ("balance", "positive_margin", "negative_margin", "target"):
            check_finite(name, getattr(self, name))

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """The whole matrix and who is what in it: a row's neighbours are looked up in the rows of its neighbours."""
        yield rows.whole(s_NM)
        yield rows.whole(rel.positive.to(s_NM.dtype))
        yield rows.whole(rel.negative.to(s_NM.dtype))

    def head(self, *statistics: Tensor) -> Tensor:
        """The three losses, weighted."""
        s_NN, positive, negative = statistics
        contrast = _open(relu(self.positive_margin - s_NN) * positive) + _open(
            relu(s_NN - self.negative_margin) * negative
        )
        alike = self._alike(2 * s_NN - 2)
        context = ((1 - alike).square() * positive + alike.square() * negative).mean()
        spread = (s_NN.mean() - self.target).square()
        return self.balance * contrast + (1 - self.balance) * context + self.weight * spread

    def _alike(self, closeness_NN: Tensor) -> Tensor:
        """J: overlap of neighbours, over mutual neighbours, symmetric."""
        near = self._near(closeness_NN, self.neighbours)
        far = 1 - near
        both, neither = _shared(near), _shared(far)
        mutual = self._near(closeness_NN, max(1, self.neighbours // 2))
        mutual = mutual * mutual.T
        alike = mutual @ ((both + neither) / 2 * near) / mutual.sum(1, keepdim=True)
        return (alike + alike.T) / 2

    def _near(self, closeness_NN: Tensor, k: int) -> Tensor:
        """Who is among the nearest k, with the derivative of a line."""
        least = torch.topk(closeness_NN, min(k, closeness_NN.shape[1]), dim=1).values[:, -1:].detach()
        reached = closeness_NN + self.epsilon
        return (reached >= least).to(reached.dtype) + self.slope * (reached - reached.detach())

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Set by set, with a step whose derivative is declared."""
        n = len(s_NM)
        closeness = -(2 - 2 * s_NM)

        def neighbours(k: int) -> list[Tensor]:
            return [
                _stepped(c + self.epsilon, c.sort(descending=True).values[min(k, n) - 1], self.slope) for c in closeness
            ]

        near, nearest = neighbours(self.neighbours), neighbours(max(1, self.neighbours // 2))
        overlap = [
            torch.stack([a[j] * (_part(a, b) + _part(1 - a, 1 - b)) / 2 for j, b in enumerate(near)]) for a in near
        ]
        expanded: list[Tensor] = []
        for i in range(n):
            mutual = [nearest[i][k] * nearest[k][i] for k in range(n)]
            weighted = [m * w for m, w in zip(mutual, overlap, strict=True)]
            expanded.append(torch.stack(weighted).sum(0) / torch.stack(mutual).sum())
        context = s_NM.new_zeros(())
        for i in range(n):
            alike = torch.stack([(expanded[i][j] + expanded[j][i]) / 2 for j in range(n)])
            missed = ((1 - alike[rel.positive[i]]) ** 2).sum() + (alike[rel.negative[i]] ** 2).sum()
            context = context + missed / n**2
        contrast = s_NM.new_zeros(())
        for x in ((self.positive_margin - s_NM)[rel.positive], (s_NM - self.negative_margin)[rel.negative]):
            if (x > 0).any():
                contrast = contrast + x[x > 0].mean()
        spread = self.weight * (s_NM.mean() - self.target) ** 2
        return self.balance * contrast + (1 - self.balance) * context + spread


def _open(hinges_NN: Tensor) -> Tensor:
    """Mean over those that are not zero."""
    return hinges_NN.sum() / (hinges_NN > 0).sum().clamp_min(1)


def _shared(members_NN: Tensor) -> Tensor:
    """What share of each set is in each other one; a set of nothing shares nothing."""
    return members_NN @ members_NN.T / members_NN.detach().sum(1, keepdim=True).clamp_min(1)


def _part(one: Tensor, other: Tensor) -> Tensor:
    """The share of one set that is in the other."""
    return (one * other).sum() / one.detach().sum().clamp_min(1)


def _stepped(x: Tensor, threshold: Tensor, slope: float) -> Tensor:
    return cast(Tensor, _Step.apply(x, threshold.detach(), slope))  # pyright: ignore[reportUnknownMemberType]


class _Step(torch.autograd.Function):
    """1 from a threshold on, with a derivative that is the same everywhere."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, threshold: Tensor, slope: float) -> Tensor:
        ctx.slope = slope
        return (x >= threshold).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return grad * ctx.slope, None, None
