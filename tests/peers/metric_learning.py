"""Agreements with pytorch-metric-learning: losses of pairs, triplets and softmaxes."""

import torch
from agreements import LABELS, Both, Table, rows
from pytorch_metric_learning import losses as peers
from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
from pytorch_metric_learning.miners import BatchHardMiner, MultiSimilarityMiner
from pytorch_metric_learning.reducers import MeanReducer
from torch.nn.functional import normalize

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
    NTXent,
    SupCon,
    VICReg,
)
from counterpoint.pairwise import NegativeEuclidean, SameKey

TABLE = Table("pytorch-metric-learning")


def cosines(kind, **settings):
    return kind(distance=CosineSimilarity(), **settings)


def distances(kind, **settings):
    return kind(distance=LpDistance(normalize_embeddings=False), **settings)


def labelled(ours, theirs, *further) -> Both:
    z = rows()
    return ours(z, labels=LABELS), theirs(z, LABELS, *(one(z, LABELS) for one in further)), (z,)


@TABLE.row("NTXentLoss(temperature=0.2)", "NTXent(temperature=0.2)", "two views each")
def ntxent() -> Both:
    z, pairs = rows(12), torch.arange(6).repeat(2)
    return NTXent(temperature=0.2)(z[:6], z[6:]), peers.NTXentLoss(temperature=0.2)(z, pairs), (z,)


@TABLE.row("SupConLoss(temperature=0.2)", "SupCon(temperature=0.2)")
def supcon() -> Both:
    return labelled(SupCon(temperature=0.2), peers.SupConLoss(temperature=0.2))


@TABLE.row("SupConLoss(temperature=0.2)", "InfoNCE(temperature=0.2) among labelled rows")
def info_nce() -> Both:
    return labelled(InfoNCE(temperature=0.2), peers.SupConLoss(temperature=0.2))


@TABLE.row("NPairsLoss()", "InfoNCE(temperature=1)")
def n_pairs() -> Both:
    z = rows(12)
    return InfoNCE(temperature=1.0)(z[:6], z[6:]), peers.NPairsLoss()(z, torch.arange(6).repeat(2)), (z,)


@TABLE.row("ContrastiveLoss of cosines", "Contrastive", "mean over pairs, MeanReducer")
def contrastive_of_cosines() -> Both:
    theirs = cosines(peers.ContrastiveLoss, pos_margin=0.9, neg_margin=0.3, reducer=MeanReducer())
    return labelled(Contrastive(positive_margin=0.9, negative_margin=0.3), theirs)


@TABLE.row("ContrastiveLoss of distances", "Contrastive(similarity=NegativeEuclidean())", "MeanReducer")
def contrastive_of_distances() -> Both:
    theirs = distances(peers.ContrastiveLoss, pos_margin=0.5, neg_margin=4.0, reducer=MeanReducer())
    ours = Contrastive(similarity=NegativeEuclidean(), positive_margin=-0.5, negative_margin=-4.0)
    return labelled(ours, theirs)


@TABLE.row("TripletMarginLoss of cosines, MeanReducer", "BatchAllTriplet(margin=0.2)")
def all_triplets() -> Both:
    theirs = cosines(peers.TripletMarginLoss, margin=0.2, reducer=MeanReducer())
    return labelled(BatchAllTriplet(margin=0.2), theirs)


@TABLE.row("TripletMarginLoss of cosines", "BatchAllTriplet(violating=True)")
def violating_triplets() -> Both:
    return labelled(BatchAllTriplet(margin=0.2, violating=True), cosines(peers.TripletMarginLoss, margin=0.2))


@TABLE.row("TripletMarginLoss(smooth_loss=True)", "BatchAllTriplet(soft=True)")
def soft_triplets() -> Both:
    theirs = cosines(peers.TripletMarginLoss, margin=0.2, smooth_loss=True)
    return labelled(BatchAllTriplet(margin=0.2, soft=True), theirs)


@TABLE.row("TripletMarginLoss of distances, MeanReducer", "BatchAllTriplet(similarity=NegativeEuclidean())")
def triplets_of_distances() -> Both:
    theirs = distances(peers.TripletMarginLoss, margin=1.0, reducer=MeanReducer())
    return labelled(BatchAllTriplet(similarity=NegativeEuclidean(), margin=1.0), theirs)


