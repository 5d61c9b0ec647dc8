"""Encoders of features that were spread over a graph before training."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.data.graph_matrices import propagated
from counterpoint.data.graphs import graph_from
from counterpoint.data.planted_graphs import blocks
from counterpoint.encoders.graph import Layer
from counterpoint.evaluation import node_classification_over_splits
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.experiments.graph_job.recipe import DRAWN, LARGE, NodeLearner
from counterpoint.experiments.graph_job.spread import Spread, train_rows
from counterpoint.experiments.node_contrast import NodeLoop, embedded, train_nodes
from counterpoint.objectives import CLIP

FEW = NodeLoop(steps=20, hidden=16, dim=8, projection=8, learning_rate=1e-2, layer=Layer.NONE)


def graph():
    """Three blocks, with features that say little of them."""
    rng = np.random.default_rng(0)
    edges, block = blocks([40, 40, 40], inside=0.2, between=0.01, rng=rng)
    features = np.eye(3)[block] + 1.5 * rng.normal(size=(120, 3))
    return graph_from(edges, np.hstack([features, rng.normal(size=(120, 5))]), labels=block)


def contrast(one, other, step):
    del step
    return CLIP(temperature=0.4)(one, other)


def go_on(step, loss, encoder):
    del step, loss, encoder
    return False


def accuracy(vectors, whole):
    return node_classification_over_splits(vectors, whole.labels, splits=5, bootstrap=Bootstrap(resamples=10)).value


def test_features_are_spread_and_the_rest_stays():
    whole = graph()
    spread = Spread(hops=3).over(whole)
    np.testing.assert_allclose(spread.features.toarray(), propagated(whole, 3).toarray(), atol=1e-6)
    assert spread.features.dtype == np.float32
    assert spread.edges is whole.edges
    assert spread.labels is whole.labels
    with pytest.raises(InputError, match="hops must not be negative, got -1"):
        Spread(hops=-1)


@pytest.mark.parametrize("linear", [True, False])
def test_spread_features_tell_the_blocks_that_features_do_not(linear):
    whole = graph()
    found = {
        hops: embedded(train_rows(spread, contrast, FEW, linear=linear, seed=0, watch=go_on), spread)
        for hops in (0, 2)
        for spread in [Spread(hops=hops).over(whole)]
    }
    assert found[2].shape == (120, 8)
    assert accuracy(found[2], whole) > accuracy(found[0], whole) + 0.15


def test_only_the_linear_encoder_adds_up():
    spread = Spread().over(graph())
    x = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    for linear in (True, False):
        encoder = train_rows(spread, contrast, FEW, linear=linear, seed=0, watch=go_on)
        rows = [encoder(one, torch.zeros(2, 0, dtype=torch.int64)) for one in (x[:1], x[1:], x.sum(0)[None], x[:1] * 0)]
        assert torch.allclose(rows[0] + rows[1], rows[2] + rows[3], atol=1e-5) == linear


@pytest.mark.parametrize("batch", [None, 50])
def test_a_perceptron_is_what_nodes_without_edges_learn(batch):
    """Where there are no edges to draw the loop over rows is that over graphs."""
    rows, loop = replace(graph(), edges=np.zeros((0, 2), dtype=np.int64)), replace(FEW, batch=batch)
    one = train_rows(rows, contrast, loop, linear=False, seed=1, watch=go_on)
    other = train_nodes(rows, contrast, loop, seed=1)
    np.testing.assert_allclose(embedded(one, rows), embedded(other, rows), atol=1e-5)


def test_a_step_reads_its_batch_and_training_ends_when_told_to():
    sizes, steps = [], []

    def counted(one, other, step):
        sizes.append((len(one), len(other)))
        return contrast(one, other, step)

    train_rows(
        graph(),
        counted,
        replace(FEW, batch=30),
        linear=True,
        seed=0,
        watch=lambda step, *_: steps.append(step) or step == 3,
    )
    assert sizes == [(30, 30)] * 3
    assert steps == [1, 2, 3]


def test_a_recipe_says_how_and_needs_no_neighbours():
    recipe = NodeLearner(loop=replace(FEW, batch=64), spread=Spread(hops=1, linear=False))
    assert from_json(to_json(recipe)) == recipe
    assert recipe.fitted(LARGE + 1) is recipe
    assert replace(recipe, spread=None).fitted(LARGE + 1).loop.neighbours == DRAWN
    with pytest.raises(InputError, match="spread features are for encoders of the kind none, got gcn"):
        NodeLearner(spread=Spread())
