"""Contriever: two spans of a document, drawn apart from each other, teach retrieval without labels."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer
from torch import Tensor

from counterpoint.encoders import Encoder, Inputs
from counterpoint.encoders.static_text import PAD_ID, StaticText
from counterpoint.evaluation import NDCG, Qrels, Recall
from counterpoint.evaluation.retrieval import Ranked
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.text_retrieval import RetrievalTexts, picked, scifact_texts
from counterpoint.methods.momentum import follow
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import Queue, with_own_negatives

paper = Paper(
    short="Contriever",
    title="Unsupervised Dense Information Retrieval with Contrastive Learning",
    authors="Izacard, Caron, Hosseini, Riedel, Bojanowski, Joulin and Grave",
    year=2022,
    identifier="arXiv:2112.09118",
    wing=Wing.RETRIEVAL,
    implements="independent random spans of 5 to 50 % of a document with a tenth of the tokens left out, InfoNCE "
    "against a queue of a momentum encoder; the inverse cloze task with a span and its complement; fine-tuning on a "
    "few pairs; BM25 (k1 of 0.9, b of 0.4) beside it",
    deviates="A static text encoder of 64 dimensions from new weights in place of BERT, which sees no order of words; "
    "SciFact's abstracts are texts and collection at once, in place of Wikipedia and CCNet. Tokens, not words, are "
    "left out, for both tasks alike, and spans of the inverse cloze task are as long as the others. In `small`, 3,000 "
    "abstracts, 900 steps of 64, a queue of 1,024 and a momentum of 0.99. The learning rate, of 0.01 and 0.03, was "
    "chosen for both tasks by the training part's claims at one other seed, and is the same; that of fine-tuning, of "
    "0.001, 0.003 and 0.01, as what the untrained start does best with. BM25 has neither stemming nor stop words.",
)
claim = Claim(
    statement="Contrast of independent spans without labels retrieves better than the inverse cloze task, and is a "
    "better start for fine-tuning on few labels than none.",
    checks=(
        Better(measure="recall_at_100", than="untrained", statement="Recall at 100 is higher than before training."),
        Better(measure="recall_at_100", statement="And than after the inverse cloze task."),
        Better(
            measure="recall_at_100",
            side="tuned",
            than="tuned_untrained",
            statement="After 50 claims with labels it is higher than without the spans before.",
        ),
        Better(measure="ndcg_at_10", side="tuned", than="tuned_untrained", statement="And so is NDCG at 10."),
    ),
    minutes=7,
    seeds=10,
)


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a run: claims and documents; steps on spans, documents of each, rows of the queue; labelled ones."""

    queries: int
    documents: int
    steps: int
    batch: int = 64
    queue: int = 1024
    labelled: int = 50
    tuning: int = 100


_SIZES = {
    Setting.TINY: Size(queries=20, documents=60, steps=1, batch=8, queue=16, labelled=8, tuning=1),
    Setting.SMALL: Size(queries=809, documents=3000, steps=900),
    Setting.FULL: Size(queries=809, documents=5183, steps=500_000, batch=2048, queue=131_072, tuning=1000),
}
_SHARES, _LEFT_OUT, _MOMENTUM, _RATE = (0.05, 0.5), 0.1, 0.99, 3e-2
_PAIRS, _TUNING_RATE, _DEPTH = 32, 1e-2, 100
_LOSS = InfoNCE(temperature=0.05)
_ENCODER = StaticText(dim=64, vocabulary_size=5000, max_length=256, sif=1e-3)

Spans = Callable[[Tensor, torch.Generator], tuple[Tensor, Tensor]]
"""From lengths int64 `[B]`, the longest of them L, to the places `[B, L]` that either view has."""


