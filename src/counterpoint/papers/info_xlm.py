"""InfoXLM: hidden words, hidden words beside a translation, and sentences that find their translation."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.data import Table, named
from counterpoint.data.sets import multi30k
from counterpoint.encoders import Inputs, SmallBert
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.encoders.word_head import WordHead, mask_words
from counterpoint.evaluation import fit_classifier, retrieval
from counterpoint.evaluation.retrieval import Recall
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.text_domains import Pairs
from counterpoint.methods.momentum import follow
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import Queue, with_own_negatives

paper = Paper(
    short="InfoXLM",
    title="InfoXLM: An Information-Theoretic Framework for Cross-Lingual Language Model Pre-Training",
    authors="Chi, Dong, Wei, Yang, Singhal, Wang, Song, Mao, Huang and Zhou",
    year=2021,
    identifier="arXiv:2007.07834",
    wing=Wing.TEXT,
    implements="hidden words in one language and in pairs of translations, and the contrast of a sentence with its "
    "translation against a queue of a slow encoder's, on two sentences at once, at a layer before the last through "
    "a linear map",
    deviates="A BERT of 2 layers and 64 dimensions from new weights in place of XLM-R, on three languages: captions in "
    "English and French (Multi30k), and questions (TREC, Banking77) in English and in a cipher, another letter for "
    "each letter. Contrast of means over tokens by cosine at temperature 0.1, at the first layer, a queue of 512 and a "
    "momentum of 0.99. Transfer is a linear probe of frozen states. For both sides alike, the layer that is judged and "
    "the learning rate, of 0.002 and 0.004, are those that find most translations among validation captions, the rate "
    "with another seed and 150 steps of twice the batch. The public code has the first token's state, no unit rows, a "
    "queue that is filled before training, and hidden words in the contrast, too.",
)
claim = Claim(
    statement="Contrast across languages improves retrieval of translations and zero-shot transfer over hidden words "
    "alone, within a language and beside translations.",
    checks=(
        Better(measure="recall_at_1", by=0.02, statement="More captions find their translation among 1,000."),
        Better(measure="transfer", by=0.02, statement="A probe that learnt in English tells ciphered questions."),
        Better(measure="english", by=-0.02, statement="And English ones not worse than without."),
    ),
    minutes=90,
    seeds=10,
)


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a run: texts of each source, layers, dimensions, steps and pairs a step."""

    texts: int
    tests: int
    layers: int = 2
    dim: int = 64
    steps: int = 3000
    batch: int = 16


_SIZES = {
    Setting.TINY: Size(texts=60, tests=20, dim=16, steps=1, batch=4),
    Setting.SMALL: Size(texts=30_000, tests=1000),
    Setting.FULL: Size(texts=30_000, tests=1000, layers=12, dim=768, steps=200_000, batch=2048),
}
_QUEUE, _MOMENTUM, _RATE = 512, 0.99, 2e-3
_LOSS = InfoNCE(temperature=0.1)


@dataclass(frozen=True, eq=False)
class Languages:
    """Translations to learn from, captions to choose a layer by and to judge by, and questions with their kinds."""

    train: Pairs
    validation: Pairs
    test: Pairs
    questions: tuple[list[str], list[str]]
    kinds: tuple[np.ndarray, np.ndarray]


def trial(setting: Setting, seed: int) -> Figures:
    """The same steps with and without the contrast of translations."""
    size = _SIZES[setting]
    data = languages(size)
    return {side: judged(*learnt(data, size, contrast, seed), data) for side, contrast in _SIDES.items()}


_SIDES = {"method": True, "baseline": False}


def cipher(text: str) -> str:
    """The text in small letters, each of a to z as the letter of the same number in the Georgian alphabet."""
    return text.lower().translate({ord("a") + number: 0x10D0 + number for number in range(26)})


