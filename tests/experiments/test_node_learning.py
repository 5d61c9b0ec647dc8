from dataclasses import replace

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.data.graphs import graph_from, split_links
from counterpoint.data.planted_graphs import blocks
from counterpoint.encoders.graph import Layer
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.detection import detection
from counterpoint.experiments.cluster_nodes import ClusterLoop, judged_clusters, learn_clusters
from counterpoint.experiments.graph_autoencoder import learn_autoencoder, link_loss
from counterpoint.experiments.link_learning import LinkLoop, hits, link_scores
from counterpoint.experiments.node_contrast import NodeLoop, judged_nodes, learn_nodes, train_nodes
from counterpoint.objectives import CLIP

FEW = NodeLoop(steps=20, hidden=16, dim=8, projection=8, learning_rate=1e-2)


def graph():
    """Three blocks, with features that say little of them."""
    rng = np.random.default_rng(0)
    edges, block = blocks([40, 40, 40], inside=0.2, between=0.01, rng=rng)
    features = np.eye(3)[block] + 1.5 * rng.normal(size=(120, 3))
    return graph_from(edges, np.hstack([features, rng.normal(size=(120, 5))]), labels=block)


def contrast(first, second, step):
    del step
    return CLIP(temperature=0.4)(first, second)


@pytest.mark.parametrize("layer", [Layer.GCN, Layer.NONE])
def test_contrast_finds_blocks_through_the_edges_alone(layer):
    found = learn_nodes(graph(), contrast, NodeLoop(**{**vars(FEW), "layer": layer}), seed=0)
    accuracy = judged_nodes(found, graph(), seed=0)["node_accuracy_over_splits"]
    assert (accuracy > 0.8) == (layer is Layer.GCN)


def test_a_seed_says_everything_and_torch_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, other = (learn_nodes(graph(), contrast, FEW, seed=1) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert torch.equal(torch.rand(3), expected)


def test_a_batch_of_all_nodes_is_no_batch_and_a_smaller_one_sees_every_node():
    whole = learn_nodes(graph(), contrast, FEW, seed=0)
    np.testing.assert_array_equal(whole, learn_nodes(graph(), contrast, replace(FEW, batch=120), seed=0))
    sizes = []

    def counted(first, second, step):
        sizes.append((len(first), len(second)))
        return contrast(first, second, step)

    found = learn_nodes(graph(), counted, replace(FEW, batch=50), seed=0)
    assert set(sizes) == {(50, 50)}
    assert judged_nodes(found, graph(), seed=0)["node_accuracy_over_splits"] > 0.8


def test_a_draw_of_neighbours_finds_the_blocks_too():
    loop = replace(FEW, batch=40, neighbours=(6, 4), steps=30)
    one, other = (learn_nodes(graph(), contrast, loop, seed=0) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert judged_nodes(one, graph(), seed=0)["node_accuracy_over_splits"] > 0.8


def test_who_watches_may_end_training():
    told = []

    def watch(step, loss, encoder):
        told.append((step, loss, encoder.training))
        return step == 3

    train_nodes(graph(), contrast, FEW, seed=0, watch=watch)
    assert [step for step, _, _ in told] == [1, 2, 3]
    assert all(training and np.isfinite(loss) for _, loss, training in told)


@pytest.mark.parametrize(
    "wrong", [{"batch": 1}, {"neighbours": (3, 3)}, {"steps": 0}, {"dim": 0}, {"learning_rate": 0.0}]
)
def test_sizes_are_checked(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))} must be"):
        replace(FEW, **wrong)


def test_a_penalty_and_a_loss_with_parameters_are_learnt():
    class Learnt(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.shift = torch.nn.Parameter(torch.zeros(()))

        def forward(self, first, second, step):
            return contrast(first, second, step) + (self.shift - 1) ** 2

    loss, seen = Learnt(), []

    def penalty(encoder, first, second):
        seen.append((first[0].shape[1], second[2].shape))
        return 100 * sum(one.square().sum() for one in encoder.parameters())

    shrunk = train_nodes(graph(), loss, FEW, seed=0, penalty=penalty)
    free = train_nodes(graph(), contrast, FEW, seed=0)
    assert loss.shift > 0.1
    assert seen[0] == (8, (120, 8))
    assert sum(one.square().sum() for one in shrunk.parameters()) < sum(one.square().sum() for one in free.parameters())


def test_an_autoencoder_of_links_finds_blocks():
    found = learn_autoencoder(graph(), widths=(16, 8), steps=60, seed=0)
    assert judged_nodes(found, graph(), seed=0)["node_accuracy_over_splits"] > 0.8


def test_the_loss_of_links_is_a_cross_entropy():
    z, edges = torch.zeros(4, 2), torch.tensor([[0, 1], [1, 2]])
    assert link_loss(z, edges, torch.Generator().manual_seed(0)).item() == pytest.approx(np.log(2))


def test_clusters_follow_the_contrast():
    data = graph()
    right = torch.from_numpy(data.labels)

    def told(z, clusters):
        assert clusters.shape == (120,)
        return CLIP(temperature=0.5)(z, torch.eye(3)[right] @ torch.eye(3, z.shape[1]))

    loop = ClusterLoop(widths=(16, 4), pretraining=5, steps=60, contrast=1.0, learning_rate=1e-2)
    z, clusters = learn_clusters(data, told, loop, clusters=3, seed=0)
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, atol=1e-5)
    plain = learn_clusters(
        data, lambda z, _: z.sum() * 0, ClusterLoop(**{**vars(loop), "steps": 1}), clusters=3, seed=0
    )
    assert judged_clusters(clusters, data)["nmi"] > judged_clusters(plain[1], data)["nmi"] + 0.1


@pytest.mark.parametrize(("use_common", "complete"), [(False, False), (True, False), (True, True)])
def test_held_out_links_are_told_from_pairs_without_one(use_common, complete):
    split = split_links(graph(), seed=0)
    loop = LinkLoop(epochs=20, batch=100, hidden=16, dim=16, learning_rate=1e-2, depth=10)
    edges, others = link_scores(split, loop, use_common=use_common, complete=complete, seed=1)
    assert len(edges) == len(others) == len(split.test)
    assert detection(edges, others, bootstrap=Bootstrap(resamples=10))[0].value > 0.7


def test_hits_are_the_share_above_the_k_th_other():
    edges, others = np.array([0.5, 2.0, 3.0, 4.0]), np.array([1.0, 3.5, 2.5])
    assert [hits(edges, others, k=k) for k in (1, 2, 3, 9)] == [0.25, 0.5, 0.75, 0.75]


def test_links_are_judged_after_the_epoch_best_in_validation():
    """With far too large a step the first epochs are the best, and however many follow, they are judged."""
    split = split_links(graph(), validation=0.3, seed=0)
    loops = [LinkLoop(epochs=n, batch=20, hidden=16, dim=16, learning_rate=0.05, depth=10) for n in (1, 8, 12)]
    found = [link_scores(split, loop, use_common=True, complete=False, seed=0)[0] for loop in loops]
    np.testing.assert_array_equal(found[1], found[2])
    assert len(np.unique(found[1])) > 1
