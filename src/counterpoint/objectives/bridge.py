"""Points of a path against points of other paths, by how well a Brownian bridge between its ends explains them."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._softmax import softmax_losses, softmax_terms
from counterpoint.pairwise import Dot, Given, ManyViews, Needs, Problem, Similarity, Terms, Tile, rows
from counterpoint.pairwise.views import same_rows, side_by_side


@dataclass(frozen=True, kw_only=True)
class BridgeContrast(ManyViews):
    """Contrast of paths pinned at both ends: a point is told from those of other paths by a Brownian bridge.

    Formula, for point v of path i, at time t after the first point and with T from the first to the last: among the
    v-th points z of all paths its score is minus the squared distance from the mean of the bridge over twice its
    variance, ``s_ij = -|z_jv - (1 - t/T) z_i0 - t/T z_iT|^2 / (2 c t (T - t) / T)``, and
    ``loss_iv = log sum_j exp(s_ij) - s_ii``; mean over the points between the ends, then over paths. Without a point
    between, the second of two is told by a motion from the first, ``s_ij = -|z_j1 - z_i0|^2 / (2 c t)``, which is the
    rival in the public code. The pins of first and last sentences in that code are left out.

    Shapes: `[N, V, D]`, points of a path in the order of time; or two points `[N, D]`.

    Rounding: squares are expanded, so paths far from the origin should be shifted, all alike; see
    ``NegativeSquaredEuclidean``.

    Attributes:
        temperature: ``c``, the variance of the motion in a unit of time, positive; 1 as in the paper.
        times: `[N, V]`, when each point of this process's paths is, rising along every path; one unit of time apart
            where not given. They belong to a batch: an objective that has them cannot be saved in a recipe.

    Raises:
        InputError: Times are no matrix of finite numbers that rise along its rows, or not one for each point.

    Example:
        >>> import torch
        >>> path = torch.tensor([0.0, 1.0, 2.0, 3.0])[None, :, None] * torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
        >>> bool(BridgeContrast()(9 * path) < BridgeContrast()(path))  # paths that lie apart are told apart
        True
        >>> torch.equal(BridgeContrast(times=torch.arange(4).expand(2, 4))(path), BridgeContrast()(path))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Wang, Durmus, Goodman and Hashimoto",
        "Language modeling via stochastic processes",
        2022,
        "arXiv:2203.11370",
        "Eq. 2 and 3",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    square: ClassVar[bool] = False
    similarity: Similarity = field(default=Dot(), init=False, repr=False)
    temperature: float = 1.0
    times: Tensor | None = field(default=None, repr=False, compare=False, metadata={"learnable": False})

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        if self.times is not None:
            _check_times(self.times)

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """Bridges and points as rows whose inner products are scores, `[N, V - 2, D + 2]` each."""
        path_NVD = super().arrange(anchors, candidates, given).anchors
        n, points = path_NVD.shape[:2]
        times = torch.arange(points).expand(n, points) if self.times is None else self.times
        if times.shape != (n, points):
            raise InputError(f"times must be [{n}, {points}], one for each point, got {list(times.shape)}")
        # Dates in seconds have more digits than float32: differences are taken before they are rounded.
        lapsed_NV, left_NV = (one.to(path_NVD) for one in (times - times[:, :1], times[:, -1:] - times))
        mean_NPD, weight_NP = _bridges(path_NVD, lapsed_NV, left_NV)
        point_NPD = path_NVD[:, 1 : max(2, points - 1)]
        return Problem(*_factors(mean_NPD, weight_NP, point_NPD), same_rows(path_NVD))

    def parts(self, problem: Problem) -> list[Problem]:
        """The first point between the ends of all paths, then the second, and so on."""
        pairs = zip(problem.anchors.unbind(1), problem.candidates.unbind(1), strict=True)
        return [Problem(bridge, point, problem.relation) for bridge, point in pairs]

    def joined(self, found: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """`[N, V - 2]` each."""
        return side_by_side(found)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """InfoNCE's."""
        yield from softmax_terms(rows, s_NM / self.temperature, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over points, then over paths."""
        return self.mean(softmax_losses(*statistics).mean(1))

    def reference(self, s_PNN: Tensor, rel: Tile, /) -> Tensor:
        """Eq. 2, point by point."""
        own = rel.positive.int().argmax(1)
        return torch.stack([cross_entropy(s_NN / self.temperature, own) for s_NN in s_PNN]).mean()


def _bridges(path_NVD: Tensor, lapsed_NV: Tensor, left_NV: Tensor) -> tuple[Tensor, Tensor]:
    """At the points that are told: mean `[N, P, D]`, and one over twice the variance `[N, P]` for c = 1."""
    if path_NVD.shape[1] == 2:
        return path_NVD[:, :1], 1 / (2 * lapsed_NV[:, 1:])
    lapsed_NP, total_N1 = lapsed_NV[:, 1:-1], lapsed_NV[:, -1:]
    share_NP1 = (lapsed_NP / total_N1)[:, :, None]
    mean_NPD = (1 - share_NP1) * path_NVD[:, :1] + share_NP1 * path_NVD[:, -1:]
    return mean_NPD, total_N1 / (2 * (lapsed_NP * left_NV[:, 1:-1]))


def _factors(mean_NPD: Tensor, weight_NP: Tensor, point_NPD: Tensor) -> tuple[Tensor, Tensor]:
    """``-w |z - m|^2`` as the inner product of ``[2 w m | -w | -w |m|^2]`` and ``[z | |z|^2 | 1]``."""
    w = weight_NP[:, :, None]
    bridge = torch.cat([2 * w * mean_NPD, -w, -w * mean_NPD.square().sum(2, keepdim=True)], 2)
    square = point_NPD.square().sum(2, keepdim=True)
    return bridge, torch.cat([point_NPD, square, torch.ones_like(square)], 2)


def _check_times(times: Tensor) -> None:
    """Refuse times at which a bridge has no variance."""
    if times.ndim != 2 or times.is_complex() or times.dtype == torch.bool or times.shape[1] < 2:
        raise InputError(f"times must be numbers [N, V], two or more of a path, got {times.dtype} {list(times.shape)}")
    rising = torch.isfinite(times).all(1) & (times[:, 1:] > times[:, :-1]).all(1)
    if not bool(rising.all()):
        row = int((~rising).nonzero()[0])
        found = list(map(float, times[row]))
        raise InputError(f"times must be finite and rise along every path, got {found} in row {row}")
