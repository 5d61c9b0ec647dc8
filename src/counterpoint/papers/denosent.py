"""DenoSent: the embedding helps a decoder restore the sentence from noise, with or without contrast."""

import torch
from torch import Tensor

from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.encoders.restorer import Restorer
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import Step
from counterpoint.experiments.sentence_tuning import (
    SentenceLearner,
    sentence_data,
    sentence_loop,
    sentence_start,
)
from counterpoint.objectives import InfoNCE

paper = Paper(
    short="DenoSent",
    title="DenoSent: A Denoising Objective for Self-Supervised Sentence Representation Learning",
    authors="Wang, He, Wang, Zhou, Sun and Qiu",
    year=2024,
    identifier="arXiv:2401.13621",
    wing=Wing.TEXT,
    implements="the denoising loss with continuous noise (dropout of 0.825), alone and summed with SimCSE's in the "
    "public code's weights of 7 and 5",
    deviates="The small setting of SimCSE (see there). One decoder layer in place of 16, tokens told from those of the "
    "batch, the mean over tokens in place of a prompt, and no back-translation. Nothing was tuned.",
)
claim = Claim(
    statement="Restoring sentences alone makes embeddings as good as contrast does, and both together better ones.",
    checks=(
        Better(measure="spearman", side="denoising", than="untuned", statement="Denoising alone beats the start."),
        Better(measure="spearman", side="denoising", by=-0.02, statement="And is within 2 points of SimCSE."),
        Better(measure="spearman", statement="Both together beat SimCSE."),
        Better(measure="spearman", than="denoising", statement="And denoising alone."),
    ),
    minutes=5,
    seeds=10,
)

_LOSS = InfoNCE(temperature=0.05)


def trial(setting: Setting, seed: int) -> Figures:
    """Each loss alone and both, after the same steps."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    found = {"untuned": data.test.judged(start)}
    for side, contrast, restore in (("baseline", 1.0, 0.0), ("denoising", 0.0, 1.0), ("method", 5.0, 7.0)):
        learner = SentenceLearner(start, data.train, loop, seed=seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            restorer = Restorer(learner.encoder)
        step = _summed(learner, restorer, contrast, restore)
        found[side] = data.test.judged(learner.learn(step, restorer))
    return found


def _summed(learner: SentenceLearner[HuggingFaceEncoder], restorer: Restorer, contrast: float, restore: float) -> Step:
    """Steps of the weighted sum; a loss of weight 0 is not computed."""

    def step(_: int) -> Tensor:
        inputs = learner.encoder.collate([learner.sentences[row] for row in learner.rows()])
        first, parts = learner.encoder(inputs), []
        if contrast:
            parts.append(contrast * _LOSS(first, learner.encoder(inputs)))
        if restore:
            parts.append(restore * restorer.loss(first, inputs))
        return torch.stack(parts).sum()

    return step
