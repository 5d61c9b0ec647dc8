"""Node compactness: how safely a node stays nearer to itself than to others, whatever edges its view misses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn.functional import logsigmoid

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.base.sparse import sparse_tensor
from counterpoint.encoders.graph import GraphEncoder, Layer


@dataclass(frozen=True, eq=False)
class EdgeBounds:
    """Between what the entries of the normalised adjacency lie when edges are left out; sparse `[N, N]`.

    Attributes:
        low: 0 for every edge, ``1 / (d_i + 1)`` for a node itself.
        high: ``1 / sqrt((d_i + 1 - b_i) (d_j + 1 - b_j))`` with at most ``b_i`` edges of node i left out.
    """

    low: Tensor
    high: Tensor

    @staticmethod
    def of(edges: np.ndarray, n: int, *, share: float) -> "EdgeBounds":
        """Bounds when each node loses at most a share of its edges, rounded up.

        Args:
            edges: int `[E, 2]`, each once.
            n: Number of nodes.
            share: Between 0 and 1.

        Raises:
            InputError: Another share.
        """
        if not 0 <= share <= 1:
            raise InputError(f"share must lie in 0..1, got {share}")
        degrees = np.bincount(edges.ravel(), minlength=n)
        least = degrees + 1 - np.ceil(share * degrees)
        rows, cols = (np.concatenate([edges[:, k], edges[:, 1 - k], np.arange(n)]) for k in (0, 1))
        # An edge that is there leaves both of its ends with two entries at least.
        there = np.where(rows == cols, 1.0, 2.0)
        high = 1 / np.sqrt(np.maximum(least[rows], there) * np.maximum(least[cols], there))
        low = np.where(rows == cols, 1 / (degrees[rows] + 1), 0.0)
        return EdgeBounds(*(sparse_tensor(sparse.coo_array((values, (rows, cols)), (n, n))) for values in (low, high)))


def compactness(encoder: GraphEncoder, x_NF: Tensor, edges_2E: Tensor, other_ND: Tensor, bounds: EdgeBounds) -> Tensor:
    """A lower bound `[N]` of ``z_i . (u_i - mean of the other u)``, u the unit rows of the other view.

    The activations are replaced by lines that hold for every graph within the bounds, and the linear function that
    remains is evaluated on the view's own edges: for any such view the bound does not exceed the true product. Yu,
    Wang, Zhang, Liu and Shi (2023), "Provable Training for Graph Contrastive Learning", arXiv:2309.13944.
    Its public code takes bounds of the first layer as exact in the second, and the weights of the last neighbour for
    those of the node itself; here both are those of the theorem.

    Args:
        encoder: Two GCN layers, the last one activated too.
        x_NF: Features of the view.
        edges_2E: Its edges, both directions.
        other_ND: The other view's rows.
        bounds: Which graphs are allowed.

    Raises:
        InputError: The encoder is another one.
    """
    if encoder.kind is not Layer.GCN or len(encoder.layers) != 2 or not encoder.activate_last:
        raise InputError("compactness needs an encoder of two activated layers of the kind gcn")
    first, second = cast(list[Any], list(encoder.layers))
    slopes = [cast(Tensor, one.weight) for one in encoder.activations]
    values = first.lin(x_NF)
    low1, high1 = _spread(values, values, bounds, first.bias)
    low2, high2 = _spread(
        *_linear(_bent(low1, slopes[0]), _bent(high1, slopes[0]), second.lin.weight), bounds, second.bias
    )
    n = len(other_ND)
    unit = unit_rows(other_ND)
    wanted_ND = (unit * n - unit.sum(0)) / (n - 1)
    slope, offset = _line(low2, high2, slopes[1], wanted_ND)
    inner_ND = wanted_ND * slope
    constant_N = (inner_ND * second.bias).sum(1) + (wanted_ND * offset).sum(1)
    inner_NH = inner_ND @ second.lin.weight
    before_NH = first(x_NF, edges_2E)
    total_N = constant_N
    for sign in (1, -1):
        slope, offset = _line(low1, high1, slopes[0], torch.full_like(before_NH, float(sign)))
        spread_NH = _propagated(before_NH * slope + offset, edges_2E)
        total_N = total_N + ((sign * inner_NH).clamp_min(0) * sign * spread_NH).sum(1)
    return total_N


def compactness_loss(compact_N: Tensor) -> Tensor:
    """``mean_i -log sigmoid(compactness_i)``: the paper's POT."""
    return -logsigmoid(compact_N).mean()


