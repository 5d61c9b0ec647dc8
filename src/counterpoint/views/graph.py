"""Views of a graph: without some edges and without some features."""

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True)
class GraphView:
    """A share of the edges and a share of the features left out, drawn anew at every call.

    Zhu, Xu, Yu, Liu, Wu and Wang (2020), "Deep Graph Contrastive Representation Learning" (GRACE), arXiv:2006.04131,
    Section 3.2. Both directions of an edge go together.

    Attributes:
        edges: Share of edges left out.
        features: Share of features left out, the same ones for all nodes.

    Raises:
        InputError: A share that does not lie in 0..1.
    """

    edges: float = 0.2
    features: float = 0.2

    def __post_init__(self) -> None:
        """Check the shares."""
        for name in ("edges", "features"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name} must lie in 0..1, below 1, got {getattr(self, name)}")

    def __call__(self, x_NF: Tensor, edges_2E: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Features and edges of the view; edges are first one way, then back, as ``graph_tensors`` gives them."""
        return drop_features(x_NF, self.features, generator), drop_edges(edges_2E, self.edges, generator)


def drop_edges(edges_2E: Tensor, share: float | Tensor, generator: torch.Generator) -> Tensor:
    """Edges without a random share of them, both directions together.

    Args:
        edges_2E: int64 `[2, 2E]`, first one way, then back.
        share: Chance to be left out, one for all or `[E]`.
        generator: Of the draw.
    """
    count = edges_2E.shape[1] // 2
    keep = torch.rand(count, generator=generator) >= share
    return edges_2E[:, keep.repeat(2)]


def drop_features(x_NF: Tensor, share: float | Tensor, generator: torch.Generator) -> Tensor:
    """Features with a random share of the columns set to 0.

    Args:
        x_NF: Dense or sparse `[N, F]`.
        share: Chance to be left out, one for all or `[F]`.
        generator: Of the draw.
    """
    keep = (torch.rand(x_NF.shape[1], generator=generator) >= share).to(x_NF.dtype)
    if not x_NF.is_sparse:
        return x_NF * keep
    place, values = x_NF.indices(), x_NF.values() * keep[x_NF.indices()[1]]
    return torch.sparse_coo_tensor(place, values, x_NF.shape, is_coalesced=True, check_invariants=False)
