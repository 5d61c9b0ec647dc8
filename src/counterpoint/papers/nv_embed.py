"""NV-Embed: tokens that look up learnt latents before the mean, no causal mask, and a second stage for other tasks."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from counterpoint.data import named
from counterpoint.encoders import Encoder, LastToken, LatentAttention, Mean, Pooling
from counterpoint.encoders.causal_mask import with_mask
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import Step
from counterpoint.experiments.sentence_tuning import (
    CLOSE,
    ScoredPairs,
    SentenceLearner,
    scored_pairs,
    sentence_loop,
    sentence_start,
)
from counterpoint.objectives import CoSENT, InfoNCE

paper = Paper(
    short="NV-Embed",
    title="NV-Embed: Improved Techniques for Training LLMs as Generalist Embedding Models",
    authors="Lee, Roy, Xu, Raiman, Shoeybi, Catanzaro and Ping",
    year=2024,
    identifier="arXiv:2405.17428",
    wing=Wing.TEXT,
    implements="latent attention pooling without a causal mask, in-batch InfoNCE first and then tasks by turns without "
    "in-batch negatives; against the mean, the last token under a causal mask, and one stage alone",
    deviates="The first 3 layers of MiniLM in place of Mistral: they have learnt to look both ways, so the causal mask "
    "is put on rather than taken away. STS-B alone: pairs of a score of 4 or more are what retrieval learns from and "
    "is judged by (the own second sentence before all others of the test part), scores are the other task, and "
    "negatives of the second stage are drawn, not mined. No instructions. Half of the steps for each stage; nothing is "
    "tuned.",
)
claim = Claim(
    statement="Latents without a causal mask beat the mean and the last token, and the second stage lifts similarity "
    "without harm to retrieval.",
    checks=(
        Better(measure="spearman", statement="More correlation than the last token under a causal mask."),
        Better(measure="recall@1", statement="And more found."),
        Better(measure="spearman", than="last token", statement="Nor is it the mask alone."),
        Better(measure="spearman", than="mean", statement="More correlation than the mean."),
        Better(measure="spearman", than="one stage", statement="The second stage lifts similarity."),
        Better(measure="recall@1", than="one stage", by=-0.01, statement="At most 0.01 of retrieval is lost."),
    ),
    minutes=5,
    seeds=10,
)
_RETRIEVE, _ORDER, _TEMPERATURE = InfoNCE(temperature=0.05), CoSENT(), 0.05


def trial(setting: Setting, seed: int) -> Figures:
    """The same start, pairs and steps for every side."""
    count = 40 if setting is Setting.TINY else 10_000
    stsb = named("stsb")
    pairs, test = scored_pairs(stsb.train, count), scored_pairs(stsb.test, count)
    start, loop = sentence_start(setting), sentence_loop(setting)
    first_stage = loop.steps - loop.steps // 2

    def learnt(pooling: Pooling, *, causal: bool = False, stage: int = first_stage) -> Encoder:
        learner = SentenceLearner(start, pairs.first, loop, seed=seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            learner.encoder.pool = pooling.build(start.embedding_dim)
        if causal:
            learner.encoder = with_mask(learner.encoder, causal=True)
        return learner.learn(stages(learner, pairs, first_stage=stage))

    latent = LatentAttention(latents=64)
    found = {
        "method": learnt(latent),
        "baseline": learnt(LastToken(), causal=True),
        "last token": learnt(LastToken()),
        "mean": learnt(Mean()),
        "one stage": learnt(latent, stage=loop.steps),
    }
    return {side: judged(encoder, test) for side, encoder in found.items()}


def stages(learner: SentenceLearner[HuggingFaceEncoder], pairs: ScoredPairs, *, first_stage: int) -> Step:
    """In-batch InfoNCE on pairs that say the same; then, in turn, these against drawn texts and the order of scores."""
    draw, scores = torch.Generator().manual_seed(learner.seed), torch.from_numpy(pairs.score).float()
    close = torch.from_numpy(np.flatnonzero(pairs.score >= CLOSE))

    def embedded(side: list[str], rows: Tensor) -> Tensor:
        return learner.embed([side[int(row)] for row in rows])

    def drawn(among: Tensor) -> Tensor:
        return among[torch.randperm(len(among), generator=draw)[: learner.loop.batch_size]]

    def retrieve(loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        rows = drawn(close)
        return loss(embedded(pairs.first, rows), embedded(pairs.second, rows))

    def step(number: int) -> Tensor:
        if number < first_stage:
            return retrieve(_RETRIEVE)
        if number % 2:
            rows = drawn(torch.arange(len(scores)))
            return _ORDER(embedded(pairs.first, rows), embedded(pairs.second, rows), scores=scores[rows])
        others = embedded(pairs.second, drawn(torch.arange(len(scores)))[: len(close)])
        return retrieve(lambda a, b: against_own(a, b, others[: len(a)]))

    return step


def against_own(anchor_BD: Tensor, positive_BD: Tensor, negative_BD: Tensor) -> Tensor:
    """InfoNCE with a negative for each anchor and none of the batch: ``log(1 + exp((cos(a, n) - cos(a, p)) / t))``."""
    sides = [torch.cosine_similarity(anchor_BD, other) for other in (negative_BD, positive_BD)]
    return softplus((sides[0] - sides[1]) / _TEMPERATURE).mean()


def judged(encoder: Encoder, test: ScoredPairs) -> dict[str, float]:
    """Spearman's correlation, and how often a close pair's second sentence is the nearest of all different ones."""
    texts = list(dict.fromkeys(test.second))
    place = {text: number for number, text in enumerate(texts)}
    close = np.flatnonzero(test.score >= CLOSE)
    queries, candidates = encoder.encode([test.first[row] for row in close]), encoder.encode(texts)
    nearest = (queries @ candidates.T).argmax(1)
    own = np.array([place[test.second[row]] for row in close])
    return {"spearman": test.judged(encoder)["spearman"], "recall@1": float((nearest == own).mean())}
