"""Nodes of one kind by the meta-paths that join them: a coarse view of who is joined, a fine one of what joins them."""

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn.functional import elu, normalize

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of, sparse_tensor


class MetaPathEncoder(nn.Module):
    """Two views of the same nodes with one propagation layer between them.

    Coarse: features spread over the mean of all meta-paths' graphs. Fine: for every meta-path, features beside the
    mean of what the path leads through (a learnt vector each), spread over that path's graph; paths are mixed by
    attention. A path's graph is never made: a step goes to the nodes in between and back, each a mean. Yu, Ge, Li and
    Zhou (2024), "Heterogeneous Graph Contrastive Learning with Meta-path Contexts and Adaptively Weighted Negative
    Samples", arXiv:2212.13847.

    Attributes:
        nodes: N.
    """

    def __init__(self, features: int, links: dict[str, sparse.csr_array], *, dim: int = 64) -> None:
        """Draw weights from torch's random state.

        Args:
            features: F.
            links: 0 and 1 `[N, M]` by the name of the meta-path.
            dim: D.

        Raises:
            InputError: There is no meta-path, one is of other nodes than the first, or a size below 1.
        """
        super().__init__()
        if min(features, dim) < 1:
            raise InputError(f"features and dim must be at least 1, got {features} and {dim}")
        self.nodes = _nodes_of(links)
        self.there = [_mean(one) for one in links.values()]
        self.back = [_mean(sparse.csr_array(one.T)) for one in links.values()]
        self.features, self.spread = nn.Linear(features, dim), nn.Linear(dim, dim)
        self.between = nn.ParameterList(0.1 * torch.randn(one.shape[1], dim) for one in self.there)
        self.contexts = nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in self.there)
        self.attention = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Linear(dim, 1, bias=False))

    def coarse(self, x_NF: Tensor) -> Tensor:
        """`[N, D]` from who is joined.

        Raises:
            InputError: Features of another shape than `[N, F]`.
        """
        h_ND = elu(self._read(x_NF))
        steps = [self._step(h_ND, path) for path in range(len(self.there))]
        return self.spread(torch.stack(steps).mean(0))

    def fine(self, x_NF: Tensor) -> Tensor:
        """`[N, D]` from who is joined by what; the embedding.

        Raises:
            InputError: Features of another shape than `[N, F]`.
        """
        h_ND = self._read(x_NF)
        found = []
        for path, (there, between, context) in enumerate(zip(self.there, self.between, self.contexts, strict=True)):
            met_ND = elu(elu(h_ND) + context(there @ between))
            found.append(normalize(self.spread(self._step(met_ND, path)), dim=1))
        rows_PND = torch.stack(found)
        share_P = torch.softmax(self.attention(rows_PND).mean((1, 2)), dim=0)
        return torch.einsum("p,pnd->nd", share_P, rows_PND)

    def _read(self, x_NF: Tensor) -> Tensor:
        wanted = (self.nodes, self.features.in_features)
        if tuple(x_NF.shape) != wanted:
            raise InputError(f"x must be [N, F] = {list(wanted)}, a row for every node, got {list(x_NF.shape)}")
        return self.features(x_NF)

    def _step(self, h_ND: Tensor, path: int) -> Tensor:
        return self.there[path] @ (self.back[path] @ h_ND)


def _nodes_of(links: dict[str, sparse.csr_array]) -> int:
    """N, the rows of every meta-path."""
    if not links:
        raise InputError("links must hold at least one meta-path")
    rows = {name: shape_of(one)[0] for name, one in links.items()}
    if len(set(rows.values())) > 1:
        raise InputError(f"links must be of the same nodes, one row each, got rows {rows}")
    return next(iter(rows.values()))


def _mean(matrix: sparse.csr_array) -> Tensor:
    """The matrix with rows that sum to 1 (or 0), a sparse float32 tensor."""
    rows = np.asarray(matrix.sum(1)).ravel()
    return sparse_tensor(sparse.diags_array(1 / np.maximum(rows, 1)) @ matrix)
