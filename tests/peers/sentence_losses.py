"""Agreements with sentence-transformers, on embeddings in place of texts."""

import torch
from agreements import LABELS, Both, Table, rows
from sentence_transformers.sentence_transformer import losses as peers

from counterpoint.objectives import CLIP, BatchHardTriplet, CoSENT, HardnessWeighted, InfoNCE
from counterpoint.pairwise import NegativeEuclidean

TABLE = Table("sentence-transformers")


def columns(count: int, n: int = 6) -> tuple[torch.Tensor, ...]:
    return tuple(rows(n, seed=3 + i, width=5) for i in range(count))


@TABLE.row("MultipleNegativesRankingLoss(scale=5)", "InfoNCE(temperature=0.2)")
def ranking() -> Both:
    a, b = columns(2)
    theirs = peers.MultipleNegativesRankingLoss(None, scale=5.0).compute_loss_from_embeddings([a, b], None)
    return InfoNCE(temperature=0.2)(a, b), theirs, (a, b)


@TABLE.row("MultipleNegativesRankingLoss with hard negatives", "InfoNCE(...)(negatives=)")
def ranking_with_negatives() -> Both:
    a, b, h = columns(3)
    theirs = peers.MultipleNegativesRankingLoss(None, scale=5.0).compute_loss_from_embeddings([a, b, h], None)
    return InfoNCE(temperature=0.2)(a, b, negatives=h), theirs, (a, b, h)


@TABLE.row("MultipleNegativesRankingLoss in both directions", "CLIP(temperature=0.2)")
def symmetric() -> Both:
    a, b = columns(2)
    directions = ("query_to_doc", "doc_to_query")
    theirs = peers.MultipleNegativesRankingLoss(None, scale=5.0, directions=directions, partition_mode="per_direction")
    return CLIP(temperature=0.2)(a, b), theirs.compute_loss_from_embeddings([a, b], None), (a, b)


@TABLE.row("MultipleNegativesRankingLoss(hardness_mode='all_negatives')", "HardnessWeighted(alpha=9)")
def hardness() -> Both:
    a, b, h = columns(3)
    theirs = peers.MultipleNegativesRankingLoss(None, scale=5.0, hardness_mode="all_negatives", hardness_strength=9.0)
    expected = theirs.compute_loss_from_embeddings([a, b, h], None)
    return HardnessWeighted(temperature=0.2, alpha=9.0)(a, b, negatives=h), expected, (a, b, h)


@TABLE.row("CoSENTLoss(scale=20)", "CoSENT()")
def cosent() -> Both:
    a, b = columns(2, n=9)
    scores = torch.tensor([0.1, 0.9, 0.5, 0.5, 0.0, 1.0, 0.3, 0.7, 0.2], dtype=torch.float64)
    theirs = peers.CoSENTLoss(None, scale=20.0).compute_loss_from_embeddings([a, b], scores)
    return CoSENT(temperature=0.05)(a, b, scores=scores), theirs, (a, b)


@TABLE.row("BatchHardTripletLoss(margin=5)", "BatchHardTriplet(similarity=NegativeEuclidean(), margin=5)")
def batch_hard() -> Both:
    z = rows()
    theirs = peers.BatchHardTripletLoss(None, margin=5.0).compute_loss_from_embeddings([z], LABELS)
    return BatchHardTriplet(similarity=NegativeEuclidean(), margin=5.0)(z, labels=LABELS), theirs, (z,)
