"""Vectors of nodes by what a recipe learns from: two views, hidden features, or clusters."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor, nn

from counterpoint.data.graph_matrices import graph_tensors
from counterpoint.data.graphs import Graph
from counterpoint.data.sets.heterogeneous import HeteroGraph
from counterpoint.encoders.graph import GraphEncoder
from counterpoint.encoders.meta_paths import MetaPathEncoder
from counterpoint.experiments.cluster_nodes import Clusterer, learn_clusterer, meta_node_contrast
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.graph_job.spread import train_rows
from counterpoint.experiments.masked_nodes import train_masked, unmasked
from counterpoint.experiments.meta_path_contrast import fine_rows, train_meta_paths
from counterpoint.experiments.node_contrast import NodeLoop, NodeLoss, embedded, train_nodes
from counterpoint.methods.masked_graph import MaskedGraphAutoencoder, Masking
from counterpoint.objectives import PamC
from counterpoint.pairwise import Loss


@dataclass(frozen=True, eq=False)
class Found:
    """What has been learnt of nodes.

    Attributes:
        vectors: `[N, D]`.
        clusters: int64 `[N]`, where they are learnt with the vectors.
    """

    vectors: np.ndarray
    clusters: np.ndarray | None = None


Watch = Callable[[int, float, Callable[[], Found]], bool]
"""Told of the number of a step, from 1 on, its loss, and how to get what was found by then; True ends training."""


def learn(recipe: NodeLearner, graph: Graph | HeteroGraph, watch: Watch) -> None:
    """Train until all steps are done or ``watch`` has seen enough.

    Args:
        recipe: What to learn from and how.
        graph: The training graph; nodes with their meta-paths where the recipe has such.
        watch: Told of every step.
    """
    if isinstance(graph, HeteroGraph):
        _meet(recipe, graph, watch)
        return
    graph = graph if recipe.spread is None else recipe.spread.over(graph)
    match recipe.objective:
        case Masking() as masking:
            _rebuild(recipe, masking, graph, watch)
        case PamC() as objective:
            _cluster(recipe, objective, graph, watch)
        case objective:
            _contrast(recipe, objective, graph, watch)


def _contrast(recipe: NodeLearner, objective: Loss, graph: Graph, watch: Watch) -> None:
    def told(step: int, loss: float, encoder: GraphEncoder) -> bool:
        return watch(step, loss, lambda: _found(encoder, embedded(encoder, graph)))

    loss = _of_views(objective)
    if recipe.spread is None:
        train_nodes(graph, loss, _loop(recipe, graph), seed=recipe.seed, watch=told)
    else:
        train_rows(graph, loss, recipe.loop, linear=recipe.spread.linear, seed=recipe.seed, watch=told)


def _of_views(objective: Loss) -> NodeLoss:
    def loss(one: Tensor, other: Tensor, step: int) -> Tensor:
        del step
        return objective(one, other)

    return loss


def _meet(recipe: NodeLearner, graph: HeteroGraph, watch: Watch) -> None:
    assert not isinstance(recipe.objective, Masking)  # a recipe is checked when it is made

    def told(step: int, loss: float, encoder: MetaPathEncoder) -> bool:
        return watch(step, loss, lambda: Found(fine_rows(encoder, graph)))

    train_meta_paths(graph, _of_views(recipe.objective), recipe.loop, seed=recipe.seed, watch=told)


def _loop(recipe: NodeLearner, graph: Graph) -> NodeLoop:
    if recipe.diffusion is None:
        return recipe.loop
    return replace(recipe.loop, views=(recipe.loop.views[0], recipe.diffusion.view(graph.adjacency)))


def _rebuild(recipe: NodeLearner, masking: Masking, graph: Graph, watch: Watch) -> None:
    def told(step: int, loss: float, model: MaskedGraphAutoencoder) -> bool:
        return watch(step, loss, lambda: _found(model, unmasked(model, graph)))

    train_masked(graph, masking, recipe.loop, seed=recipe.seed, watch=told)


def _found(model: nn.Module, vectors: np.ndarray) -> Found:
    """Vectors were taken in evaluation mode; training goes on."""
    model.train()
    return Found(vectors)


def _cluster(recipe: NodeLearner, objective: PamC, graph: Graph, watch: Watch) -> None:
    assert recipe.clusters is not None  # a recipe is checked when it is made
    assert recipe.clustering is not None
    x = graph_tensors(graph)[0].to_dense()

    def told(step: int, loss: float, clusterer: Clusterer) -> bool:
        return watch(step, loss, lambda: Found(*clusterer(x)))

    contrast = meta_node_contrast(graph, seed=recipe.seed, objective=objective)
    learn_clusterer(graph, contrast, recipe.clustering, clusters=recipe.clusters, seed=recipe.seed, watch=told)
