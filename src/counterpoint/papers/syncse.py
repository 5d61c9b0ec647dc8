"""SynCSE: a writer makes a paraphrase and a contradiction of every sentence, or the sentences as well."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from counterpoint.data import Writer, one_by_one, written
from counterpoint.encoders import StaticText
from counterpoint.experiments.annotators import paraphrased
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.sentence_tuning import SentenceLearner, SentenceLoop, sentence_data
from counterpoint.objectives import InfoNCE
from counterpoint.papers.llmnegatives import turned

paper = Paper(
    short="SynCSE",
    title="Contrastive Learning of Sentence Embeddings from Scratch",
    authors="Zhang, Lan and He",
    year=2023,
    identifier="arXiv:2305.15077",
    wing=Wing.TEXT,
    implements="the triplets of SynCSE-partial and SynCSE-scratch with supervised SimCSE's loss, in-batch and hard "
    "negatives, against dropout alone",
    deviates="No language model: a paraphrase replaces words by one of 30 pairs of near-synonyms and leaves out words "
    "without content, a contradiction turns words round or denies the whole, and sentences from scratch are walks "
    "along pairs of neighbouring words of the corpus. A static text encoder from new weights, 2,000 of STS-B's "
    "training sentences. One learning rate for all sides.",
)
claim = Claim(
    statement="Written triplets teach similarity better than dropout alone, also where sentences are written too.",
    checks=(
        Better(measure="spearman", statement="Triplets of real sentences: a higher correlation on STS-B."),
        Better(measure="spearman", side="scratch", statement="Written sentences: higher than dropout on real ones."),
        Better(measure="spearman", than="paraphrases", statement="Contradictions add to paraphrases."),
    ),
    minutes=8,
    seeds=30,
)

_SIZES = {Setting.TINY: (20, 2), Setting.SMALL: (2000, 400), Setting.FULL: (10_000, 10_000)}


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder and steps for every side."""
    count, steps = _SIZES[setting]
    data = sentence_data(setting)
    real = data.train[:count]
    made = walks(real, len(real), seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        start = StaticText(dim=64, vocabulary_size=4000, min_frequency=2, sif=1e-3, token_dropout=0.1).build(data.train)
    loop = SentenceLoop(steps=steps, batch_size=64, learning_rate=3e-3)
    same, opposite = one_by_one(paraphrased), one_by_one(turned)
    sides: dict[str, tuple[list[str], Writer, Writer | None]] = {
        "method": (real, same, opposite),
        "scratch": (made, same, opposite),
        "paraphrases": (real, same, None),
        "baseline": (real, one_by_one(lambda text: text), None),
    }
    figures = {"untrained": data.test.judged(start)}
    for side, (sentences, positive, negative) in sides.items():
        learner = SentenceLearner(start, sentences, loop, seed=seed)
        figures[side] = data.test.judged(learner.learn(_step(learner, positive, negative)))
    return figures


def _step(learner: SentenceLearner, same: Writer, opposite: Writer | None) -> Callable[[int], Tensor]:
    """Writers are asked once for every sentence, before the first step."""
    loss = InfoNCE(temperature=0.05)
    others = written(same, learner.sentences)
    against = None if opposite is None else written(opposite, learner.sentences)

    def step(_: int) -> Tensor:
        rows = [int(row) for row in learner.rows()]
        anchors, positives = (learner.embed([side[row] for row in rows]) for side in (learner.sentences, others))
        return loss(
            anchors, positives, negatives=None if against is None else learner.embed([against[r] for r in rows])
        )

    return step


def walks(corpus: Sequence[str], count: int, *, seed: int) -> list[str]:
    """Sentences as walks: the next word is drawn from those that follow a word somewhere in the corpus."""
    after: dict[str, list[str]] = defaultdict(list)
    for text in corpus:
        words = ["", *text.split(), ""]
        for word, following in pairwise(words):
            after[word].append(following)
    rng = np.random.default_rng(seed)
    return [_walk(after, rng) for _ in range(count)]


def _walk(after: dict[str, list[str]], rng: np.random.Generator) -> str:
    words = [after[""][rng.integers(len(after[""]))]]
    while words[-1] and len(words) < 30:
        following = after[words[-1]]
        words.append(following[rng.integers(len(following))])
    return " ".join(words).strip()
