"""Encoders of the nodes of a graph: convolutions, attention, isomorphism layers, and none at all."""

from enum import StrEnum
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.geometric import geometric_layers


class Layer(StrEnum):
    """How a layer takes in a node's neighbours."""

    GCN = "gcn"
    GAT = "gat"
    GIN = "gin"
    NONE = "none"


class GraphEncoder(nn.Module):
    """Layers of one kind with an activation between them, over a whole graph at once.

    ``gcn``: Kipf and Welling (2017), arXiv:1609.02907. ``gat``: Velickovic and others (2018), arXiv:1710.10903, heads
    averaged. ``gin``: Xu and others (2019), arXiv:1810.00826, each with a perceptron of two layers. ``none`` is a
    perceptron of the features, such as :func:`propagated` ones. The graph layers are PyTorch Geometric's.

    Attributes:
        layers: The layers, in order.
        features: F.
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        *,
        layer: Layer = Layer.GCN,
        heads: int = 4,
        activate_last: bool = False,
        dropout: float = 0.0,
    ) -> None:
        """Draw weights from torch's random state.

        Args:
            widths: Of the features, of every hidden layer, and D: two numbers or more.
            layer: Which kind.
            heads: Of attention.
            activate_last: Whether the activation also follows the last layer, as in GRACE.
            dropout: Share of hidden values left out in training.

        Raises:
            InputError: Fewer than two widths, or one below 1.
        """
        super().__init__()
        if len(widths) < 2 or min(widths) < 1:
            raise InputError(f"widths must be two or more positive numbers, got {widths}")
        self.kind, self.activate_last, self.features = layer, activate_last, widths[0]
        self.layers = nn.ModuleList(_layer(layer, one, other, heads) for one, other in pairwise(widths))
        self.activations = nn.ModuleList(nn.PReLU() for _ in self.layers)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_NF: Tensor, edges_2E: Tensor, weights_E: Tensor | None = None) -> Tensor:
        """`[N, D]`; not normalised.

        Args:
            x_NF: Features, dense or sparse.
            edges_2E: int64 `[2, E]`, from and to; both directions of an undirected graph. ``none`` does not read them.
            weights_E: Of edges; for ``gcn`` alone.

        Raises:
            InputError: Features of another width, edges of another shape or to nodes that do not exist, weights for
                another kind of layer, or not one for each edge.
        """
        if x_NF.ndim != 2 or x_NF.shape[1] != self.features:
            raise InputError(f"x must be [N, F] with F = {self.features}, got {list(x_NF.shape)}")
        if self.kind is not Layer.NONE:
            _check_edges(edges_2E, len(x_NF))
        if weights_E is not None and self.kind is not Layer.GCN:
            raise InputError(f"weights of edges need layers of the kind gcn, got {self.kind}")
        if weights_E is not None and weights_E.shape != edges_2E.shape[1:]:
            raise InputError(f"weights must be [E] for E = {edges_2E.shape[1]} edges, got {list(weights_E.shape)}")
        h_ND = x_NF.to_dense() if self.kind is Layer.GIN and x_NF.is_sparse else x_NF
        for number, (layer, activation) in enumerate(zip(self.layers, self.activations, strict=True)):
            if self.kind is Layer.NONE:
                h_ND = layer(h_ND)
            else:
                h_ND = layer(h_ND, edges_2E) if weights_E is None else layer(h_ND, edges_2E, weights_E)
            if number < len(self.layers) - 1 or self.activate_last:
                h_ND = self.dropout(activation(h_ND))
        return h_ND


def _check_edges(edges_2E: Tensor, nodes: int) -> None:
    if edges_2E.ndim != 2 or len(edges_2E) != 2 or edges_2E.dtype != torch.int64:
        raise InputError(f"edges must be int64 [2, E], got {edges_2E.dtype} {list(edges_2E.shape)}")
    if edges_2E.numel() and (int(edges_2E.min()) < 0 or int(edges_2E.max()) >= nodes):
        raise InputError(f"edges must join nodes 0..{nodes - 1}, got {int(edges_2E.min())} to {int(edges_2E.max())}")


def _layer(kind: Layer, inputs: int, outputs: int, heads: int) -> Any:
    match kind:
        case Layer.NONE:
            return nn.Linear(inputs, outputs)
        case Layer.GCN:
            return geometric_layers().GCNConv(inputs, outputs)
        case Layer.GAT:
            return geometric_layers().GATConv(inputs, outputs, heads=heads, concat=False)
        case Layer.GIN:
            perceptron = nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU(), nn.Linear(outputs, outputs))
            return geometric_layers().GINConv(perceptron)