@TABLE.row("TripletMarginLoss over BatchHardMiner", "BatchHardTriplet(margin=0.2)")
def batch_hard() -> Both:
    theirs = cosines(peers.TripletMarginLoss, margin=0.2, reducer=MeanReducer())
    return labelled(BatchHardTriplet(margin=0.2), theirs, cosines(BatchHardMiner))


@TABLE.row("CircleLoss(m=0.25, gamma=16)", "Circle(scale=16, margin=0.25)")
def circle() -> Both:
    return labelled(Circle(scale=16.0, margin=0.25), peers.CircleLoss(m=0.25, gamma=16))


@TABLE.row("MultiSimilarityLoss(alpha=2, beta=10, base=0.4)", "MultiSimilarity of the same")
def multi_similarity() -> Both:
    theirs = peers.MultiSimilarityLoss(alpha=2, beta=10, base=0.4)
    return labelled(MultiSimilarity(alpha=2, beta=10, base=0.4), theirs)


@TABLE.row("MultiSimilarityLoss over MultiSimilarityMiner", "MultiSimilarity(mining=True)")
def mined_multi_similarity() -> Both:
    miner = MultiSimilarityMiner(epsilon=-0.2)
    assert len(miner(rows(), LABELS)[0]) < 26, "of the positive pairs, some must be left out"
    theirs = peers.MultiSimilarityLoss(alpha=2, beta=10, base=0.4)
    return labelled(MultiSimilarity(alpha=2, beta=10, base=0.4, mining=True, epsilon=-0.2), theirs, miner)


@TABLE.row("LiftedStructureLoss of cosines", "LiftedStructure(margin=1)")
def lifted() -> Both:
    theirs = cosines(peers.LiftedStructureLoss, neg_margin=-1, pos_margin=0)
    return labelled(LiftedStructure(margin=1.0), theirs)


@TABLE.row("GeneralizedLiftedStructureLoss of cosines", "GeneralizedLifted(margin=1)")
def generalized_lifted() -> Both:
    theirs = cosines(peers.GeneralizedLiftedStructureLoss, neg_margin=-1, pos_margin=0)
    return labelled(GeneralizedLifted(margin=1.0), theirs)


@TABLE.row("NCALoss(softmax_scale=3)", "NCA(temperature=1/6)", "their squared distance of unit rows is 2 - 2 cos")
def nca() -> Both:
    return labelled(NCA(temperature=1 / 6), peers.NCALoss(softmax_scale=3))


@TABLE.row("AngularLoss(alpha=40)", "Angular(alpha=40)", "they leave the length of negatives as it is")
def angular() -> Both:
    a, b = rows(7), rows(7, seed=4)
    theirs = peers.AngularLoss(alpha=40)(a, torch.arange(7), ref_emb=normalize(b), ref_labels=torch.arange(7))
    return Angular(alpha=40.0)(a, b), theirs, (a, b)


@TABLE.row(
    "MarginLoss of cosines", "Margin", "they average over triplets: alike where anchors have as many of both sorts"
)
def margin() -> Both:
    a, b = rows(5), rows(4, seed=4)
    y, of_b = torch.tensor([0, 1, 1, 0, 1]), torch.tensor([0, 0, 1, 1])
    theirs = cosines(peers.MarginLoss, margin=0.25, beta=0.125)(a, y, ref_emb=b, ref_labels=of_b)
    return Margin(margin=0.25, boundary=0.125)(a, b, relation=SameKey(y, of_b)), theirs, (a, b)


@TABLE.row("FastAPLoss(num_bins=7)", "FastAP(bins=7)")
def fast_ap() -> Both:
    return labelled(FastAP(bins=7), peers.FastAPLoss(num_bins=7))


@TABLE.row("VICRegLoss(eps=1e-4)", "VICReg()")
def vicreg() -> Both:
    x, y = rows(), rows(seed=4)
    return VICReg()(x, y), peers.VICRegLoss(eps=1e-4)(x, ref_emb=y), (x, y)
