"""Items that begin as a vector of their own and a map of their features."""

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.feature_gcn import FeatureGCN

USERS, ITEMS = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2])
SHAPE = (3, 4)  # nobody took the last item


def model(features, *, dim=5, layers=2):
    torch.manual_seed(0)
    return FeatureGCN(BipartiteGraph(USERS, ITEMS, SHAPE), features, dim=dim, layers=layers)


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)


def test_it_is_light_gcn_from_own_vectors_and_mapped_features(features):
    built = model(features)
    own = built.parametrizations["table"].original
    mapped = torch.from_numpy(features) @ built._beside[0].map.weight.T
    start = torch.cat([own[:3], own[3:] + mapped])
    torch.testing.assert_close(built.table, start)
    dense = built.graph.adjacency.to_dense()
    torch.testing.assert_close(built(), (start + dense @ start + dense @ dense @ start) / 3)


def test_features_alone_are_what_an_item_has_that_nobody_took_and_that_learnt_nothing(features):
    built = model(features)
    with torch.no_grad():
        built.parametrizations["table"].original[-1] = 0
    alone = built.by_features(torch.from_numpy(features))
    torch.testing.assert_close(built()[-1], alone[-1])
    assert not torch.allclose(built()[3:6], alone[:3])


def test_vectors_and_map_learn_and_features_do_not(features):
    built = model(features)
    built().square().sum().backward()
    learning = dict(built.named_parameters())
    assert len(learning) == 2
    assert all(one.grad is not None and one.grad.abs().sum() > 0 for one in learning.values())
    assert "features" not in "".join(built.state_dict())


@pytest.mark.parametrize("shape", [(3, 6), (4, 0), (4,)])
def test_one_row_an_item(shape):
    with pytest.raises(InputError, match=r"features must be \[4, F\], a row for each item"):
        model(np.zeros(shape, dtype=np.float32))
