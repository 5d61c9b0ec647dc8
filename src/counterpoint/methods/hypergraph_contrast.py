"""First-order vectors of users and items against those of hypergraphs."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.hypergraphs import HypergraphGCN
from counterpoint.encoders.light_gcn import LightGCN
from counterpoint.methods.graph_contrast import Encode, GraphContrast, Views
from counterpoint.objectives import NTXent


@dataclass(frozen=True, kw_only=True, eq=False)
class HypergraphContrast(GraphContrast):
    """MMHCL: what is ranked by has both orders, and is contrasted with the second.

    Formula: ``e = LightGCN + s / |s|`` with s the second order, and NT-Xent of e and s: other nodes of both views are
    negatives. Guo, Zhang, Wang, Wang, Zhang, Liu and Cui (2025), arXiv:2504.16576, as in the public code.

    Attributes:
        alike: Edges of items, sparse `[I, edges]`, of all modalities side by side.
    """

    weight: float = 0.05
    temperature: float = 0.6
    alike: sparse.csr_array

    def learner(self, graph: BipartiteGraph, *, dim: int, layers: int) -> HypergraphGCN:
        """Both tables."""
        return HypergraphGCN(graph, self.alike, dim=dim, layers=layers)

    def table(self, model: LightGCN) -> Tensor:
        """The sum of both orders."""
        return model() + normalize(_second(model), dim=1)

    def between(self, first: Tensor, second: Tensor) -> Tensor:
        """NT-Xent, with negatives of both views."""
        return NTXent(temperature=self.temperature)(first, second)

    def epoch(self, model: LightGCN, rng: np.random.Generator) -> Encode:
        """One pass a step over each graph."""
        del rng

        def encode(_: torch.Generator, nodes: Tensor) -> tuple[Tensor, Views]:
            second = _second(model)
            both = model() + normalize(second, dim=1)
            return both.index_select(0, nodes), [(both, second)]

        return encode


def _second(model: LightGCN) -> Tensor:
    if not isinstance(model, HypergraphGCN):
        raise InputError(f"the contrast of hypergraphs needs a HypergraphGCN, got {type(model).__name__}")
    return model.second_order()
