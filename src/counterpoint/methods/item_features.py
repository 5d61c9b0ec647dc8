"""Contrasts of LightGCN for items that have features."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.feature_gcn import FeatureGCN
from counterpoint.encoders.light_gcn import LightGCN
from counterpoint.methods.graph_contrast import Encode, GraphContrast


@dataclass(frozen=True, kw_only=True, eq=False)
class WithFeatures(GraphContrast):
    """A contrast over a graph whose items begin with their features; :func:`with_features` makes one.

    Attributes:
        inner: What is contrasted, with this weight and temperature.
        features: Of items, float32 `[I, F]`; see :class:`FeatureGCN`.
    """

    inner: GraphContrast
    features: np.ndarray

    def learner(self, graph: BipartiteGraph, *, dim: int, layers: int) -> FeatureGCN:
        """With a map of the features."""
        return FeatureGCN(graph, self.features, dim=dim, layers=layers)

    def table(self, model: LightGCN) -> Tensor:
        """As ``inner`` says."""
        return self.inner.table(model)

    def between(self, first: Tensor, second: Tensor) -> Tensor:
        """As ``inner`` says."""
        return self.inner.between(first, second)

    def epoch(self, model: LightGCN, rng: np.random.Generator) -> Encode:
        """As ``inner`` says."""
        return self.inner.epoch(model, rng)


def with_features(inner: GraphContrast, features: np.ndarray) -> WithFeatures:
    """The same contrast for items that have features.

    Args:
        inner: Any contrast of a plain LightGCN; none is :class:`NoContrast`.
        features: Of items, float32 `[I, F]`; see :class:`FeatureGCN`.

    Raises:
        InputError: The contrast brings a model of its own, which would not read them.
    """
    if type(inner).learner is not GraphContrast.learner:
        raise InputError(f"inner must be a contrast of a plain LightGCN, got {type(inner).__name__}")
    return WithFeatures(weight=inner.weight, temperature=inner.temperature, inner=inner, features=features)
