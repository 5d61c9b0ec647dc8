"""Recommenders on the graph of who took what: which two tables of vectors are contrasted beside the ranking."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.checks import check_not_negative, check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.light_gcn import LightGCN, mean_layer
from counterpoint.methods.item_ranking import ItemRanking, PairwiseRanking, Triples
from counterpoint.objectives import InfoNCE

Views = list[tuple[Tensor, Tensor]]
"""Pairs of tables `[U + I, D]` whose rows with one number are positives of each other."""

Encode = Callable[[torch.Generator, Tensor], tuple[Tensor, Views]]
"""Of one step: from the generator of the noise and the batch's nodes int64 `[m]` to their rows `[m, D]` of the table
that items are ranked by, and the views."""


@dataclass(frozen=True, kw_only=True)
class GraphContrast(ABC):
    """What is ranked by and what is contrasted, from one model.

    Attributes:
        weight: What the contrast counts beside the ranking loss.
        temperature: Of its InfoNCE.
    """

    weight: float
    temperature: float = 0.2

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: A negative weight, or a temperature that is not positive.
        """
        check_not_negative("weight", self.weight)
        check_positive_number("temperature", self.temperature)

    def learner(self, graph: BipartiteGraph, *, dim: int, layers: int) -> LightGCN:
        """What learns, with weights from torch's random state."""
        return LightGCN(graph, dim=dim, layers=layers)

    def table(self, model: LightGCN) -> Tensor:
        """What items are ranked by after training, `[U + I, D]`, without noise."""
        return model()

    def between(self, first: Tensor, second: Tensor) -> Tensor:
        """The loss of two views `[n, D]` of the same nodes: InfoNCE from the first to the second."""
        return InfoNCE(temperature=self.temperature)(first, second)

    @abstractmethod
    def epoch(self, model: LightGCN, rng: np.random.Generator) -> Encode:
        """What encodes at every step of an epoch; draws what stays the same for all of it."""


@dataclass(frozen=True, kw_only=True)
class NoContrast(GraphContrast):
    """LightGCN by itself."""

    weight: float = 0.0

    def epoch(self, model: LightGCN, rng: np.random.Generator) -> Encode:
        """The mean of the layers."""
        del rng
        return lambda _, nodes: (model(nodes), [])


