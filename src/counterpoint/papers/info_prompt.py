"""InfoPrompt: soft prompts that share information with the classifier's head and with what the encoder makes."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.encoders.soft_prompts import SoftPromptEncoder, SoftPrompts
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.few_texts import FewTexts, TextClassifier, few_texts, few_texts_start
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import Explicit

paper = Paper(
    short="InfoPrompt",
    title="InfoPrompt: Information-Theoretic Soft Prompt Tuning for Natural Language Understanding",
    authors="Wu, Yu, Wang, Song, Zhang, Zhao, Lu, Li and Henao",
    year=2023,
    identifier="arXiv:2306.04933",
    wing=Wing.TEXT,
    implements="cross-entropy + beta * head term + gamma * representation term, two InfoNCE bounds whose negatives are "
    "prompts shaken by Gaussian noise",
    deviates="Formulas and sampling are our reading, from memory: see PromptInformation. MiniLM's "
    "first layer in place of RoBERTa-large, with prompts in that layer; TREC's 6 classes, 16 texts each, in place of "
    "seven sets. A prompt begins with entries of standard deviation 0.5, "
    "so that beginnings differ; the four beginnings of a split share batches, dropout and the "
    "head's first weights. The rate of 0.01 was the better of two for plain prompts on validation texts of two other "
    "seeds; weights of 0.1 and temperatures of 0.1 were not tuned.",
)
claim = Claim(
    statement="Both terms make prompt tuning more accurate, quicker and less dependent on where prompts begin.",
    checks=(
        Better(measure="accuracy", statement="Mean accuracy over beginnings is higher than that of plain prompts."),
        Better(measure="early", statement="And so it is after a quarter of the steps."),
        Better(measure="spread", lower=True, statement="It varies less across beginnings."),
        Within(measure="difference", below=1e-12, statement="Weights of 0 give plain prompt tuning, bit for bit."),
    ),
    minutes=5,
    seeds=10,
)


@dataclass(frozen=True, kw_only=True)
class _Size:
    shots: int
    tests: int
    steps: int
    starts: int


_SIZES = {
    Setting.TINY: _Size(shots=2, tests=20, steps=4, starts=2),
    Setting.SMALL: _Size(shots=16, tests=200, steps=80, starts=4),
    Setting.FULL: _Size(shots=16, tests=500, steps=5000, starts=10),
}
_PROMPTS, _BATCH, _NEGATIVES, _NOISE = 8, 16, 32, 1.0
RATE, WEIGHTS, LOSS = 1e-2, (0.1, 0.1), InfoNCE(temperature=0.1)
Weights = tuple[float, float]
"""Beta and gamma."""


class PromptInformation(nn.Module):
    """Lower bounds on what prompts share with the head and with the embeddings, given the inputs.

    A prompt P is summed up by ``u(P) = [mean over places of its vectors]`` of all layers, and by a learnt linear map of
    that for each term. Formula, for anchor a:
    ``-log exp(cos(a, W u(P)) / t) / sum over k >= 0 of exp(cos(a, W u(P_k)) / t)``
    with ``P_0 = P`` and ``P_k = P + noise |P| e_k``, e_k Gaussian and |P| the root mean square of P's entries; the mean
    over a batch. The head term's anchor is the row of the head's weights for the class of an input, that of the
    representation term is the embedding of an input.

    Args:
        layers: With a prompt of their own.
        dim: D.
    """

    def __init__(self, layers: int, dim: int) -> None:
        super().__init__()
        self.to_head, self.to_output = (nn.Linear(layers * dim, dim) for _ in range(2))

    def forward(self, prompts: list[nn.Parameter], head_ND: Tensor, output_ND: Tensor, draw: torch.Generator) -> Tensor:
        """Both terms `[2]`.

        Args:
            prompts: Of every layer, `[P, D]`.
            head_ND: Rows of the head's weights.
            output_ND: Embeddings.
            draw: Of the noise.
        """
        prompt_SPD = torch.stack(list(prompts))
        size = prompt_SPD.detach().square().mean().sqrt()
        noise = torch.randn(_NEGATIVES, *prompt_SPD.shape, generator=draw)
        every = torch.cat([prompt_SPD[None], prompt_SPD + _NOISE * size * noise]).mean(2).flatten(1)
        sides = ((head_ND, self.to_head), (output_ND, self.to_output))
        return torch.stack([_first_of(anchors, to(every)) for anchors, to in sides])


def _first_of(anchors_ND: Tensor, candidates_MD: Tensor) -> Tensor:
    """InfoNCE with the first candidate as everybody's positive and the others as negatives."""
    positive = torch.zeros(len(anchors_ND), len(candidates_MD), dtype=torch.bool)
    positive[:, 0] = True
    return LOSS(anchors_ND, candidates_MD, relation=Explicit(positive, ~positive))


