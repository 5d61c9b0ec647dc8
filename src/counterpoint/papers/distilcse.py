"""DistilCSE: a student learns from a teacher's embeddings by contrast, then from labelled pairs by contrast."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from counterpoint.data.sets import stsb
from counterpoint.encoders import HuggingFace, Inputs, StaticText
from counterpoint.evaluation import similarity_scores
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.sentence_tuning import CLOSE, ScoredPairs, scored_pairs, sentence_data, sentence_start
from counterpoint.experiments.text_retrieval import picked
from counterpoint.objectives import InfoNCE

paper = Paper(
    short="DistilCSE",
    title="DistilCSE: Effective Knowledge Distillation For Contrastive Sentence Embeddings",
    authors="Gao, Wu, Wang, Wang, Zang, Wang and Hu",
    year=2021,
    identifier="arXiv:2112.05638",
    wing=Wing.ROBUSTNESS,
    implements="contrastive distillation (InfoNCE of the student's embedding with the teacher's of the same sentence, "
    "against the teacher's of others) and contrastive fine-tuning on labelled pairs; against distillation by mean "
    "squared error and SimCSE without a teacher",
    deviates="The teacher is MiniLM with its 6 layers, which was tuned on people's pairs, the student a static text "
    "encoder from new weights (128 dimensions, words weighted by rarity) with a linear map to the teacher's 384, in "
    "place of pretrained BERTs. 2,000 sentences of STS-B's training part are distilled on, and its pairs with a score "
    "of 4 or more tuned on, in place of millions of sentences and NLI. The teacher is frozen, so that 256 more of its "
    "embeddings, drawn anew, stand for the memory bank. Of each way of distilling the learning rate (of 0.001, 0.003 "
    "and 0.01, for SimCSE of 0.0003, 0.001 and 0.003) and that of fine-tuning (0.001 or 0.003) were chosen on the "
    "development part, at another seed; the temperature of 0.05 was not tuned.",
)
claim = Claim(
    statement="Contrastive distillation teaches more than mean squared error or no teacher, before and after "
    "contrastive fine-tuning, and the student keeps nine tenths of the teacher's correlation.",
    checks=(
        Better(
            measure="spearman", side="contrast_before", than="mse_before", statement="Better than mean squared error."
        ),
        Better(measure="spearman", side="contrast_before", than="simcse_before", statement="Better than no teacher."),
        Better(measure="spearman", statement="After fine-tuning, better than mean squared error."),
        Better(measure="spearman", than="simcse", statement="After fine-tuning, better than no teacher."),
        Better(measure="spearman", than="labels", statement="And better than fine-tuning alone."),
        Better(measure="spearman", than="contrast_before", statement="Fine-tuning adds to distillation."),
        Within(measure="share", above=0.9, statement="The student keeps nine tenths of the teacher's correlation."),
    ),
    minutes=5,
    seeds=10,
)

_SIZES = {Setting.TINY: (40, 2, 2), Setting.SMALL: (2000, 600, 200), Setting.FULL: (10_536, 20_000, 2000)}
"""Sentences without labels, steps on them, and steps on labelled pairs."""
_BATCH, _NEGATIVES, _LOSS = 64, 256, InfoNCE(temperature=0.05)
_RATES = {"contrast": (3e-3, 1e-3), "mse": (3e-3, 3e-3), "simcse": (3e-4, 1e-3), "none": (0.0, 1e-3)}
"""Learning rates of distillation and of fine-tuning."""
_SIDES = {"method": "contrast", "baseline": "mse", "simcse": "simcse", "labels": "none"}
Batch = Callable[[Tensor], Tensor]
"""From all row numbers in random order, int64 `[N]`, to the loss on the first of them, a scalar."""


class Student(nn.Module):
    """A static text encoder and a linear map to the teacher's dimensions, which stays part of it.

    Args:
        sample: Texts to learn the vocabulary from.
        width: Dimensions of token vectors.
        dim: Dimensions D of the embedding.
    """

    def __init__(self, sample: Sequence[str], *, width: int, dim: int) -> None:
        super().__init__()
        spec = StaticText(dim=width, vocabulary_size=4000, min_frequency=2, sif=1e-3, token_dropout=0.1)
        self.encoder = spec.build(list(sample))
        self.widen = nn.Linear(width, dim, bias=False)

    def forward(self, inputs: Inputs) -> Tensor:
        """Embeddings `[N, D]` of collated texts."""
        return self.widen(self.encoder(inputs))

    @torch.no_grad()
    def embedded(self, texts: list[str]) -> np.ndarray:
        """Embeddings `[N, D]`, without dropout."""
        return self.widen(torch.from_numpy(self.encoder.encode(texts, normalize=False))).numpy()


def trial(setting: Setting, seed: int) -> Figures:
    """The same student, sentences, labelled pairs and steps on every side; before and after fine-tuning."""
    _, steps, tuning = _SIZES[setting]
    data, sentences = sentence_data(setting), unlabelled(setting)
    taught_ND, ceiling = teacher(setting)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        start = Student(data.train, width=128, dim=taught_ND.shape[1])
    pairs = alike(scored_pairs(stsb().train, 40 if setting is Setting.TINY else 10_000))
    figures = {"teacher": {"spearman": ceiling}}
    for side, kind in _SIDES.items():
        model, (rate, tuning_rate) = copy.deepcopy(start), _RATES[kind]
        if kind != "none":
            _learn(model, distillation(model, sentences, taught_ND, kind), len(sentences), steps, rate, seed)
        figures[f"{kind}_before"] = _judged(model, data.test, ceiling)
        _learn(model, _fine_tuning(model, *pairs), len(pairs[0]), tuning, tuning_rate, seed)
        figures[side] = _judged(model, data.test, ceiling)
    return figures


def unlabelled(setting: Setting) -> list[str]:
    """Sentences to distil on, spread evenly over those of the training pairs."""
    every, count = sentence_data(setting).train, _SIZES[setting][0]
    return every[:: max(1, len(every) // count)][:count]


@lru_cache(maxsize=1)
def teacher(setting: Setting) -> tuple[Tensor, float]:
    """MiniLM's unit embeddings of those sentences, `[N, D]`, and its correlation on the test part; asked once."""
    spec = sentence_start(setting).spec
    assert isinstance(spec, HuggingFace)
    encoder = (spec if setting is Setting.TINY else replace(spec, layers=None)).build()
    ceiling = sentence_data(setting).test.judged(encoder)["spearman"]
    return torch.from_numpy(encoder.encode(unlabelled(setting), batch_size=64)), ceiling


