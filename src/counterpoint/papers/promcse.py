"""PromCSE: a frozen transformer whose soft prompts alone learn, and a hinge on hard negatives beside the contrast."""

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, relu

from counterpoint.data.sets import sts12_16, stsb
from counterpoint.encoders import Encoder
from counterpoint.encoders.soft_prompts import SoftPromptEncoder, SoftPrompts
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.sentence_tuning import (
    SentenceLearner,
    SentenceLoop,
    scored_pairs,
    sentence_data,
    sentence_start,
)
from counterpoint.objectives import InfoNCE
from counterpoint.papers.llmnegatives import turned

paper = Paper(
    short="PromCSE",
    title="Improved Universal Sentence Embeddings with Prompt-based Contrastive Learning and Energy-based Learning",
    authors="Jiang, Zhang and Wang",
    year=2022,
    identifier="arXiv:2203.06875",
    wing=Wing.TEXT,
    implements="Section 3.1, soft prompts of every layer under SimCSE's loss with all else frozen, against tuning all "
    "layers; and the hinge max(0, m + cos(h, h-) - cos(h, h+)) beside the supervised loss, against that loss alone",
    deviates="MiniLM's first 3 layers in place of BERT-base; pairs of STS-B with a score of 4 or more and negatives "
    "written by rules in place of NLI. The hinge's exact form, its margin of 0.2 and weight of 1 are ours. The rate of "
    "0.01 for prompts was not tuned; 0.0001 for all layers is the one chosen for other trials from this start. In "
    "`small`, 30 steps of 16 sentences, and the first 200 pairs of STS-B's test part and of SemEval 2012.",
)
claim = Claim(
    statement="Prompts alone match full tuning, lose less under a shift of domain, and the hinge adds to supervision.",
    checks=(
        Better(measure="spearman", by=-0.01, statement="Prompts are at most one point worse than full tuning."),
        Better(measure="shifted", statement="On sentences of other sources prompts are better."),
        Within(measure="share_trained", below=0.01, statement="Less than 1 % of the weights learn."),
        Better(measure="spearman", side="hinge", than="supervised", statement="The hinge adds to supervised training."),
    ),
    minutes=5,
)

_SIZES = {Setting.TINY: (20, 1), Setting.SMALL: (200, 30), Setting.FULL: (1379, 5000)}
PROMPTS, _LOSS, CLOSE = 8, InfoNCE(temperature=0.05), 4.0
Step = Callable[[int], Tensor]


def trial(setting: Setting, seed: int) -> Figures:
    """The same start, sentences and steps, without and with labels."""
    count, steps = _SIZES[setting]
    tests = {"spearman": scored_pairs(stsb().test, count), "shifted": scored_pairs(sts12_16(years=(2012,)).test, count)}
    data, start = sentence_data(setting), sentence_start(setting)
    pairs = scored_pairs(stsb().train, 10_000)
    near = np.flatnonzero(pairs.score >= CLOSE)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        prompted = SoftPromptEncoder(SoftPrompts(inner=start.spec, length=PROMPTS), copy.deepcopy(start))
    fast, slow = (SentenceLoop(steps=steps, batch_size=16, learning_rate=rate) for rate in (1e-2, 1e-4))
    first, second = ([side[row] for row in near] for side in (pairs.first, pairs.second))

    def unlabelled(encoder: Encoder, loop: SentenceLoop) -> Encoder:
        learner = SentenceLearner(encoder, data.train, loop, seed=seed)
        return learner.learn(learner.contrast(_LOSS))

    def labelled(hinge: float) -> Encoder:
        learner = SentenceLearner(prompted, first, fast, seed=seed)
        return learner.learn(_supervised(learner, second, hinge=hinge))

    sides = {
        "method": unlabelled(prompted, fast),
        "baseline": unlabelled(start, slow),
        "supervised": labelled(0.0),
        "hinge": labelled(1.0),
    }
    figures = {
        side: {name: test.judged(encoder)["spearman"] for name, test in tests.items()}
        for side, encoder in sides.items()
    }
    figures["method"]["share_trained"] = share_trained(prompted)
    return figures


def share_trained(encoder: Encoder) -> float:
    """Weights that learn over all there are."""
    sizes = [(one.numel(), one.requires_grad) for one in encoder.parameters()]
    return sum(size for size, learns in sizes if learns) / sum(size for size, _ in sizes)


def _supervised(learner: SentenceLearner, second: list[str], *, hinge: float, margin: float = 0.2) -> Step:
    """InfoNCE with a negative that rules write for every sentence, and the hinge on it."""

    def step(_: int) -> Tensor:
        rows = learner.rows().tolist()
        texts = [learner.sentences[row] for row in rows]
        anchors, positives, negatives = (
            learner.embed(side) for side in (texts, [second[row] for row in rows], [turned(text) for text in texts])
        )
        violation = margin + cosine_similarity(anchors, negatives) - cosine_similarity(anchors, positives)
        return _LOSS(anchors, positives, negatives=negatives) + hinge * relu(violation).mean()

    return step
