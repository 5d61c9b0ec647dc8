"""DCLR: negatives that a second model finds too similar count nothing, and noise that climbs is a negative too."""

import torch
from torch import Tensor

from counterpoint.encoders import Encoder, freeze
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import Step
from counterpoint.experiments.sentence_tuning import (
    SentenceLearner,
    sentence_data,
    sentence_loop,
    sentence_start,
    tuned,
)
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import Similar, worst_noise
from counterpoint.pairwise import SameKey

paper = Paper(
    short="DCLR",
    title="Debiased Contrastive Learning of Unsupervised Sentence Representations",
    authors="Zhou, Zhang, Zhao and Wen",
    year=2022,
    identifier="arXiv:2205.00656",
    wing=Wing.TEXT,
    implements="weights 0 and 1 of negatives by a complementary model at a threshold of 0.9, and as many noise vectors "
    "as sentences, moved by 4 steps of gradient ascent on the loss of uniformity",
    deviates="The small setting of SimCSE (see there), whose result is the complementary model, as in the paper. Each "
    "step moves the noise, whose vectors are about 20 long, by 1: the paper's 1e-3 would not turn them at all. Nothing "
    "was tuned.",
)
claim = Claim(
    statement="Leaving out false negatives and adding noise as negatives beats SimCSE and spreads sentences evenly.",
    checks=(
        Better(measure="spearman", statement="Both beat SimCSE."),
        Better(measure="spearman", side="weights", statement="So do weights alone."),
        Better(measure="spearman", side="noise", statement="So does noise alone."),
        Better(measure="uniformity", lower=True, statement="Both make the space more uniform."),
    ),
    minutes=6,
)

_LOSS = InfoNCE(temperature=0.05)
_THRESHOLD = 0.9


def trial(setting: Setting, seed: int) -> Figures:
    """SimCSE, with weights, with noise, and with both."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    simcse = tuned(start, data.train, _LOSS, loop, seed=seed)
    guide = freeze(simcse)
    found = {"baseline": data.test.judged(simcse)}
    for side, weighed, noisy in (("weights", guide, False), ("noise", None, True), ("method", guide, True)):
        learner = SentenceLearner(start, data.train, loop, seed=seed)
        found[side] = data.test.judged(learner.learn(_debiased(learner, weighed, noisy=noisy)))
    return found


def _debiased(learner: SentenceLearner[HuggingFaceEncoder], guide: Encoder | None, *, noisy: bool) -> Step:
    """Steps against the negatives that the guide leaves and, where it is noisy, as many vectors of noise."""
    draw = torch.Generator().manual_seed(learner.seed)

    def step(_: int) -> Tensor:
        rows = learner.rows()
        texts = [learner.sentences[row] for row in rows]
        anchors, positives = learner.embed(texts), learner.embed(texts)
        count = len(rows) if noisy else 0
        noise = worst_noise(anchors, count=count, step_size=1.0, generator=draw) if noisy else anchors[:0].detach()
        keys = torch.arange(len(rows))
        relation = SameKey(keys, torch.cat([keys, keys.new_full((count,), -1)]))
        if guide is not None:
            with torch.no_grad():
                seen = guide(guide.collate(texts))
            every = torch.cat([seen, seen.new_zeros(count, seen.shape[1])])  # noise is like nothing
            relation = relation.sparing(Similar(anchors=seen, candidates=every, threshold=_THRESHOLD))
        return _LOSS(anchors, torch.cat([positives, noise]), relation=relation)

    return step