def languages(size: Size) -> Languages:
    """Captions and questions; half of the pairs to learn from at most are questions and their cipher."""
    found, kinds, intents = multi30k(anchor="en", positive="fr"), named("trec_qc"), named("banking77")
    assert found.validation is not None
    captions = [
        _columns(part, count, ("en", "fr"))
        for part, count in ((found.train, size.texts), (found.validation, size.tests // 2), (found.test, size.tests))
    ]
    asked, told = _columns(kinds.train, size.texts, ("text", "coarse"))
    test, truth = _columns(kinds.test, size.texts, ("text", "coarse"))
    labelled = slice(2 * size.tests)
    questions = asked + _columns(intents.train, size.texts, ("text",))[0]
    train = Pairs(captions[0][0] + questions, captions[0][1] + [cipher(one) for one in questions])
    return Languages(
        train,
        Pairs(*captions[1]),
        Pairs(*captions[2]),
        (asked[labelled], test),
        (np.array(told[labelled]), np.array(truth)),
    )


class Contrast(nn.Module):
    """A sentence's map at a layer, that of a slow copy, and a queue of what the copy has made of translations.

    Args:
        encoder: Whose states are read; registered elsewhere.
        layer: Which of its layers, the first being 1.
    """

    def __init__(self, encoder: HuggingFaceEncoder, layer: int) -> None:
        super().__init__()
        dim = encoder.embedding_dim
        self._encoder, self.layer = [encoder], layer  # in a list, so that it is nobody's second part
        self.map = nn.Linear(dim, dim, bias=False)
        self.slow = copy.deepcopy(nn.ModuleList([encoder, self.map])).requires_grad_(False)
        self.queue = Queue(_QUEUE, dim)

    def forward(self, first: Sequence[str], second: Sequence[str]) -> Tensor:
        """The loss of a batch of translations, scalar; after it the queue has the second sides."""
        encoder, (slow, slow_map) = self._encoder[0], self.slow
        assert isinstance(slow, HuggingFaceEncoder)
        follow(self.slow, nn.ModuleList([encoder, self.map]), _MOMENTUM)
        anchors = self.map(sentences(encoder, encoder.collate(first), self.layer))
        with torch.no_grad():
            keys = slow_map(sentences(slow, slow.collate(second), self.layer))
        negatives = self.queue.content()[0]
        nothing = keys.new_zeros(len(keys), 0, keys.shape[1])
        pairs = with_own_negatives(anchors, keys, nothing, negatives=negatives, in_batch=not len(negatives))
        self.queue.push(keys)
        return pairs.under(_LOSS)


def sentences(encoder: HuggingFaceEncoder, inputs: Inputs, layer: int) -> Tensor:
    """Means over tokens `[N, D]` of the states after a layer."""
    states = encoder.model(**inputs, output_hidden_states=True).hidden_states[layer]
    return encoder.pool(states, inputs["attention_mask"])


def mixed(pairs: Pairs, rows: Tensor, draw: torch.Generator) -> tuple[list[str], list[str]]:
    """Mixup contrast: two sentences as one text, and their translations as one, in either order; N / 2 of N pairs."""
    one, other = rows.chunk(2)
    turned = torch.rand(len(one), generator=draw).lt(0.5).tolist()
    first = [f"{pairs.first[a]} {pairs.first[b]}" for a, b in zip(one, other, strict=True)]
    second = [
        f"{pairs.second[b if turn else a]} {pairs.second[a if turn else b]}"
        for a, b, turn in zip(one, other, turned, strict=True)
    ]
    return (first, second) if torch.rand((), generator=draw) < 0.5 else (second, first)


def learnt(
    data: Languages, size: Size, contrast: bool, seed: int, *, learning_rate: float = _RATE
) -> tuple[HuggingFaceEncoder, int]:
    """The encoder after all steps and how many layers it has; torch's global random state is left as it was found."""
    draw, pairs = torch.Generator().manual_seed(seed), data.train
    spec = SmallBert(dim=size.dim, layers=size.layers, heads=4, vocabulary_size=6000, max_length=64)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = spec.build([*pairs.first, *pairs.second])
        head, across = WordHead(encoder), Contrast(encoder, max(1, size.layers * 2 // 3))

        def hidden(texts: list[str]) -> Tensor:
            masked = mask_words(encoder, encoder.collate(texts))
            return head.loss(encoder.model(**masked.inputs).last_hidden_state, masked)

        def step(_: int) -> Tensor:
            rows = torch.randperm(len(pairs), generator=draw)[: 2 * size.batch]
            alone = [(pairs.first if row % 2 else pairs.second)[row] for row in rows[: size.batch]]
            both = [f"{pairs.first[row]} {pairs.second[row]}" for row in rows[size.batch :]]
            loss = hidden(alone) + hidden(both)
            return loss + across(*mixed(pairs, rows, draw)) if contrast else loss

        learners = nn.ModuleList([encoder, head, *([across.map] if contrast else [])])
        descend(learners, step, steps=size.steps, learning_rate=learning_rate)
    return encoder, size.layers


def judged(encoder: HuggingFaceEncoder, layers: int, data: Languages) -> dict[str, float]:
    """Translations found first, at the layer that finds most in validation, and probes of questions at that layer."""
    by_layer = {layer: found(encoder, data.validation, layer) for layer in range(1, layers + 1)}
    layer = max(by_layer, key=by_layer.__getitem__)
    rows = [read(encoder, texts, layer) for texts in data.questions]
    probe = fit_classifier(rows[0], data.kinds[0])
    other = read(encoder, [cipher(text) for text in data.questions[1]], layer)
    return {
        "recall_at_1": found(encoder, data.test, layer),
        "validation": by_layer[layer],
        "layer": layer,
        "english": float((probe.predict(rows[1]) == data.kinds[1]).mean()),
        "transfer": float((probe.predict(other) == data.kinds[1]).mean()),
    }


def found(encoder: HuggingFaceEncoder, pairs: Pairs, layer: int) -> float:
    """Share of translations found first, the mean of both directions."""
    first, second = (read(encoder, side, layer) for side in (pairs.first, pairs.second))
    both = [retrieval(a, b, measures=[Recall(k=1)])[0].value for a, b in ((first, second), (second, first))]
    return float(np.mean(both))


@torch.no_grad()
def read(encoder: HuggingFaceEncoder, texts: Sequence[str], layer: int) -> np.ndarray:
    """Means over tokens `[N, D]` after a layer, of an encoder at rest."""
    parts = [list(texts[start : start + 128]) for start in range(0, len(texts), 128)]
    return torch.cat([sentences(encoder, encoder.collate(part), layer) for part in parts]).numpy()


def _columns(table: Table, count: int, names: Sequence[str]) -> list[list[str]]:
    held = table.head(count, list(names))
    return [[str(text) for text in held[name]] for name in names]
