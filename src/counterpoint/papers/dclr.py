"""DCLR: negatives that a second model finds too similar count nothing, and noise that climbs is a negative too."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from counterpoint.encoders import Encoder, freeze
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import Step
from counterpoint.experiments.sentence_tuning import (
    SentenceLearner,
    sentence_data,
    sentence_loop,
    sentence_start,
    tuned,
)
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import Similar, worst_noise
from counterpoint.pairwise import SameKey

paper = Paper(
    short="DCLR",
    title="Debiased Contrastive Learning of Unsupervised Sentence Representations",
    authors="Zhou, Zhang, Zhao and Wen",
    year=2022,
    identifier="arXiv:2205.00656",
    wing=Wing.TEXT,
    implements="weights 0 and 1 of negatives by a complementary model at a threshold of 0.9, and as many noise vectors "
    "as sentences, moved by 4 steps of gradient ascent on the loss of uniformity",
    deviates="The small setting of SimCSE (see there), whose result is the complementary model, as in the paper. Each "
    "step moves the noise, whose vectors are about 20 long, by 1: the paper's 1e-3 would not turn them at all. No size "
    "or rate was tuned. The corpus with duplicates has 1,000 of the sentences, each with 3 copies in which one word is "
    "left out or said twice; a batch has 8 sentences and their copies. The complementary model is the same there. One "
    "that had learnt from the duplicates itself was tried at other seeds and helped less or not at all.",
)
_REAL, _PLANTED = "STS-B", "planted duplicates"
claim = Claim(
    statement="Leaving out false negatives and adding noise as negatives beats SimCSE and spreads sentences evenly.",
    checks=(
        Better(measure="spearman", on=_REAL, statement="Both beat SimCSE."),
        Better(measure="spearman", side="weights", on=_REAL, statement="So do weights alone."),
        Better(measure="spearman", side="noise", on=_REAL, statement="So does noise alone."),
        Better(measure="uniformity", lower=True, on=_REAL, statement="Both make the space more uniform."),
        Better(
            measure="planted_spearman", side="weights", on=_PLANTED, statement="Among near copies weights beat SimCSE,"
        ),
        Better(
            measure="gain",
            side="among near copies",
            than="among sentences",
            on=_PLANTED,
            statement="and by more than without near copies.",
        ),
    ),
    minutes=14,
    seeds=10,
)

_LOSS = InfoNCE(temperature=0.05)
_THRESHOLD = 0.9
_COPIES, _GROUPS = 4, 1000
"""Near copies of a sentence, itself among them, that share a batch; and sentences that have them."""


def trial(setting: Setting, seed: int) -> Figures:
    """SimCSE, with weights, with noise, and with both; and with and without weights among near copies."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    simcse = tuned(start, data.train, _LOSS, loop, seed=seed)
    guide = freeze(simcse)
    found = {"baseline": data.test.judged(simcse)}
    for side, weighed, noisy in (("weights", guide, False), ("noise", None, True), ("method", guide, True)):
        learner = SentenceLearner(start, data.train, loop, seed=seed)
        found[side] = data.test.judged(learner.learn(_debiased(learner, learner.rows, weighed, noisy=noisy)))
    copies = near_copies(data.train, seed=seed)
    for side, weighed in (("baseline", None), ("weights", guide)):
        learner = SentenceLearner(start, copies, loop, seed=seed)
        judged = data.test.judged(learner.learn(_debiased(learner, _grouped(learner), weighed, noisy=False)))
        found[side] |= {f"planted_{name}": value for name, value in judged.items()}
    for side, measure in (("among sentences", "spearman"), ("among near copies", "planted_spearman")):
        found[side] = {"gain": found["weights"][measure] - found["baseline"][measure]}
    return found


def near_copies(sentences: Sequence[str], *, seed: int) -> list[str]:
    """Some sentences, each followed by copies of it in which one word is left out or said twice.

    Args:
        sentences: To draw from.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    found = []
    for row in rng.permutation(len(sentences))[:_GROUPS]:
        found.append(sentences[int(row)])
        words = found[-1].split()
        for place in rng.integers(len(words), size=_COPIES - 1):
            times = 2 if len(words) == 1 or rng.random() < 0.5 else 0
            found.append(" ".join([*words[:place], *[words[place]] * times, *words[place + 1 :]]))
    return found


def _grouped(learner: SentenceLearner[HuggingFaceEncoder]) -> Callable[[], Tensor]:
    """Rows of batches that are made of whole groups of near copies."""
    draw = torch.Generator().manual_seed(learner.seed)
    groups, taken = len(learner.sentences) // _COPIES, learner.loop.batch_size // _COPIES

    def rows() -> Tensor:
        firsts = _COPIES * torch.randperm(groups, generator=draw)[:taken]
        return (firsts[:, None] + torch.arange(_COPIES)).flatten()

    return rows


def _debiased(
    learner: SentenceLearner[HuggingFaceEncoder], batch: Callable[[], Tensor], guide: Encoder | None, *, noisy: bool
) -> Step:
    """Steps against the negatives that the guide leaves and, where it is noisy, as many vectors of noise."""
    draw = torch.Generator().manual_seed(learner.seed)

    def step(_: int) -> Tensor:
        rows = batch()
        texts = [learner.sentences[row] for row in rows]
        anchors, positives = learner.embed(texts), learner.embed(texts)
        count = len(rows) if noisy else 0
        noise = worst_noise(anchors, count=count, step_size=1.0, generator=draw) if noisy else anchors[:0].detach()
        keys = torch.arange(len(rows))
        relation = SameKey(keys, torch.cat([keys, keys.new_full((count,), -1)]))
        if guide is not None:
            with torch.no_grad():
                seen = guide(guide.collate(texts))
            every = torch.cat([seen, seen.new_zeros(count, seen.shape[1])])  # noise is like nothing
            relation = relation.sparing(Similar(anchors=seen, candidates=every, threshold=_THRESHOLD))
        return _LOSS(anchors, torch.cat([positives, noise]), relation=relation)

    return step
