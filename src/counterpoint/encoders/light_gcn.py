"""Users and items as vectors that are spread over the graph of who took what."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import torch
from scipy import sparse
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph, sparse_rows

_WIDTH = 32
"""Columns of a product at a time: the rows that it picks from all over then stay in the processor's cache."""


class LightGCN(nn.Module):
    """A vector per user and item, averaged over its neighbours again and again.

    Formula: ``E_0`` learnt, ``E_l = A E_{l-1}``, and the embedding is the mean of ``E_0 .. E_L``. He, Deng, Wang, Li,
    Zhang and Wang (2020), "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation",
    arXiv:2002.02126, Eqs. 3 to 4.

    Attributes:
        graph: What is propagated over unless another graph is given.
        layers: L.
    """

    def __init__(self, graph: BipartiteGraph, *, dim: int = 64, layers: int = 3) -> None:
        """Draw the vectors from torch's random state, uniformly by Xavier's rule as the public code does.

        Args:
            graph: Of the training interactions.
            dim: D.
            layers: L, at least 1.

        Raises:
            InputError: Sizes below 1.
        """
        super().__init__()
        if min(dim, layers) < 1:
            raise InputError(f"dim and layers must be at least 1, got {dim} and {layers}")
        self.graph, self.layers = graph, layers
        self.table = nn.Parameter(
            torch.cat([nn.init.xavier_uniform_(torch.empty(count, dim)) for count in graph.shape])
        )

    def spread(
        self,
        graph: BipartiteGraph | None = None,
        *,
        noise: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> list[Tensor]:
        """``E_0 .. E_L``, each `[U + I, D]`.

        Args:
            graph: In place of the model's own.
            noise: Length of a random vector added to every row after every layer, in the row's own orthant: SimGCL's
                (Yu, Yin, Xia and others, 2022, arXiv:2112.08679, Eq. 7).
            generator: Of the noise.
        """
        adjacency = (self.graph if graph is None else graph).adjacency
        found: list[Tensor] = [self.table]
        for _ in range(self.layers):
            rows = spread(adjacency, found[-1])
            if noise:
                away = torch.rand(rows.shape, generator=generator, device=rows.device)
                rows = rows + noise * rows.sign() * nn.functional.normalize(away, dim=1)
            found.append(rows)
        return found

    def forward(self, nodes: Tensor | None = None) -> Tensor:
        """`[U + I, D]`: users, then items; not normalised.

        Args:
            nodes: int64 `[m]`: theirs alone, `[m, D]`, for less work.
        """
        return mean_of_powers(self.graph.adjacency, self.table, self.layers, nodes=nodes)

    def split(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Those of the users, and those of the items."""
        users, items = rows.split(list(self.graph.shape))
        return users, items


def mean_layer(layers: Sequence[Tensor]) -> Tensor:
    """The mean of layers `[n, D]`, without a copy of all of them side by side."""
    total = layers[0]
    for one in layers[1:]:
        total = total + one
    return total / len(layers)


def spread(adjacency: Tensor, rows: Tensor) -> Tensor:
    """``A X`` for a symmetric sparse A `[n, n]` that does not learn; its gradient is the same product."""
    return cast(Tensor, _Symmetric.apply(adjacency, rows))  # pyright: ignore[reportUnknownMemberType]


class _Symmetric(torch.autograd.Function):
    # torch's own backward pass transposes the matrix at every step.

    @staticmethod
    def forward(ctx: Any, adjacency: Tensor, rows: Tensor) -> Tensor:
        ctx.adjacency = adjacency
        found = torch.empty_like(rows)
        for part, place in _in_columns(rows, found):
            place.copy_(adjacency @ part)
        return found

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return None, spread(ctx.adjacency, grad)


def mean_of_powers(adjacency: Tensor, rows: Tensor, layers: int, *, nodes: Tensor | None = None) -> Tensor:
    """``(X + A X + .. + A^L X) / (L + 1)`` for a symmetric sparse A that does not learn, without keeping the layers.

    Args:
        adjacency: A, CSR `[n, n]`.
        rows: X, `[n, D]`.
        layers: L, at least 1.
        nodes: int64 `[m]`: these rows of the mean alone, `[m, D]`. The last product of the way there and the first of
            the way back are then as small as they are.
    """
    at = None if nodes is None else (nodes, *_picked(adjacency, nodes))
    return cast(Tensor, _MeanOfPowers.apply(adjacency, rows, layers, at))  # pyright: ignore[reportUnknownMemberType]


class _MeanOfPowers(torch.autograd.Function):
    # A polynomial of a symmetric matrix is symmetric: its gradient is the same map, from few rows to all instead of
    # from all to few.

    @staticmethod
    def forward(
        ctx: Any, adjacency: Tensor, rows: Tensor, layers: int, at: tuple[Tensor, Tensor, Tensor] | None
    ) -> Tensor:
        ctx.given = adjacency, layers, at
        found = rows.new_empty(len(rows) if at is None else len(at[0]), rows.shape[1])
        for part, place in _in_columns(rows, found):
            total = part
            for _ in range(layers if at is None else layers - 1):
                total = torch.addmm(part, adjacency, total)
            if at is not None:
                total = torch.addmm(part.index_select(0, at[0]), at[1], total)
            torch.div(total, layers + 1, out=place)
        return found

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        adjacency, layers, at = ctx.given
        if at is None:
            return None, mean_of_powers(adjacency, grad, layers), None, None
        found = grad.new_empty(len(adjacency), grad.shape[1])
        for part, place in _in_columns(grad, found):
            own = part.new_zeros(len(adjacency), part.shape[1]).index_add_(0, at[0], part)
            total = torch.addmm(own, at[2], part)
            for _ in range(layers - 1):
                total = torch.addmm(own, adjacency, total)
            torch.div(total, layers + 1, out=place)
        return None, found, None, None


def _in_columns(rows: Tensor, found: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """A few columns of what is given, side by side in memory, and the place of what comes of them."""
    width = _WIDTH if rows.device.type == "cpu" else rows.shape[1]
    for part, place in zip(rows.split(width, dim=1), found.split(width, dim=1), strict=True):
        yield part.contiguous(), place


def _picked(adjacency: Tensor, nodes: Tensor) -> tuple[Tensor, Tensor]:
    """Some rows of a CSR matrix, and the same transposed."""
    entries = [one.cpu().numpy() for one in (adjacency.values(), adjacency.col_indices(), adjacency.crow_indices())]
    some = sparse.csr_array(tuple(entries), shape=tuple(adjacency.shape))[nodes.cpu().numpy()]
    return sparse_rows(some).to(adjacency), sparse_rows(sparse.csr_array(some.T)).to(adjacency)
