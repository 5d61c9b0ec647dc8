"""Users and items with a vector for each modality of the items beside their own."""

from collections.abc import Sequence

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph, sparse_rows
from counterpoint.encoders.homogeneous import relatives
from counterpoint.encoders.light_gcn import LightGCN, mean_of_powers
from counterpoint.encoders.meta_filter import MetaFilter


class ModalGCN(LightGCN):
    """LightGCN over identities and modal features, after a step over graphs of users alone and of items alone.

    Formula, for a node with identity e and features x_g of modality g (users: the mean of what they took):
    ``h = normalize(S [e, W_1 x_1, .., W_G x_G])`` with S a mean over relatives, by co-occurrence and by likeness. The
    modal parts of items pass a layer normalisation, and all a parametric ReLU; all parts are spread over the bipartite
    graph as in LightGCN, to e and h_g. A node is ``[prelu(h_1) + e, .., prelu(h_G) + e, prelu(f) + e]`` with f what
    :class:`MetaFilter` lets through of e. Ma, Zeng, Wu and Xu (2025), REARM, as in the public code but for its
    attention between features; features do not learn.
    """

    def __init__(
        self,
        graph: BipartiteGraph,
        features: Sequence[np.ndarray],
        *,
        dim: int = 64,
        layers: int = 3,
        relations: tuple[int, float] | None = None,
        rank: int = 0,
    ) -> None:
        """Draw weights from torch's random state.

        Args:
            graph: Of the training interactions.
            features: Of items, `[I, F_g]` for each modality; here they are centred and of variance 1 on the whole.
            dim: D.
            layers: Of the bipartite graph.
            relations: Neighbours, and the share of those by co-occurrence; None for no graphs of one kind.
            rank: Of the filter; 0 for none.

        Raises:
            InputError: No modality, or not one row an item.
        """
        super().__init__(graph, dim=dim, layers=layers)
        if not features or any(len(one) != graph.shape[1] for one in features):
            rows = ", ".join(str(len(one)) for one in features) or "none"
            raise InputError(f"features must have a row for each of {graph.shape[1]} items, got {rows}")
        taken = sparse.csr_array((np.ones(len(graph.users)), (graph.users, graph.items)), graph.shape)
        items = [_scaled(one) for one in features]
        sizes = np.maximum(taken.sum(axis=1), 1)[:, None]
        sides = ([(taken @ one) / sizes for one in items], items)
        self._features = [[torch.from_numpy(one).float() for one in side] for side in sides]
        self._relatives: list[Tensor] = []
        for there, side in zip((taken, sparse.csr_array(taken.T)), sides, strict=True):
            if relations is not None:
                alike = np.concatenate([_unit(one) for one in side], axis=1)
                self._relatives.append(sparse_rows(relatives(there, alike, k=relations[0], share=relations[1])))
        self.maps = nn.ModuleList(nn.Linear(one.shape[1], dim) for _ in sides for one in features)
        self.level, self.bend = nn.LayerNorm(dim), nn.PReLU()
        self.filters = nn.ModuleList(MetaFilter(dim, told=dim * len(features), rank=rank) for _ in sides if rank)

    def parts(self) -> tuple[Tensor, Tensor]:
        """Identities `[U + I, D]` and modal parts `[U + I, G D]`, spread over the bipartite graph."""
        of, sides = len(self._features[0]), list[Tensor]()
        for place, identity in enumerate(self.split(self.table)):
            maps = list(self.maps)[place * of : (place + 1) * of]
            rows = torch.cat([identity, *(one(x) for one, x in zip(maps, self._features[place], strict=True))], dim=1)
            rows = normalize(self._relatives[place] @ rows if self._relatives else rows, dim=1)
            identity, *told = rows.chunk(1 + of, dim=1)
            sides.append(torch.cat([identity, *(self.bend(self.level(x) if place else x) for x in told)], dim=1))
        width = self.table.shape[1]
        found = mean_of_powers(self.graph.adjacency, torch.cat(sides), self.layers)
        identity, told = found.split([width, of * width], dim=1)
        return identity, told

    def shared(self, identity: Tensor, told: Tensor) -> Tensor:
        """What the filters let through of identities, `[U + I, D]`; both are those of :meth:`parts`.

        Raises:
            InputError: There is no filter.
        """
        if not len(self.filters):
            raise InputError("rank must be at least 1 for a shared part, got 0")
        pairs = zip(self.filters, self.split(identity), self.split(told), strict=True)
        return torch.cat([one(rows, by) for one, rows, by in pairs])

    def joined(self, identity: Tensor, told: Tensor) -> Tensor:
        """What is ranked by, from :meth:`parts`: `[U + I, G D]`, and D more with a filter."""
        found = list(told.chunk(len(self._features[0]), dim=1))
        if len(self.filters):
            found.append(self.shared(identity, told))
        return torch.cat([self.bend(one) + identity for one in found], dim=1)

    def forward(self, nodes: Tensor | None = None) -> Tensor:
        """What is ranked by, users then items; not normalised.

        Args:
            nodes: int64 `[m]`: their rows alone.
        """
        rows = self.joined(*self.parts())
        return rows if nodes is None else rows.index_select(0, nodes)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _scaled(features: np.ndarray) -> np.ndarray:
    centred = features - features.mean(axis=0)
    return centred / max(float(centred.std()), 1e-12)