def trial(setting: Setting, seed: int) -> Figures:
    """The same start, documents and steps; only the second view differs."""
    size = _SIZES[setting]
    data = scifact_texts(queries=size.queries, documents=size.documents, seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        start: Encoder = _ENCODER.build(data.documents)
    encoders = {
        "untrained": start,
        "method": pretrained(start, data, size, independent, seed=seed),
        "baseline": pretrained(start, data, size, cloze, seed=seed),
    }
    for side, before in (("tuned", "method"), ("tuned_cloze", "baseline"), ("tuned_untrained", "untrained")):
        encoders[side] = tuned(encoders[before], data, size, seed=seed)
    figures = {
        side: _ranked(encoder.encode(data.test) @ encoder.encode(data.documents).T, data.judged)
        for side, encoder in encoders.items()
    }
    return figures | {"bm25": _ranked(bm25(data.test, data.documents), data.judged)}


def independent(lengths_B: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two spans of every document, which may share words or not."""
    return span(lengths_B, draw), span(lengths_B, draw)


def cloze(lengths_B: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """The inverse cloze task: a span, and everything else."""
    first_BL = span(lengths_B, draw)
    return first_BL, ~first_BL


def span(lengths_B: Tensor, draw: torch.Generator) -> Tensor:
    """A run of 5 to 50 % of the places of every document, at a random one, as truth values `[B, L]`."""
    share, place = torch.rand(2, len(lengths_B), generator=draw)
    least, most = _SHARES
    size = ((least + (most - least) * share) * lengths_B).ceil()
    first = (place * (lengths_B - size + 1)).floor()
    places = torch.arange(int(lengths_B.max()))
    return (places >= first[:, None]) & (places < (first + size)[:, None])


def view(tokens_BL: Tensor, inside_BL: Tensor, draw: torch.Generator) -> Inputs:
    """Tokens at some places with a tenth of them left out; what is not there is padding, which counts as nothing."""
    stays = torch.rand(tokens_BL.shape, generator=draw) >= _LEFT_OUT
    kept = inside_BL & stays & (tokens_BL != PAD_ID)
    return {"tokens": tokens_BL.where(kept, PAD_ID), "length": kept.sum(1).clamp(min=1).float()}


def pretrained(start: Encoder, data: RetrievalTexts, size: Size, spans: Spans, *, seed: int) -> Encoder:
    """A copy after all steps: the first view is to find the slow encoder's second one among those of the queue."""
    encoder, slow = copy.deepcopy(start), copy.deepcopy(start).requires_grad_(False)
    draw, queue = torch.Generator().manual_seed(seed), Queue(size.queue, start.embedding_dim)
    tokens = start.collate(data.documents)["tokens"]

    def step(_: int) -> Tensor:
        own_BL = tokens[torch.randperm(len(tokens), generator=draw)[: size.batch]]
        lengths = (own_BL != PAD_ID).sum(1)
        first, second = (view(own_BL[:, : lengths.max()], one, draw) for one in spans(lengths, draw))
        follow(slow, encoder, _MOMENTUM)
        with torch.no_grad():
            keys = slow(second)
        negatives = queue.content()[0]
        nothing = keys.new_zeros(len(keys), 0, keys.shape[1])
        # while the queue is empty, the other documents of the batch are what there is to compare with
        pairs = with_own_negatives(encoder(first), keys, nothing, negatives=negatives, in_batch=not len(negatives))
        queue.push(keys)
        return pairs.under(_LOSS)

    descend(encoder, step, steps=size.steps, learning_rate=_RATE)
    return encoder


def tuned(start: Encoder, data: RetrievalTexts, size: Size, *, seed: int) -> Encoder:
    """A copy after all labelled claims, drawn at random, were told from each other's abstracts."""
    encoder, draw = copy.deepcopy(start), torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(data.train), generator=draw)[: size.labelled]
    queries = encoder.collate([data.train[row] for row in chosen])
    answers = encoder.collate([data.documents[data.positive[row]] for row in chosen])

    def step(_: int) -> Tensor:
        rows = torch.randperm(len(chosen), generator=draw)[:_PAIRS]
        return _LOSS(encoder(picked(queries, rows)), encoder(picked(answers, rows)))

    descend(encoder, step, steps=size.tuning, learning_rate=_TUNING_RATE)
    return encoder


def bm25(queries: list[str], documents: list[str], *, k1: float = 0.9, b: float = 0.4) -> np.ndarray:
    """Scores of queries and documents, `[Q, M]`.

    Formula: ``sum over words w of both of c_qw idf_w c_dw / (c_dw + k1 (1 - b + b L_d / mean L))``, c counts, L a
    document's words, ``idf_w = log(1 + (M - M_w + 0.5) / (M_w + 0.5))`` where M_w of M documents have the word.
    """
    words = CountVectorizer(token_pattern=r"(?u)\b\w+\b").fit(documents)
    held, asked = words.transform(documents), words.transform(queries)
    length = np.asarray(held.sum(axis=1))
    used = np.flatnonzero(np.asarray(asked.sum(axis=0))[0])
    counts_MV, asked_QV = (np.asarray(side[:, used].todense(), dtype=np.float32) for side in (held, asked))
    holds = (counts_MV > 0).sum(axis=0)
    idf = np.log1p((len(documents) - holds + 0.5) / (holds + 0.5))
    return (asked_QV * idf) @ (counts_MV / (counts_MV + k1 * (1 - b + b * length / length.mean()))).T


def _ranked(scores_QM: np.ndarray, judged: Qrels) -> dict[str, float]:
    depth = min(_DEPTH, judged.n_candidates)
    best = np.argsort(-scores_QM, axis=1, kind="stable")[:, :depth]
    ideal = judged.ideal(0, judged.n_queries, depth)
    ranked = Ranked(judged.grades(0, best), ideal, judged.relevant_count())
    return {one.name.replace("@", "_at_"): float(one(ranked).mean()) for one in (Recall(k=_DEPTH), NDCG(k=10))}
