"""Conan-embedding: negatives that the model has outgrown are replaced, and two tasks share every step."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from counterpoint.data import named
from counterpoint.evaluation import Bootstrap, similarity_scores
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.text_retrieval import RetrievalTexts, TextLearner, TextLoop, picked, scifact_texts
from counterpoint.objectives import CoSENT

paper = Paper(
    short="Conan",
    title="Conan-embedding: General Text Embedding with More and Better Negative Samples",
    authors="Li, Tang, Chen and Chen",
    year=2024,
    identifier="arXiv:2408.15710",
    wing=Wing.PAIRS,
    implements="dynamic hard negative mining (replace when 1.15 s < s0 and |s| < 0.8), and one step for both tasks",
    deviates="SciFact and STS-B with a static text encoder that learns from nothing, so the first negatives are mined "
    "by an encoder that knows little. Scores are looked at every 10 steps. One process: no balance over GPUs. One "
    "learning rate for all sides; steps that take turns are twice as many, of half the work.",
)
claim = Claim(
    statement="Negatives replaced as the model learns beat negatives mined once, and steps of both tasks beat steps "
    "that take turns.",
    checks=(
        Better(measure="negative_score", statement="Negatives stay nearer to their queries."),
        Better(measure="ndcg_at_10", statement="Retrieval is better at equal steps."),
        Better(measure="both", side="mixed", than="alternating", statement="The mean of retrieval and STS is better."),
    ),
    minutes=1.5,
)

_SIZES = {Setting.TINY: (20, 60, 2, 50), Setting.SMALL: (300, 1000, 60, 1500), Setting.FULL: (809, 5183, 5000, 5749)}
_HARD, _EVERY = 4, 10


def trial(setting: Setting, seed: int) -> Figures:
    """Two ways to keep negatives, then two ways to combine the tasks, with the same encoder and steps."""
    queries, documents, steps, pairs = _SIZES[setting]
    data = scifact_texts(queries=queries, documents=documents, seed=seed)
    figures: dict[str, dict[str, float]] = {}
    for side, refreshed in (("method", True), ("baseline", False)):
        learner = TextLearner(data, TextLoop(steps=steps), seed=seed)
        kept = _Negatives(learner, data, refreshed=refreshed)
        learner.learn(learner.retrieving(kept.of))
        figures[side] = {"ndcg_at_10": float(learner.ndcg().mean()), "negative_score": kept.score()}
    for side, every in (("mixed", 1), ("alternating", 2)):
        figures[side] = _two_tasks(data, steps, pairs, every, seed)
    return figures


class _Negatives:
    """Every query's hard negatives, mined at the start and, where wanted, again when they have become easy."""

    def __init__(self, learner: TextLearner, data: RetrievalTexts, *, refreshed: bool) -> None:
        self.learner, self.refreshed = learner, refreshed
        self.positive, self.everything = torch.from_numpy(data.positive), torch.arange(len(data.documents))
        self.queries = torch.arange(len(self.positive))
        self.rows, self.first = self._mined()

    def of(self, step: int, chosen: Tensor) -> Tensor:
        """The negatives `[B, H]` of the chosen queries."""
        if self.refreshed and step and step % _EVERY == 0:
            now = self._scores().gather(1, self.rows)
            easy = ((1.15 * now < self.first) & (now.abs() < 0.8)).any(1, keepdim=True)
            rows, first = self._mined()
            self.rows, self.first = torch.where(easy, rows, self.rows), torch.where(easy, first, self.first)
        return self.rows[chosen]

    def score(self) -> float:
        """Mean cosine of queries and their negatives now."""
        return float(self._scores().gather(1, self.rows).mean())

    def _mined(self) -> tuple[Tensor, Tensor]:
        """The nearest documents but the answer, and their scores."""
        scores = self._scores().scatter(1, self.positive[:, None], -torch.inf)
        found = torch.topk(scores, _HARD, dim=1)
        return found.indices, found.values

    def _scores(self) -> Tensor:
        return self.learner.scores(self.queries, self.everything)


def _two_tasks(data: RetrievalTexts, steps: int, pairs: int, every: int, seed: int) -> dict[str, float]:
    """Both losses in each of ``steps`` steps, or in turn over twice as many: the same number of batches of each."""
    learner = TextLearner(data, TextLoop(steps=steps * every), seed=seed)
    negatives = _Negatives(learner, data, refreshed=False)
    retrieving, similar = learner.retrieving(negatives.of), _similarity_loss(learner, pairs, seed)

    def step(number: int) -> Tensor:
        if every == 1:
            return retrieving(number) + similar(number)
        return similar(number) if number % every else retrieving(number)

    learner.learn(step)
    ndcg, spearman = float(learner.ndcg().mean()), _spearman(learner)
    return {"ndcg_at_10": ndcg, "spearman": spearman, "both": (ndcg + spearman) / 2}


def _similarity_loss(learner: TextLearner, pairs: int, seed: int) -> Callable[[int], Tensor]:
    held = named("stsb").train.head(pairs)
    sides = [learner.encoder.collate([str(text) for text in held[name]]) for name in ("sentence1", "sentence2")]
    scores, draw = torch.tensor(np.asarray(held["score"], dtype=np.float32)), torch.Generator().manual_seed(seed)
    objective = CoSENT()

    def loss(_: int) -> Tensor:
        chosen = torch.randint(len(scores), (64,), generator=draw)
        return objective(*(learner.encoder(picked(side, chosen)) for side in sides), scores=scores[chosen])

    return loss


def _spearman(learner: TextLearner) -> float:
    test = named("stsb").test
    assert test is not None
    held = test.head(500)
    left, right = (learner.encoder.encode([str(text) for text in held[name]]) for name in ("sentence1", "sentence2"))
    found = similarity_scores(
        left, right, np.asarray(held["score"], dtype=np.float64), bootstrap=Bootstrap(resamples=100)
    )
    return next(one.value for one in found if "spearman" in one.name)