def trial(setting: Setting, seed: int) -> Figures:
    """Prompts from several beginnings on one split, without and with the terms."""
    size = _SIZES[setting]
    few = few_texts("trec_qc", shots=size.shots, tests=size.tests, seed=seed)
    found: dict[str, dict[str, float]] = {}
    for side, weights in (("method", WEIGHTS), ("baseline", None)):
        runs = [PromptTuning(setting, few, start=start, seed=seed) for start in range(size.starts)]
        for run in runs:
            run.learn(weights, steps=size.steps)
        last, early = (np.array([[run.accuracy, run.early] for run in runs]).T).tolist()
        found[side] = {
            "accuracy": float(np.mean(last)),
            "early": float(np.mean(early)),
            "spread": float(np.std(last, ddof=1)),
        }
    found["method"]["difference"] = _difference(setting, few, seed)
    return found


class PromptTuning:
    """Prompts and a head on a frozen transformer.

    Attributes:
        classifier: What learns.
        accuracy: On the test texts, at the end.
        early: After a quarter of the steps.
    """

    def __init__(self, setting: Setting, few: FewTexts, *, start: int, seed: int) -> None:
        inner, self.few, self.seed = copy.deepcopy(few_texts_start(setting)), few, seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(start)
            spec = SoftPrompts(inner=inner.spec, length=_PROMPTS, spread=0.5)
            self.encoder = SoftPromptEncoder(spec, inner)
            torch.manual_seed(seed)
            self.classifier = TextClassifier(self.encoder, len(few.classes))
        self.accuracy = self.early = 0.0

    def learn(self, weights: Weights | None, *, steps: int, rate: float = RATE) -> "PromptTuning":
        """All steps; torch's global random state is left as it was found.

        Args:
            weights: Of both terms; None: they are not computed.
            steps: Optimiser steps.
            rate: Of learning.
        """
        draw, noise = (torch.Generator().manual_seed(self.seed + offset) for offset in (0, 1))
        train, head = self.few.train, self.classifier.head

        def step(number: int) -> Tensor:
            if number == steps // 4:
                self.early, _ = self.classifier.judged(self.few.test)
            rows = torch.randperm(len(train), generator=draw)[:_BATCH]
            embedded, labels = self.classifier.embed(train.chosen(rows)), train.labels[rows]
            loss = cross_entropy(head(embedded), labels)
            if weights is None:
                return loss
            found = terms(self.encoder.prompts(), head.weight[labels], embedded, noise)
            return loss + (found * torch.tensor(weights)).sum()

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed + 1)
            terms = PromptInformation(len(self.encoder.prompts()), self.encoder.embedding_dim)
            torch.manual_seed(self.seed)
            descend(nn.ModuleList([self.classifier, terms]), step, steps=steps, learning_rate=rate)
        self.accuracy, _ = self.classifier.judged(self.few.test)
        return self


def _difference(setting: Setting, few: FewTexts, seed: int) -> float:
    """Largest difference of any learnt number after some steps with weights of 0 from what it is without the terms."""
    steps = min(20, _SIZES[setting].steps)
    sides = ((0.0, 0.0), None)
    runs = [PromptTuning(setting, few, start=0, seed=seed).learn(weights, steps=steps) for weights in sides]
    pairs = zip(*(run.classifier.parameters() for run in runs), strict=True)
    return max(float((one - two).detach().abs().max()) for one, two in pairs)
