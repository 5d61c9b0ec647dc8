"""Contrasts of LightGCN for items that have features."""

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.feature_gcn import FeatureGCN
from counterpoint.methods.graph_contrast import CrossLayer, EdgeDrop, GlobalView, NoContrast, Noise, recommendation_loss
from counterpoint.methods.item_features import with_features
from counterpoint.methods.modal_contrast import ModalContrast

FEATURES = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)


@pytest.mark.parametrize("inner", [NoContrast(), EdgeDrop(share=0.3), Noise(), CrossLayer(), GlobalView(rank=2)])
def test_every_contrast_learns_the_map_of_features(inner):
    rng = np.random.default_rng(0)
    users, items = np.repeat(np.arange(5), 3), np.concatenate([rng.permutation(6)[:3] for _ in range(5)])
    contrast = with_features(inner, FEATURES)
    assert (contrast.weight, contrast.temperature) == (inner.weight, inner.temperature)
    torch.manual_seed(0)
    model = contrast.learner(BipartiteGraph(users, items, (5, 6)), dim=4, layers=2)
    assert isinstance(model, FeatureGCN)
    torch.testing.assert_close(contrast.table(model), inner.table(model))
    triples = (torch.tensor([0, 1]), torch.from_numpy(items[[0, 3]]), torch.tensor([0, 5]))
    nodes = torch.arange(11)
    encoded = contrast.epoch(model, rng)(torch.Generator().manual_seed(0), nodes)
    rows, views = encoded
    assert len(views) == {NoContrast: 0, GlobalView: 2}.get(type(inner), 1)
    nodes = torch.cat([triples[0], triples[1] + 5, triples[2] + 5]).unique()
    recommendation_loss(contrast, model, (rows[nodes], views), triples, decay=0.0).backward()
    assert model._beside[0].map.weight.grad.abs().sum() > 0


def test_a_contrast_with_a_model_of_its_own_is_refused():
    with pytest.raises(InputError, match="a contrast of a plain LightGCN, got ModalContrast"):
        with_features(ModalContrast(features=[FEATURES]), FEATURES)
