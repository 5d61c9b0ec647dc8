"""Masked graph autoencoders as a trial: what a step hides, and who may watch."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from counterpoint.data.graphs import graph_from
from counterpoint.data.planted_graphs import blocks
from counterpoint.evaluation import node_classification_over_splits
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.experiments.masked_nodes import learn_masked, train_masked, unmasked
from counterpoint.experiments.node_contrast import NodeLoop
from counterpoint.methods.masked_graph import MaskedGraphAutoencoder, Masking

FEW = NodeLoop(steps=20, hidden=16, dim=8, learning_rate=1e-2)


def graph():
    """Three blocks, with features that say little of them."""
    rng = np.random.default_rng(0)
    edges, block = blocks([40, 40, 40], inside=0.2, between=0.01, rng=rng)
    features = np.eye(3)[block] + 1.5 * rng.normal(size=(120, 3))
    return graph_from(edges, np.hstack([features, rng.normal(size=(120, 5))]), labels=block)


def accuracy(vectors):
    few = Bootstrap(resamples=10)
    return node_classification_over_splits(vectors, graph().labels, splits=5, bootstrap=few).value


@pytest.mark.parametrize("loop", [FEW, replace(FEW, batch=60), replace(FEW, batch=60, neighbours=(8, 4))])
def test_blocks_are_found_from_hidden_features(loop):
    one, other = (learn_masked(graph(), Masking(), loop, seed=0) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert accuracy(one) > accuracy(graph().features.toarray()) + 0.15


def test_torch_is_left_alone_and_who_watches_may_end_training():
    told = []
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    def watch(step, loss, model):
        told.append((step, model.training, np.isfinite(loss)))
        return step == 3

    model = train_masked(graph(), Masking(), FEW, seed=0, watch=watch)
    assert torch.equal(torch.rand(3), expected)
    assert told == [(1, True, True), (2, True, True), (3, True, True)]
    shorter = learn_masked(graph(), Masking(), replace(FEW, steps=3), seed=0)
    np.testing.assert_array_equal(unmasked(model, graph()), shorter)


@pytest.mark.parametrize("among", [slice(4), torch.tensor([6, 1, 3])])
def test_only_nodes_of_the_batch_are_hidden(among):
    torch.manual_seed(0)
    model = MaskedGraphAutoencoder(6, hidden=8, dim=4).eval()
    edges = torch.tensor([[0, 1, 2, 3, 4, 5, 6, 7], [1, 0, 3, 2, 5, 4, 7, 6]])
    masking, x = Masking(share=0.5, power=None, again=False), torch.rand(8, 6)
    loss = model(x.to_sparse(), edges, masking, torch.Generator().manual_seed(1), among)
    nodes = torch.arange(8)[among]
    hidden = nodes[torch.randperm(len(nodes), generator=torch.Generator().manual_seed(1))[:2]]
    token = torch.zeros(8, 1).index_fill(0, hidden, 1.0)
    codes = model.bridge(model.encoder(torch.cat([x.index_fill(0, hidden, 0.0), token], 1), edges))
    rebuilt = model.output(model.spread(codes, edges)[hidden])
    torch.testing.assert_close(loss, (rebuilt - x[hidden]).square().mean())