@dataclass(frozen=True, kw_only=True)
class EdgeDrop(GraphContrast):
    """SGL: two graphs, each without a random share of the interactions, drawn once an epoch.

    Wu, Wang, Feng, He, Chen, Lian and Xie (2021), "Self-supervised Graph Learning for Recommendation",
    arXiv:2010.10783, Eqs. 6 and 10.

    Attributes:
        share: Of interactions left out.
    """

    weight: float = 0.1
    share: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: The share does not lie between 0 and 1, or as for any contrast.
        """
        super().__post_init__()
        if not 0 < self.share < 1:
            raise InputError(f"share must lie between 0 and 1, got {self.share}")

    def epoch(self, model: LightGCN, rng: np.random.Generator) -> Encode:
        """Three passes a step: over the whole graph, and over each of two that are drawn now."""
        one, other = (model.graph.dropped(self.share, rng) for _ in range(2))
        return lambda _, nodes: (model(nodes), [(mean_layer(model.spread(one)), mean_layer(model.spread(other)))])


@dataclass(frozen=True, kw_only=True)
class Noise(GraphContrast):
    """SimGCL: two passes with random noise after every layer, the first table left out of their means.

    Yu, Yin, Xia, Chen, Cui and Nguyen (2022), "Are Graph Augmentations Necessary? Simple Graph Contrastive Learning for
    Recommendation", arXiv:2112.08679, Eqs. 7 to 9.

    Attributes:
        noise: Length of the noise of a row.
    """

    weight: float = 0.2
    noise: float = 0.1

    def table(self, model: LightGCN) -> Tensor:
        """The mean without the first table."""
        return mean_layer(model.spread()[1:])

    def epoch(self, model: LightGCN, rng: np.random.Generator) -> Encode:
        """Three passes a step; ranking leaves the first table out as well."""
        del rng

        def noisy(generator: torch.Generator) -> Tensor:
            return mean_layer(model.spread(noise=self.noise, generator=generator)[1:])

        return lambda generator, nodes: (
            self.table(model).index_select(0, nodes),
            [(noisy(generator), noisy(generator))],
        )


@dataclass(frozen=True, kw_only=True)
class CrossLayer(GraphContrast):
    """XSimGCL: one noisy pass; its mean against one of its layers.

    Yu, Xia, Chen, Cui, Hung and Yin (2023), "XSimGCL: Towards Extremely Simple Graph Contrastive Learning for
    Recommendation", arXiv:2209.02544, Eqs. 9 to 11.

    Attributes:
        noise: Length of the noise of a row.
        layer: The layer, from 1 on.
    """

    weight: float = 0.2
    noise: float = 0.2
    layer: int = 1

    def table(self, model: LightGCN) -> Tensor:
        """The mean without the first table."""
        return mean_layer(model.spread()[1:])

    def epoch(self, model: LightGCN, rng: np.random.Generator) -> Encode:
        """One pass a step.

        Raises:
            InputError: The model has no such layer.
        """
        del rng
        if not 1 <= self.layer <= model.layers:
            raise InputError(f"layer must lie in 1..{model.layers}, got {self.layer}")

        def encode(generator: torch.Generator, nodes: Tensor) -> tuple[Tensor, Views]:
            layers = model.spread(noise=self.noise, generator=generator)
            mean = mean_layer(layers[1:])
            return mean.index_select(0, nodes), [(mean, layers[self.layer])]

        return encode


@dataclass(frozen=True, kw_only=True)
class GlobalView(GraphContrast):
    """LightGCL: every layer against the one that the graph's approximation of low rank gives.

    Cai, Huang, Xia and Ren (2023), "LightGCL: Simple Yet Effective Graph Contrastive Learning for Recommendation",
    arXiv:2302.08191, Eqs. 4 to 8.

    Attributes:
        rank: q, singular vectors that are kept.
    """

    weight: float = 0.2
    rank: int = 5

    def epoch(self, model: LightGCN, rng: np.random.Generator) -> Encode:
        """One pass a step, and thin products with the factors that are found now."""
        left, right = model.graph.low_rank(self.rank, seed=int(rng.integers(1 << 31)))

        def encode(_: torch.Generator, nodes: Tensor) -> tuple[Tensor, Views]:
            layers = model.spread()
            views = [(left @ (right.T @ before), after) for before, after in itertools.pairwise(layers)]
            return mean_layer(layers).index_select(0, nodes), views

        return encode


def nodes_of(triples: Triples, users: int) -> Tensor:
    """The distinct nodes int64 `[m]` of a batch, ascending: users, then items, whose numbers follow all ``users``."""
    return torch.cat([triples[0], triples[1] + users, triples[2] + users]).unique()


def recommendation_loss(
    contrast: GraphContrast,
    model: LightGCN,
    encoded: tuple[Tensor, Views],
    triples: Triples,
    *,
    decay: float,
    ranking: ItemRanking = PairwiseRanking(),
) -> Tensor:
    """Ranking, contrast and regularisation of one batch.

    Formula: ``ranking + weight sum over views (contrast of the batch's users + contrast of its items) + decay / (2 B)
    sum of squared lengths of the batch's rows of E_0``.

    Args:
        contrast: What is contrasted.
        model: Learns.
        encoded: What ``contrast.epoch(model, rng)`` gives at this step for :func:`nodes_of` these triples.
        triples: int64 `[B]` each: users, items they took, and items drawn for comparison.
        decay: Weight of the regularisation.
        ranking: How the items of a user come before others; BPR by default.
    """
    users, taken, drawn = triples
    n_users = model.graph.shape[0]
    rows, views = encoded
    nodes = torch.cat([users, taken + n_users, drawn + n_users])
    distinct, place = nodes.unique(return_inverse=True)
    first_item = int((distinct < n_users).sum())
    user, *items = place.split(len(users))
    known = partial(model.graph.among, distinct[:first_item], distinct[first_item:] - n_users)
    local = user, items[0] - first_item, items[1] - first_item
    loss = ranking.loss(rows[:first_item], rows[first_item:], local, known)
    loss = loss + decay / (2 * len(users)) * model.table.index_select(0, nodes).square().sum()
    if not contrast.weight:
        return loss
    for first, second in views:
        for some in (users.unique(), taken.unique() + n_users):
            pair = first.index_select(0, some), second.index_select(0, some)
            loss = loss + contrast.weight * contrast.between(*pair)
    return loss
