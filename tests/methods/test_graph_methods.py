import math

import numpy as np
import pytest
import torch
from scipy import sparse
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import sparse_tensor
from counterpoint.encoders.geometric import geometric_layers
from counterpoint.methods.cluster_affinity import ClusterAffinity
from counterpoint.methods.communal_contrast import CommunalContrast, edge_density
from counterpoint.methods.masked_graph import MaskedGraphAutoencoder, Masking, scaled_cosine_error

# Two groups of four, each joined completely, and one edge between them.
GROUP = np.repeat([0, 1], 4)
ONE_WAY = np.concatenate([np.argwhere(np.triu(GROUP[:, None] == GROUP, 1)), [[3, 4]]])
EDGES = torch.from_numpy(np.concatenate([ONE_WAY, ONE_WAY[:, ::-1]]).T.copy())


def test_density_is_that_of_its_definition_and_least_for_the_groups():
    members = torch.softmax(torch.randn(8, 3, generator=torch.Generator().manual_seed(0)), 1)
    a = torch.zeros(8, 8)
    a[EDGES[0], EDGES[1]] = 1
    flow = members.T @ a @ members
    expected = (flow.sum() - 8 * flow.trace()) / 56 + (members.T @ members).trace() / 16
    torch.testing.assert_close(edge_density(members, EDGES), expected)
    right = torch.nn.functional.one_hot(torch.from_numpy(GROUP)).float()
    assert edge_density(right, EDGES) < edge_density(right.roll(1, 0), EDGES)


def test_density_beyond_chance_does_not_favour_one_community_of_all():
    right = torch.nn.functional.one_hot(torch.from_numpy(GROUP)).float()
    alone = torch.nn.functional.one_hot(torch.zeros(8, dtype=torch.long), 2).float()
    assert edge_density(alone, EDGES) < edge_density(right, EDGES)
    assert edge_density(alone, EDGES, chance=True) > edge_density(right, EDGES, chance=True)
    # 24 of the 26 ends lie within the groups, 2 between them; chance leads one to expect 26 / 56 of 2 * 16 pairs.
    torch.testing.assert_close(
        edge_density(right, EDGES, chance=True), torch.tensor(2 / 56 - 24 / 8 + 26 / 56 * 32 / 8)
    )


def test_communal_terms_fade_and_reach_the_centres():
    torch.manual_seed(0)
    loss = CommunalContrast(EDGES, communities=3, dim=4, stride=10)
    first, second = torch.randn(8, 4), torch.randn(8, 4)
    torch.testing.assert_close(loss.members(first).sum(1), torch.ones(8))
    loss(first, second, 0).backward()
    assert loss.centres.grad is not None
    assert loss.centres.grad.abs().sum() > 0
    loss.centres.grad = None
    loss(first, second, 10).backward()
    assert loss.centres.grad is None or loss.centres.grad.abs().sum() == 0
    with pytest.raises(InputError, match="communities must be 2 or more"):
        CommunalContrast(EDGES, communities=1, dim=4)


def test_the_scaled_cosine_error_is_its_formula():
    a, b = torch.eye(2), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    torch.testing.assert_close(
        scaled_cosine_error(a, b, 3.0), torch.tensor((1 - 1 / math.sqrt(2)) ** 3 / 2), atol=1e-6, rtol=1e-5
    )


@pytest.mark.parametrize("masking", [Masking(), Masking(power=None), Masking(again=False)])
def test_every_part_learns_from_hidden_features(masking):
    torch.manual_seed(0)
    model = MaskedGraphAutoencoder(6, hidden=8, dim=4)
    x = sparse_tensor(sparse.csr_array(np.eye(8, 6)))
    model(x, EDGES, masking, torch.Generator().manual_seed(0)).backward()
    assert all(one.grad is not None for one in model.parameters())
    assert model.embed(x, EDGES).shape == (8, 4)


def test_the_decoder_is_one_graph_convolution():
    torch.manual_seed(0)
    model = MaskedGraphAutoencoder(6, hidden=8, dim=4).eval()
    x, masking = sparse_tensor(sparse.csr_array(np.eye(8, 6))), Masking(share=0.25, power=1.0)
    loss = model(x, EDGES, masking, torch.Generator().manual_seed(3))
    hidden = torch.randperm(8, generator=torch.Generator().manual_seed(3))[:2]
    seen = x.to_dense().index_fill(0, hidden, 0.0)
    token = torch.zeros(8, 1).index_fill(0, hidden, 1.0)
    codes = model.bridge(model.encoder(torch.cat([seen, token], 1), EDGES)).index_fill(0, hidden, 0.0)
    convolution = geometric_layers().GCNConv(4, 6)
    convolution.lin.weight, convolution.bias = model.output.weight, model.output.bias
    rebuilt = convolution(codes, EDGES)[hidden]
    expected = scaled_cosine_error(rebuilt, x.to_dense()[hidden], 1.0)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize(("setting", "told"), [({"share": 1.0}, "share must lie"), ({"power": 0.5}, "power must be")])
