"""Views of a graph: without some edges, without some features, and spread by diffusion."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from scipy.sparse import linalg
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


def diffused(adjacency: sparse.csr_array, *, restart: float = 0.15, keep: int = 32) -> sparse.csr_array:
    """Personalised PageRank of every node, its largest entries: a view that joins nodes that are near by many ways.

    Formula: ``a (I - (1 - a) D^-1/2 A D^-1/2)^-1``, of every row the ``keep`` largest. Gasteiger, Weissenberger and
    Guennemann (2019), "Diffusion Improves Graph Learning", arXiv:1911.05485, Eq. 2; the second view of MVGRL (Hassani
    and Khasahmadi, 2020, arXiv:2006.05582). The inverse is dense while it is made: memory N x N.

    Args:
        adjacency: Symmetric `[N, N]`, not negative.
        restart: ``a``, between 0 and 1.
        keep: Entries of a row that stay.

    Raises:
        InputError: A restart outside 0 to 1, or nothing kept.
    """
    if not 0 < restart < 1 or keep < 1:
        raise InputError(f"restart must lie between 0 and 1 and keep be at least 1, got {restart} and {keep}")
    degrees = np.asarray(adjacency.sum(1), dtype=np.float64).ravel()
    scale = np.power(degrees, -0.5, out=np.zeros_like(degrees), where=degrees > 0)
    spread = sparse.diags_array(scale) @ adjacency @ sparse.diags_array(scale)
    system = sparse.csc_array(sparse.eye_array(len(degrees)) - (1 - restart) * spread)
    rank = restart * linalg.splu(system).solve(np.eye(len(degrees)))
    least = np.sort(rank, axis=1)[:, -min(keep, len(degrees)), None]
    return sparse.csr_array(np.where(rank >= least, rank, 0.0))
