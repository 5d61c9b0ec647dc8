"""ESimCSE: words repeated in one view, so that length is no clue, and negatives from a queue."""

import copy

import torch
from torch import Tensor

from counterpoint.encoders import freeze
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import Step
from counterpoint.experiments.sentence_tuning import (
    SentenceLearner,
    sentence_data,
    sentence_loop,
    sentence_start,
)
from counterpoint.methods.momentum import follow
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import Queue
from counterpoint.views import Identity, View, WordRepeat

paper = Paper(
    short="ESimCSE",
    title="ESimCSE: Enhanced Sample Building Method for Contrastive Learning of Unsupervised Sentence Embedding",
    authors="Wu, Gao, Zang, Han, Wang and Hu",
    year=2022,
    identifier="arXiv:2109.04380",
    wing=Wing.TEXT,
    implements="word repetition at a rate of 0.32 in one view, and a queue of 2.5 batches from an encoder that follows "
    "with momentum 0.995, without dropout",
    deviates="The small setting of SimCSE (see there). Words are repeated, where the paper repeats sub-words. "
    "Nothing was tuned.",
)
claim = Claim(
    statement="Repeated words and a queue of negatives beat SimCSE, and length stops being a clue.",
    checks=(
        Better(measure="spearman", statement="Better than SimCSE at equal steps."),
        Better(measure="spearman", side="repetition", statement="So is repetition alone."),
        Better(measure="length_bias", lower=True, statement="Cosines of strangers follow their lengths less."),
    ),
    minutes=23,
    seeds=20,
)

_QUEUE = 2.5
_MOMENTUM = 0.995
_LOSS = InfoNCE(temperature=0.05)


def trial(setting: Setting, seed: int) -> Figures:
    """SimCSE, repetition alone, and both parts."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    found: dict[str, dict[str, float]] = {}
    for side, view, queued in (
        ("baseline", Identity(), False),
        ("repetition", WordRepeat(rate=0.32), False),
        ("method", WordRepeat(rate=0.32), True),
    ):
        learner = SentenceLearner(start, data.train, loop, seed=seed)
        step = _queued(learner, view) if queued else learner.contrast(_LOSS, Identity(), view)
        found[side] = data.test.judged(learner.learn(step))
    return found


def _queued(learner: SentenceLearner[HuggingFaceEncoder], view: View) -> Step:
    """Steps with a queue of further negatives; sentences join it afterwards, as the follower sees them."""
    follower = freeze(copy.deepcopy(learner.encoder))
    queue = Queue(int(_QUEUE * learner.loop.batch_size), learner.encoder.embedding_dim)

    def step(number: int) -> Tensor:
        follow(follower, learner.encoder, _MOMENTUM)
        rows = learner.rows()
        texts = [learner.texts(rows, one, step=number, number=side) for side, one in enumerate((Identity(), view))]
        negatives = queue.content()[0] if len(queue) else None
        loss = _LOSS(learner.embed(texts[0]), learner.embed(texts[1]), negatives=negatives)
        with torch.no_grad():
            queue.push(follower(follower.collate(texts[0])))
        return loss

    return step
