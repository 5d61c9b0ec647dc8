"""UNSEE: losses without negatives on two passes of a sentence, with and without a target network."""

import copy

import torch
from torch import Tensor, nn

from counterpoint.encoders import ProjectionHead
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.evaluation import effective_rank
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.sentence_tuning import (
    SentenceData,
    SentenceLearner,
    sentence_data,
    sentence_loop,
    sentence_start,
)
from counterpoint.methods.branch import Branch
from counterpoint.methods.momentum import follow
from counterpoint.objectives import BarlowTwins, InfoNCE, VICReg
from counterpoint.pairwise import Loss

paper = Paper(
    short="UNSEE",
    title="UNSEE: Unsupervised Non-contrastive Sentence Embeddings",
    authors="Cagatan",
    year=2024,
    identifier="arXiv:2401.15316",
    wing=Wing.TEXT,
    implements="non-contrastive losses of an online network with a projection against a target network that follows "
    "it, against the same losses in SimCSE's setup and against SimCSE",
    deviates="The small setting of SimCSE (see there) in place of BERT-base and MTEB. Barlow Twins and VICReg, with "
    "their usual weights; momentum 0.99; a projection to 128 dimensions that is dropped afterwards. Nothing was tuned.",
)
claim = Claim(
    statement="A target network keeps losses without negatives from collapse and makes them as good as SimCSE.",
    checks=(
        Better(measure="effective_rank", than="barlow alone", statement="More dimensions in use than without it."),
        Better(measure="spearman", than="barlow alone", statement="And similarity is better."),
        Better(measure="spearman", by=-0.01, statement="Within a point of SimCSE."),
        Better(measure="spearman", side="vicreg", by=-0.01, statement="So is VICReg."),
    ),
    minutes=7,
)

_MOMENTUM = 0.99


def trial(setting: Setting, seed: int) -> Figures:
    """SimCSE, and losses without negatives with the target network, one of them without it too."""
    data, loop = sentence_data(setting), sentence_loop(setting)

    sides: dict[str, tuple[Loss, bool]] = {
        "baseline": (InfoNCE(temperature=0.05), False),
        "method": (BarlowTwins(), True),
        "barlow alone": (BarlowTwins(), False),
        "vicreg": (VICReg(), True),
    }
    start = sentence_start(setting)
    return {
        side: _measured(data, SentenceLearner(start, data.train, loop, seed=seed), loss, target=target)
        for side, (loss, target) in sides.items()
    }


def _measured(
    data: SentenceData, learner: SentenceLearner[HuggingFaceEncoder], loss: Loss, *, target: bool
) -> dict[str, float]:
    """Similarity and effective rank after all steps; without a target network there is no projection either."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(learner.seed)
        head = ProjectionHead(out_dim=128).build(learner.encoder.embedding_dim) if target else nn.Identity()
    online = Branch(learner.encoder, head)
    teacher = copy.deepcopy(online).requires_grad_(False)

    def step(_: int) -> Tensor:
        inputs = learner.encoder.collate([learner.sentences[row] for row in learner.rows()])
        if not target:
            return loss(online(inputs), online(inputs))
        follow(teacher, online, _MOMENTUM)
        with torch.no_grad():
            aim = teacher(inputs)
        return loss(online(inputs), aim)

    encoder = learner.learn(step, head)
    rank = effective_rank(encoder.encode(data.test.first, batch_size=64)).value
    return data.test.judged(encoder) | {"effective_rank": rank}
