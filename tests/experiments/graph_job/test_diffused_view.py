"""A second view by diffusion: what a recipe says of it, and what it learns from."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.data.graphs import graph_from
from counterpoint.data.planted_graphs import blocks
from counterpoint.encoders.graph import Layer
from counterpoint.evaluation import node_classification_over_splits
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.experiments.graph_job.recipe import LARGE, LOOP, NodeLearner
from counterpoint.experiments.node_contrast import NodeLoop, learn_nodes
from counterpoint.objectives import CLIP
from counterpoint.views import Diffusion, GraphView


def test_a_recipe_keeps_it_and_encodes_the_whole_graph():
    recipe = NodeLearner(diffusion=Diffusion(keep=8))
    assert from_json(to_json(recipe)) == recipe
    assert recipe.fitted(LARGE + 1).loop.neighbours is None
    for loop in (replace(LOOP, layer=Layer.NONE), replace(LOOP, neighbours=(3, 2))):
        with pytest.raises(InputError, match="a diffused view needs layers that see the whole graph"):
            NodeLearner(diffusion=Diffusion(), loop=loop)


def test_blocks_are_found_from_diffused_views():
    rng = np.random.default_rng(0)
    edges, block = blocks([40, 40, 40], inside=0.2, between=0.01, rng=rng)
    graph = graph_from(edges, np.eye(3)[block] + 1.5 * rng.normal(size=(120, 3)), labels=block)
    views = (GraphView(edges=0.2, features=0.2), Diffusion().view(graph.adjacency))
    loop = NodeLoop(steps=20, hidden=16, dim=8, projection=8, learning_rate=1e-2, views=views)
    found = learn_nodes(graph, lambda one, other, _: CLIP(temperature=0.4)(one, other), loop, seed=0)
    few = Bootstrap(resamples=10)
    assert node_classification_over_splits(found, block, splits=5, bootstrap=few).value > 0.8
