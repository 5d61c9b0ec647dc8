"""Agreements with sentence-transformers, on embeddings in place of texts."""

import torch
from agreements import LABELS, Both, Table, rows
from sentence_transformers.sentence_transformer import losses as peers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from counterpoint.objectives import CLIP, BatchHardTriplet, CoSENT, HardnessWeighted, InfoNCE
from counterpoint.pairs import BelowPositive
from counterpoint.pairwise import NegativeEuclidean, SameKey

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


class Columns(torch.nn.Module):
    """A model, as far as their loss asks for one: a feature of a batch is its embedding."""

    def __init__(self, feature: str) -> None:
        super().__init__()
        self.feature, self.max_seq_length = feature, 8
        self.tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(WordLevel({"word": 0})))

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"sentence_embedding": features[self.feature]}


def guided(candidates: int, strategy: str, margin: float, *, anchors_too: bool = False) -> Both:
    """Every column has rows and a guide's rows; ours has their columns of scores as one list of candidates."""
    learnt = columns(1 + candidates)
    guides = [rows(6, seed=20 + i, width=4).detach() for i in range(1 + candidates)]
    theirs = peers.GISTEmbedLoss(
        Columns("row"),
        Columns("guide"),
        temperature=0.2,
        margin_strategy=strategy,
        margin=margin,
        contrast_anchors=anchors_too,
        contrast_positives=False,
    )([{"row": row, "guide": guide} for row, guide in zip(learnt, guides, strict=True)], torch.empty(0))
    order = [1, 0] if anchors_too else list(range(1, 1 + candidates))
    owners = torch.full((6 * len(order),), -1)
    owners[:6] = torch.arange(6)
    inner = SameKey(torch.arange(6), owners, local=True)
    others, guide = (torch.cat([side[i] for i in order]) for side in (learnt, guides))
    relation = BelowPositive(
        inner=inner, anchors=guides[0], candidates=guide, margin=margin, relative=strategy == "relative"
    )
    assert int(relation.counts()[1].sum()) < int(inner.counts()[1].sum()) - 6, "a filter of nothing shows nothing"
    return InfoNCE(temperature=0.2)(learnt[0], others, relation=relation), theirs, learnt


@TABLE.row("GISTEmbedLoss(contrast_anchors=False, contrast_positives=False)", "InfoNCE()(relation=BelowPositive())")
def gist() -> Both:
    return guided(1, "absolute", 0.0)


@TABLE.row("GISTEmbedLoss(margin=0.1) with hard negatives", "InfoNCE()(relation=BelowPositive(margin=0.1))")
def gist_margin() -> Both:
    return guided(2, "absolute", 0.1)


@TABLE.row("GISTEmbedLoss(margin_strategy='relative')", "InfoNCE()(relation=BelowPositive(relative=True))")
def gist_relative() -> Both:
    return guided(2, "relative", 0.2)


@TABLE.row("GISTEmbedLoss(contrast_anchors=True)", "InfoNCE()(relation=BelowPositive()), anchors as negatives too")
def gist_anchors() -> Both:
    return guided(1, "absolute", 0.0, anchors_too=True)


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