Encoded = tuple[Tensor, Tensor, Tensor]
"""Of a view: features `[N, F]`, edges int64 `[2, 2E]` in both directions, and the encoder's rows `[N, D]`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CompactnessPenalty:
    """What is added to a contrast of two views so that it raises the bounds of both: the paper's POT.

    Formula: ``kappa / (1 - kappa) (POT_1 + POT_2) / 2``, each view's :func:`compactness_loss` against the other one's
    rows; beside a contrast of weight 1 this is the paper's sum with weights ``1 - kappa`` and ``kappa``.

    Attributes:
        bounds: Which graphs are allowed as the first view, and as the second.
        kappa: At least 0 and below 1; 0.05.

    Raises:
        InputError: Another kappa.
    """

    bounds: tuple[EdgeBounds, EdgeBounds]
    kappa: float = 0.05

    def __post_init__(self) -> None:
        """Check the weight."""
        if not 0 <= self.kappa < 1:
            raise InputError(f"kappa must be at least 0 and below 1, got {self.kappa}")

    def __call__(self, encoder: GraphEncoder, first: Encoded, second: Encoded) -> Tensor:
        """The penalty, a scalar, of an encoder as :func:`compactness` takes it, and of both views as it saw them."""
        sides = ((first, second, self.bounds[0]), (second, first, self.bounds[1]))
        losses = [compactness_loss(compactness(encoder, *one[:2], other[2], limits)) for one, other, limits in sides]
        return self.kappa / (1 - self.kappa) * (losses[0] + losses[1]) / 2


@torch.no_grad()
def certified_nodes(
    encoder: GraphEncoder, views: Iterable[tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]], bounds: EdgeBounds
) -> Tensor:
    """Which nodes have a positive bound in every pair of views, bool `[N]`: nearer to themselves for sure.

    Args:
        encoder: As :func:`compactness` takes it.
        views: Pairs of features and edges of one view, and of another whose rows the first is compared with.
        bounds: Which graphs are allowed as the first.

    Raises:
        InputError: There are no views, or the encoder is another one.
    """
    safe = [compactness(encoder, *one, encoder(*other), bounds) > 0 for one, other in views]
    if not safe:
        raise InputError("views must be one pair or more, got none")
    return torch.stack(safe).all(0)


def _spread(low_NH: Tensor, high_NH: Tensor, bounds: EdgeBounds, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Least and largest of ``A V + b`` for entries of A (not negative) and of V within their bounds."""
    least = bounds.low @ low_NH.clamp_min(0) - bounds.high @ (-low_NH).clamp_min(0)
    most = bounds.high @ high_NH.clamp_min(0) - bounds.low @ (-high_NH).clamp_min(0)
    return least + bias, most + bias


def _linear(low_NH: Tensor, high_NH: Tensor, weight_DH: Tensor) -> tuple[Tensor, Tensor]:
    up, down = weight_DH.T.clamp_min(0), weight_DH.T.clamp_max(0)
    return low_NH @ up + high_NH @ down, high_NH @ up + low_NH @ down


def _bent(x: Tensor, slope: Tensor) -> Tensor:
    return torch.where(x >= 0, x, slope * x)


def _line(low: Tensor, high: Tensor, slope: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Slope and offset of a line below the activation where it is wanted large, above it where it is wanted small.

    Both have the slope of the chord between the bounds; the lower one goes through 0, where the activation bends.
    """
    crossing = (low < 0) & (high > 0)
    width = torch.where(crossing, high - low, 1.0)
    chord = torch.where(crossing, (high - slope * low) / width, torch.where(low >= 0, 1.0, slope))
    above = torch.where(crossing, (slope - 1) * low * high / width, 0.0)
    return chord, torch.where(wanted >= 0, 0.0, above)


def _propagated(rows_NH: Tensor, edges_2E: Tensor) -> Tensor:
    """``D^-1/2 (A + I) D^-1/2 H``, the GCN layer's own product."""
    degrees = torch.bincount(edges_2E[0], minlength=len(rows_NH)).to(rows_NH.dtype) + 1
    scaled = rows_NH * degrees.rsqrt()[:, None]
    return (scaled.index_add(0, edges_2E[1], scaled[edges_2E[0]])) * degrees.rsqrt()[:, None]