def alike(pairs: ScoredPairs) -> tuple[list[str], list[str]]:
    """Both sides of the pairs that people score 4 or more."""
    close = [row for row, score in enumerate(pairs.score) if score >= CLOSE]
    return [pairs.first[row] for row in close], [pairs.second[row] for row in close]


def distillation(student: Student, sentences: list[str], taught_ND: Tensor, kind: str) -> Batch:
    """Loss of a batch: by contrast, by mean squared error, or SimCSE's, which knows no teacher.

    Contrast is InfoNCE of the student's embeddings with the teacher's of the same sentences; negatives are the
    teacher's embeddings of the batch's other sentences and of 256 more.
    """
    inputs = student.encoder.collate(sentences)

    def loss(order: Tensor) -> Tensor:
        rows, others = order[:_BATCH], order[_BATCH : _BATCH + _NEGATIVES]
        embedded = student(picked(inputs, rows))
        if kind == "mse":
            return mse_loss(embedded, taught_ND[rows])
        if kind == "simcse":
            return _LOSS(embedded, student(picked(inputs, rows)))
        return _LOSS(embedded, taught_ND[rows], negatives=taught_ND[others] if len(others) else None)

    return loss


def _fine_tuning(student: Student, first: list[str], second: list[str]) -> Batch:
    sides = [student.encoder.collate(side) for side in (first, second)]

    def loss(order: Tensor) -> Tensor:
        a, b = (student(picked(side, order[:_BATCH])) for side in sides)
        return _LOSS(a, b)

    return loss


def _learn(student: Student, loss: Batch, count: int, steps: int, rate: float, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        descend(student, lambda _: loss(torch.randperm(count, generator=draw)), steps=steps, learning_rate=rate)


def _judged(student: Student, pairs: ScoredPairs, ceiling: float) -> dict[str, float]:
    """Spearman's correlation, and its share of the teacher's."""
    found = similarity_scores(student.embedded(pairs.first), student.embedded(pairs.second), pairs.score)[0].value
    return {"spearman": found, "share": found / ceiling}
