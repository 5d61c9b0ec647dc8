"""SynCSE: a writer makes a paraphrase and a contradiction of every sentence, or the sentences as well."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from counterpoint.encoders import StaticText
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

Writer = Callable[[str], str]
"""From a sentence to one that says the same, or its opposite: a language model, or rules."""

_SIZES = {Setting.TINY: (20, 2), Setting.SMALL: (2000, 400), Setting.FULL: (10_000, 10_000)}
_SAME = (
    *(("man", "guy"), ("woman", "lady"), ("boy", "kid"), ("girl", "child"), ("baby", "infant"), ("people", "persons")),
    *(
        ("dog", "puppy"),
        ("cat", "kitten"),
        ("big", "large"),
        ("small", "little"),
        ("car", "vehicle"),
        ("road", "street"),
    ),
    *(
        ("running", "racing"),
        ("walking", "strolling"),
        ("jumping", "leaping"),
        ("eating", "consuming"),
        ("near", "beside"),
    ),
    *(
        ("talking", "speaking"),
        ("looking", "gazing"),
        ("sitting", "seated"),
        ("cutting", "slicing"),
        ("said", "stated"),
    ),
    *(("killed", "slain"), ("begin", "start"), ("buy", "purchase"), ("house", "home"), ("police", "officers")),
    *(("says", "states"), ("country", "nation"), ("attack", "assault")),
)
_SYNONYMS = dict(_SAME) | {second: first for first, second in _SAME}
_EMPTY = {"a", "an", "the", "is", "are", "was", "were", "of", "to", "that", "and"}


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder and steps for every side."""
    count, steps = _SIZES[setting]
    data = sentence_data(setting)
    real = data.train[:count]
    made = written(real, len(real), seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        start = StaticText(dim=64, vocabulary_size=4000, min_frequency=2, sif=1e-3, token_dropout=0.1).build(data.train)
    loop = SentenceLoop(steps=steps, batch_size=64, learning_rate=3e-3)
    sides: dict[str, tuple[list[str], Writer, Writer | None]] = {
        "method": (real, paraphrased, turned),
        "scratch": (made, paraphrased, turned),
        "paraphrases": (real, paraphrased, None),
        "baseline": (real, lambda text: text, None),
    }
    figures = {"untrained": data.test.judged(start)}
    for side, (sentences, same, opposite) in sides.items():
        learner = SentenceLearner(start, sentences, loop, seed=seed)
        figures[side] = data.test.judged(learner.learn(_step(learner, same, opposite)))
    return figures


def _step(learner: SentenceLearner, same: Writer, opposite: Writer | None) -> Callable[[int], Tensor]:
    loss = InfoNCE(temperature=0.05)

    def step(_: int) -> Tensor:
        texts = [learner.sentences[row] for row in learner.rows()]
        anchors, positives = learner.embed(texts), learner.embed([same(text) for text in texts])
        return loss(anchors, positives, negatives=None if opposite is None else learner.embed([*map(opposite, texts)]))

    return step


def paraphrased(text: str) -> str:
    """Near-synonyms for the words that have one, and no words without content; as it is where nothing would be left."""
    words = [_SYNONYMS.get(word.lower(), word) for word in text.split()]
    return " ".join(word for word in words if word.lower() not in _EMPTY) or text


def written(corpus: Sequence[str], count: int, *, seed: int) -> list[str]:
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
