"""Losses of pairs and triplets agree with pytorch-metric-learning, in value and gradient, where definitions do."""

import importlib.util

import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.settings import settings
from counterpoint.objectives import (
    NCA,
    Angular,
    BatchAllTriplet,
    BatchHardTriplet,
    Circle,
    Contrastive,
    FastAP,
    GeneralizedLifted,
    InfoNCE,
    LiftedStructure,
    Margin,
    MultiSimilarity,
)
from counterpoint.pairwise import NegativeEuclidean, SameKey

if importlib.util.find_spec("pytorch_metric_learning") is None and not settings().ci:
    pytest.skip("pytorch-metric-learning is not installed (the peers extra)", allow_module_level=True)

from pytorch_metric_learning import losses as peers
from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
from pytorch_metric_learning.miners import BatchHardMiner, MultiSimilarityMiner
from pytorch_metric_learning.reducers import MeanReducer

LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 0, 0, 1, 2, 2])


def rows(n: int = 11, seed: int = 3) -> torch.Tensor:
    return torch.randn(n, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def agree(ours, theirs, *leaves):
    torch.testing.assert_close(ours, theirs)
    assert ours.item() > 0.01
    for one, other in zip(torch.autograd.grad(ours, leaves), torch.autograd.grad(theirs, leaves), strict=True):
        torch.testing.assert_close(one, other)


def cosines(kind, **settings):
    return kind(distance=CosineSimilarity(), **settings)


def distances(kind, **settings):
    return kind(distance=LpDistance(normalize_embeddings=False), **settings)


def test_contrastive_of_cosines():
    z = rows()
    theirs = cosines(peers.ContrastiveLoss, pos_margin=0.9, neg_margin=0.3, reducer=MeanReducer())
    agree(Contrastive(positive_margin=0.9, negative_margin=0.3)(z, labels=LABELS), theirs(z, LABELS), z)


def test_contrastive_of_distances():
    z = rows()
    theirs = distances(peers.ContrastiveLoss, pos_margin=0.5, neg_margin=4.0, reducer=MeanReducer())
    ours = Contrastive(similarity=NegativeEuclidean(), positive_margin=-0.5, negative_margin=-4.0)
    agree(ours(z, labels=LABELS), theirs(z, LABELS), z)


def test_all_triplets():
    z = rows()
    theirs = cosines(peers.TripletMarginLoss, margin=0.2, reducer=MeanReducer())
    agree(BatchAllTriplet(margin=0.2)(z, labels=LABELS), theirs(z, LABELS), z)


def test_all_triplets_that_violate():
    z = rows()
    theirs = cosines(peers.TripletMarginLoss, margin=0.2)
    agree(BatchAllTriplet(margin=0.2, violating=True)(z, labels=LABELS), theirs(z, LABELS), z)


def test_all_triplets_softly():
    z = rows()
    theirs = cosines(peers.TripletMarginLoss, margin=0.2, smooth_loss=True)
    agree(BatchAllTriplet(margin=0.2, soft=True)(z, labels=LABELS), theirs(z, LABELS), z)


def test_all_triplets_of_distances():
    z = rows()
    theirs = distances(peers.TripletMarginLoss, margin=1.0, reducer=MeanReducer())
    ours = BatchAllTriplet(similarity=NegativeEuclidean(), margin=1.0)
    agree(ours(z, labels=LABELS), theirs(z, LABELS), z)


def test_batch_hard():
    z = rows()
    hardest = cosines(BatchHardMiner)(z, LABELS)
    theirs = cosines(peers.TripletMarginLoss, margin=0.2, reducer=MeanReducer())
    agree(BatchHardTriplet(margin=0.2)(z, labels=LABELS), theirs(z, LABELS, hardest), z)


def test_circle():
    z = rows()
    agree(Circle(scale=16.0, margin=0.25)(z, labels=LABELS), peers.CircleLoss(m=0.25, gamma=16)(z, LABELS), z)


def test_multi_similarity():
    z = rows()
    theirs = peers.MultiSimilarityLoss(alpha=2, beta=10, base=0.4)
    agree(MultiSimilarity(alpha=2, beta=10, base=0.4)(z, labels=LABELS), theirs(z, LABELS), z)


def test_multi_similarity_of_mined_pairs():
    z = rows()
    mined = MultiSimilarityMiner(epsilon=-0.2)(z, LABELS)
    assert len(mined[0]) < 26  # of the positive pairs, some are left out
    theirs = peers.MultiSimilarityLoss(alpha=2, beta=10, base=0.4)
    ours = MultiSimilarity(alpha=2, beta=10, base=0.4, mining=True, epsilon=-0.2)
    agree(ours(z, labels=LABELS), theirs(z, LABELS, mined), z)


def test_lifted_structure():
    z = rows()
    theirs = cosines(peers.LiftedStructureLoss, neg_margin=-1, pos_margin=0)
    agree(LiftedStructure(margin=1.0)(z, labels=LABELS), theirs(z, LABELS), z)


def test_generalized_lifted_structure():
    z = rows()
    theirs = cosines(peers.GeneralizedLiftedStructureLoss, neg_margin=-1, pos_margin=0)
    agree(GeneralizedLifted(margin=1.0)(z, labels=LABELS), theirs(z, LABELS), z)


def test_nca():
    """Their squared distance of unit vectors is 2 - 2 cos."""
    z = rows()
    agree(NCA(temperature=1 / 6)(z, labels=LABELS), peers.NCALoss(softmax_scale=3)(z, LABELS), z)


def test_angular():
    """They leave the length of negatives as it is."""
    a, b = rows(7), rows(7, seed=4)
    theirs = peers.AngularLoss(alpha=40)(a, torch.arange(7), ref_emb=normalize(b), ref_labels=torch.arange(7))
    agree(Angular(alpha=40.0)(a, b), theirs, a, b)


def test_margin():
    """They average over triplets, which are pairs alike where anchors have as many positives as negatives."""
    a, b = rows(5), rows(4, seed=4)
    y, of_b = torch.tensor([0, 1, 1, 0, 1]), torch.tensor([0, 0, 1, 1])
    theirs = cosines(peers.MarginLoss, margin=0.25, beta=0.125)(a, y, ref_emb=b, ref_labels=of_b)
    agree(Margin(margin=0.25, boundary=0.125)(a, b, relation=SameKey(y, of_b)), theirs, a, b)


def test_fast_ap():
    z = rows()
    agree(FastAP(bins=7)(z, labels=LABELS), peers.FastAPLoss(num_bins=7)(z, LABELS), z)


def test_n_pairs_are_info_nce():
    z = rows(12)
    agree(InfoNCE(temperature=1.0)(z[:6], z[6:]), peers.NPairsLoss()(z, torch.arange(6).repeat(2)), z)
