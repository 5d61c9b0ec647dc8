"""LightGCN whose items begin as a vector of their own and a map of their features."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.light_gcn import LightGCN


class FeatureGCN(LightGCN):
    """Items that share features share what is learnt of them, and one that nobody took has a vector by its features.

    Formula: ``E_0 = [e_u ; e_i + W x_i]``, spread over the graph as in :class:`LightGCN`, with x the features. An item
    without interactions has no neighbours and nothing learnt of its own: of it ``W x_i / (L + 1)`` is left, which is
    what :meth:`by_features` gives for any features. UniSRec adds both in the same way
    for items that are known (Hou, Mu, Zhao, Li, Ding and Wen, 2022, arXiv:2206.05941); users have no features.

    ``table`` is E_0 as a parametrisation, so that everything that starts from the table of a LightGCN does from this
    one: its contrasts, and the weight decay.
    """

    def __init__(self, graph: BipartiteGraph, features: np.ndarray, *, dim: int = 64, layers: int = 3) -> None:
        """Draw weights from torch's random state; W is uniform within ``1 / sqrt(F)``.

        Args:
            graph: Of the training interactions.
            features: Of items, `[I, F]`, which do not learn; the mean of their squared lengths should be near 1.
            dim: D.
            layers: L.

        Raises:
            InputError: Not one row an item, or no column; or as for :class:`LightGCN`.
        """
        super().__init__(graph, dim=dim, layers=layers)
        if features.ndim != 2 or len(features) != graph.shape[1] or not features.shape[1]:
            raise InputError(f"features must be [{graph.shape[1]}, F], a row for each item, got {list(features.shape)}")
        beside = _Beside(torch.from_numpy(features).float(), graph.shape[0], dim)
        self._beside = (beside,)  # registered once, as the parametrisation
        parametrize.register_parametrization(self, "table", beside)

    @torch.no_grad()
    def by_features(self, features: Tensor) -> Tensor:
        """What items without interactions get, `[N, D]`.

        Args:
            features: `[N, F]`, of the same columns.
        """
        found: Tensor = self._beside[0].map(features)
        return found / (self.layers + 1)


class _Beside(nn.Module):
    # The rows of the items with their features' map added.

    def __init__(self, features: Tensor, users: int, dim: int) -> None:
        super().__init__()
        self.users, self.map = users, nn.Linear(features.shape[1], dim, bias=False)
        self.register_buffer("features", features, persistent=False)

    def forward(self, table: Tensor) -> Tensor:
        users, items = table[: self.users], table[self.users :]
        return torch.cat([users, items + self.map(self.features)])
