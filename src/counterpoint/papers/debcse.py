"""DebCSE: positives and negatives drawn for their meaning against their surface, by inverse propensity."""

import numpy as np
import torch
from torch import Tensor

from counterpoint.encoders import Encoder
from counterpoint.evaluation import fit_tfidf
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.sentence_tuning import (
    SentenceLearner,
    sentence_data,
    sentence_loop,
    sentence_start,
    tuned,
)
from counterpoint.objectives import InfoNCE
from counterpoint.pairs.batches import draw_candidates

paper = Paper(
    short="DebCSE",
    title="DebCSE: Rethinking Unsupervised Contrastive Sentence Embedding Learning in the Debiasing Perspective",
    authors="Miao, Du and Zhang",
    year=2023,
    identifier="arXiv:2309.07396",
    wing=Wing.TEXT,
    implements="positives and negatives drawn from a pool by inverse propensity, for their meaning in spite of their "
    "surface and the other way round, then InfoNCE",
    deviates="The small setting of SimCSE (see there). The pool of a sentence is its 16 nearest as SimCSE's result has "
    "it, the surface is TF-IDF; the propensities are ours, since neither code nor formula were at hand. The training "
    "part of STS-B was made of pairs, so that paraphrases are in the pool. Nothing was tuned.",
)
claim = Claim(
    statement="Pairs drawn by inverse propensity beat SimCSE's and make cosines follow surface less.",
    checks=(
        Better(measure="spearman", statement="Better than SimCSE at equal steps."),
        Better(measure="length_bias", lower=True, statement="Cosines of strangers follow their lengths less."),
        Better(measure="overlap_bias", lower=True, statement="And the words they share less."),
    ),
    minutes=20,
    seeds=20,
)

_POOL = {Setting.TINY: 4, Setting.SMALL: 16, Setting.FULL: 64}
_SENTENCES = 2000
_SHARPNESS, _FLOOR = 0.05, 0.1
_LOSS = InfoNCE(temperature=0.05)


def trial(setting: Setting, seed: int) -> Figures:
    """SimCSE, and the same encoder on pairs drawn from pools that SimCSE's result has made."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    sentences = data.train[:_SENTENCES]
    simcse = tuned(start, sentences, _LOSS, loop, seed=seed)
    positive_NK, negative_NK = _drawn(simcse, sentences, _POOL[setting], seed)
    learner = SentenceLearner(start, sentences, loop, seed=seed)

    def step(_: int) -> Tensor:
        rows = learner.rows()
        one_of = torch.randint(positive_NK.shape[1], (len(rows),))
        chosen = (rows, positive_NK[rows, one_of], negative_NK[rows, one_of])
        anchors, positives, negatives = (learner.embed([sentences[row] for row in one]) for one in chosen)
        return _LOSS(anchors, positives, negatives=negatives)

    found = {"baseline": simcse, "method": learner.learn(step)}
    return {side: data.test.judged(encoder) for side, encoder in found.items()}


def _drawn(guide: Encoder, sentences: list[str], size: int, seed: int) -> tuple[Tensor, Tensor]:
    """Of every sentence a quarter of its nearest others as positives and as many as negatives, rows int64 `[N, K]`."""
    seen = guide.encode(sentences, batch_size=64)
    meaning_NK, pool_NK = torch.from_numpy(seen @ seen.T).fill_diagonal_(-torch.inf).topk(size, dim=1)
    words = fit_tfidf(sentences)(sentences)
    alike = [np.asarray((words[near] @ words[i].T).todense())[:, 0] for i, near in enumerate(pool_NK.numpy())]
    meant_NK, surface_NK = np.exp(meaning_NK.numpy() / _SHARPNESS).astype(np.float64), np.stack(alike) + _FLOOR
    # alike in meaning, whatever the words; and alike in words, whatever the meaning
    sides = [(meant_NK, surface_NK, seed), (surface_NK, meant_NK, seed + 1)]
    drawn = [draw_candidates(wanted, easy, size // 4, seed=one) for wanted, easy, one in sides]
    return pool_NK.gather(1, torch.from_numpy(drawn[0])), pool_NK.gather(1, torch.from_numpy(drawn[1]))