def test_masking_is_checked(setting, told):
    with pytest.raises(InputError, match=told):
        Masking(**setting)


def dense_affinity(model, x, views, whole):
    """Affinity and loss as they are written down, with matrices of all pairs."""
    rows = [normalize(model.encoder(x, edges), dim=1) for edges in views]
    h = normalize(torch.stack(rows).mean(0), dim=1)
    members = torch.stack([torch.softmax(model.assign(x, edges).relu() / 2, 1) for edges in views]).mean(0)
    a = torch.zeros(len(x), len(x), dtype=x.dtype)
    for edges in whole:
        for i, j in edges.T.tolist():
            a[i, j] += 1 / len(whole)
    wanted = model.share * members @ members.T + (1 - model.share) * a
    wanted = wanted / wanted.sum(1, keepdim=True).clamp_min(1e-2)
    affinity = (wanted * (h @ h.T)).sum(1)
    apart = torch.stack([(one - h).norm(dim=1).mean() for one in rows]).mean()
    return -affinity.mean() + model.guidance * ((wanted - h @ h.T).norm(dim=1).mean() + apart), affinity


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_affinity_and_guidance_are_those_of_the_whole_matrices(share):
    """Over edges that are there twice, loops, and a node that no edge reaches."""
    torch.manual_seed(0)
    model = ClusterAffinity(5, clusters=3, cluster_share=share, guidance=0.7).double()
    x = torch.randn(9, 5, dtype=torch.float64)
    odd = torch.tensor([[2, 2, 0, 1, 1], [2, 2, 1, 0, 5]])
    for whole in ([EDGES, torch.cat([EDGES[:, :9], odd], 1)], [odd]):
        found = model(x, [EDGES, odd], whole)
        expected = dense_affinity(model, x, [EDGES, odd], whole)
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other)
        gradients = [
            torch.autograd.grad(one[0], list(model.parameters()), allow_unused=True) for one in (found, expected)
        ]
        for one, other in zip(*gradients, strict=True):
            assert (one is None) == (other is None)
            if one is not None:
                torch.testing.assert_close(one, other)


def test_affinity_of_many_nodes_needs_no_matrix_of_all_pairs():
    """At 20,000 nodes one such matrix is 1.6 GB; nothing that is kept for the gradient has so many entries."""
    torch.manual_seed(0)
    n, model = 20_000, ClusterAffinity(4, clusters=3, hidden=4, dim=4)
    path = torch.stack([torch.arange(n - 1), torch.arange(1, n)])
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda one: kept.append(one.numel()) or one, lambda one: one):
        model(torch.randn(n, 4), [torch.cat([path, path.flip(0)], 1)])[0].backward()
    assert max(kept) < 20 * n


def test_the_same_two_rows_are_no_distance_apart_and_learn_on():
    """One node with an edge to itself: wanted and found similarities are both 1, where a root has no slope."""
    torch.manual_seed(0)
    model = ClusterAffinity(3, clusters=2)
    model(torch.ones(1, 3), [torch.zeros(2, 1, dtype=torch.long)])[0].backward()
    assert all(one.grad is None or bool(one.grad.isfinite().all()) for one in model.parameters())


def test_affinity_over_edges_alone_is_the_mean_cosine_of_neighbours():
    torch.manual_seed(0)
    model = ClusterAffinity(5, clusters=2, cluster_share=0.0, guidance=0.0)
    x = torch.randn(8, 5)
    loss, affinity = model(x, [EDGES])
    h = torch.nn.functional.normalize(model.encoder(x, EDGES), dim=1)
    expected = torch.stack([(h[i] @ h[EDGES[1][EDGES[0] == i]].T).mean() for i in range(8)])
    torch.testing.assert_close(affinity, expected)
    torch.testing.assert_close(loss, -expected.mean())
    fewer = EDGES[:, :6]
    h = torch.nn.functional.normalize(model.encoder(x, fewer), dim=1)
    expected = torch.stack([(h[i] @ h[EDGES[1][EDGES[0] == i]].T).mean() for i in range(8)])
    torch.testing.assert_close(model(x, [fewer], [EDGES])[1], expected)  # messages over some edges, affinity over all
    guided = ClusterAffinity(5, clusters=2)
    guided(x, [EDGES, EDGES[:, :6]])[0].backward()
    assert all(one.grad is not None for one in guided.assign.layers.parameters())
    with pytest.raises(InputError, match="cluster_share must lie"):
        ClusterAffinity(5, clusters=2, cluster_share=2.0)
