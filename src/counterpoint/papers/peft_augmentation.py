"""Augmented texts for adapters with few labels: a grid, and supervised contrast for soft prompts."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.base.content import Content
from counterpoint.encoders import Encoder
from counterpoint.encoders.low_rank import LowRank, LowRankEncoder
from counterpoint.encoders.soft_prompts import SoftPromptEncoder, SoftPrompts
from counterpoint.evaluation.class_geometry import class_spread
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.few_texts import FewTexts, LabelledTexts, TextClassifier, few_texts, few_texts_start
from counterpoint.experiments.near_words import near_words
from counterpoint.experiments.t_interval import interval
from counterpoint.objectives import SupCon
from counterpoint.pairs.mixing import mixup
from counterpoint.views import row_seeds
from counterpoint.views.easy import EasyAugmentation
from counterpoint.views.reword import Reworded

paper = Paper(
    short="Augmentation-for-PEFT-study",
    title="Effectiveness of Data Augmentation for Parameter Efficient Tuning with Limited Data",
    authors="Obadinma, Guo and Zhu",
    year=2023,
    identifier="arXiv:2303.02577",
    wing=Wing.TEXT,
    implements="soft prompts of every layer and low-rank changes, each with EDA, rewording and mixup; supervised "
    "contrast between texts and their edited forms for soft prompts",
    deviates="Back-translation is replaced by a list of phrases that say the same, or by a callable of the user's; "
    "EDA's synonyms are neighbours among MiniLM's token vectors. MiniLM's first layer in place of BERT and "
    "RoBERTa; TREC's 6 classes, 16 texts each, in place of SuperGLUE "
    "and others. Mixup mixes embeddings, with Beta(0.2, 0.2). Each adapter "
    "has the rate of learning that was best without augmentation on validation texts of two other seeds, of two for "
    "prompts and three for low-rank changes; the weight of the contrast is 1, its temperature 0.1, neither tuned.",
)
claim = Claim(
    statement="Soft prompts separate augmented texts worse than low-rank changes do, and contrast mends much of it.",
    checks=(
        Better(measure="within_edited", lower=True, statement="Contrast parts the classes of heavily edited texts."),
        Better(measure="edited", statement="And makes them better told."),
        Better(
            measure="within_edited",
            side="low-rank easy",
            than="baseline",
            lower=True,
            statement="Low-rank changes part them better than soft prompts do, with the same augmentation.",
        ),
    ),
    minutes=6,
    seeds=10,
)


@dataclass(frozen=True, kw_only=True)
class _Size:
    shots: int
    tests: int
    steps: int


_SIZES = {
    Setting.TINY: _Size(shots=2, tests=20, steps=1),
    Setting.SMALL: _Size(shots=16, tests=200, steps=60),
    Setting.FULL: _Size(shots=16, tests=500, steps=5000),
}
RATES = {"prompts": 1e-2, "low-rank": 3e-3}
AUGMENTATIONS = ("easy", "reworded", "mixup")
WEIGHT, LOSS = 1.0, SupCon(temperature=0.1)
_BATCH, _HEAVY = 16, 0.5
Edit = Callable[[Content, Tensor], Content]
"""From texts and a seed for each to texts; a view is one."""


def trial(setting: Setting, seed: int) -> Figures:
    """Every adapter with every augmentation, and soft prompts with EDA and contrast."""
    return grid(setting, seed, paraphrase=Reworded())


def grid(setting: Setting, seed: int, *, paraphrase: Edit) -> Figures:
    """The same split, batches and steps for every cell.

    Args:
        setting: How large.
        seed: Decides the split and everything drawn.
        paraphrase: What stands for back-translation.
    """
    size = _SIZES[setting]
    few = few_texts("trec_qc", shots=size.shots, tests=size.tests, seed=seed)
    synonyms = near_words(few_texts_start(setting), [*few.train.texts, *few.test.texts])
    heavy = EasyAugmentation(rate=_HEAVY, synonyms=synonyms)
    seeds = row_seeds(torch.arange(len(few.test)), seed=seed, epoch=0)
    edited = LabelledTexts([str(text) for text in heavy(few.test.texts, seeds)], few.test.labels)
    edits = {"easy": EasyAugmentation(synonyms=synonyms), "reworded": paraphrase}
    found: dict[str, dict[str, float]] = {}
    for adapter in RATES:
        for augmentation in ("none", *AUGMENTATIONS):
            tuning = Tuning(adapter, setting, few, seed=seed)
            tuning.learn(augmentation, edits.get(augmentation), steps=size.steps)
            found[f"{adapter} {augmentation}"] = tuning.judged(edited)
    contrasted = Tuning("prompts", setting, few, seed=seed)
    contrasted.learn("easy", edits["easy"], steps=size.steps, contrast=WEIGHT)
    return {**found, "baseline": found["prompts easy"], "method": contrasted.judged(edited)}


def mean_changes(seeds: Sequence[Figures], measure: str = "accuracy") -> dict[str, tuple[float, float, float]]:
    """What every augmentation adds to its adapter without any: mean over seeds, and the ends of its 95 % interval."""
    changes: dict[str, tuple[float, float, float]] = {}
    for adapter in RATES:
        for one in AUGMENTATIONS:
            pairs = [(found[f"{adapter} {one}"], found[f"{adapter} none"]) for found in seeds]
            changes[f"{adapter} {one}"] = interval(np.array([new[measure] - old[measure] for new, old in pairs]))
    return changes


class Tuning:
    """An adapter and a head on a frozen transformer.

    Args:
        adapter: Prompts, of every layer; or low-rank, changes of queries and values.
        setting: How large the transformer is.
        few: The split.
        seed: Decides first weights, batches, edits and dropout.
    """

    def __init__(self, adapter: str, setting: Setting, few: FewTexts, *, seed: int) -> None:
        self.adapter, self.few, self.seed = adapter, few, seed
        inner = copy.deepcopy(few_texts_start(setting))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoder: Encoder = (
                SoftPromptEncoder(SoftPrompts(inner=inner.spec, length=8), inner)
                if adapter == "prompts"
                else LowRankEncoder(LowRank(inner=inner.spec), inner)
            )
            self.classifier = TextClassifier(encoder, len(few.classes))

    def learn(
        self, augmentation: str, edit: Edit | None, *, steps: int, contrast: float = 0.0, rate: float | None = None
    ) -> None:
        """All steps; torch's global random state is left as it was found.

        Args:
            augmentation: None, mixup, or the name of an edit.
            edit: Makes a second form of every text, which learns beside it; None: no second form.
            steps: Optimiser steps.
            contrast: Weight of supervised contrast between texts and their second forms.
            rate: Of learning; that of the adapter otherwise.
        """
        train, head = self.few.train, self.classifier.head
        draw, shares = (torch.Generator().manual_seed(self.seed + offset) for offset in (0, 1))

        def step(number: int) -> Tensor:
            rows = torch.randperm(len(train), generator=draw)[:_BATCH]
            texts, labels = train.chosen(rows), train.labels[rows]
            embedded = self.classifier.embed(texts)
            if augmentation == "mixup":
                return _mixed(head, embedded, labels, shares)
            if edit is None:
                return cross_entropy(head(embedded), labels)
            edited = edit(texts, row_seeds(rows, seed=self.seed, epoch=number))
            second = self.classifier.embed([str(text) for text in edited])
            loss = cross_entropy(head(torch.cat([embedded, second])), labels.repeat(2))
            return loss + contrast * LOSS(embedded, second, labels=labels) if contrast else loss

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            descend(self.classifier, step, steps=steps, learning_rate=rate or RATES[self.adapter])

    def judged(self, edited: LabelledTexts) -> dict[str, float]:
        """Accuracy on the test texts and on their edited forms, and how much of the variance lies within classes."""
        accuracy, rows = self.classifier.judged(self.few.test)
        harder, moved = self.classifier.judged(edited)
        labels = edited.labels.numpy()
        return {
            "accuracy": accuracy,
            "edited": harder,
            "within_classes": class_spread(rows, labels).value,
            "within_edited": class_spread(moved, labels).value,
        }


def _mixed(head: nn.Module, embedded: Tensor, labels: Tensor, draw: torch.Generator) -> Tensor:
    """Cross-entropy of mixes of embeddings, with both classes in their shares."""
    mixes = mixup(embedded, alpha=0.2, generator=draw)
    scores = head(mixes.rows)
    first, second = (cross_entropy(scores, labels[rows], reduction="none") for rows in (mixes.first, mixes.second))
    return (mixes.share * first + (1 - mixes.share) * second).mean()
