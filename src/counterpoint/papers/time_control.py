"""Time Control: sentences of a text as points of a Brownian bridge from its first to its last."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.data import named
from counterpoint.data.planted_stages import StagedTexts, planted_stages
from counterpoint.data.sets.novels import sentences
from counterpoint.evaluation import probe_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import Step, descend
from counterpoint.experiments.guided_language import WriterSettings, bridge_plans, learn_to_write
from counterpoint.experiments.sentence_tuning import sentence_start
from counterpoint.objectives import BridgeContrast, InfoNCE

paper = Paper(
    short="Time-Control",
    title="Language modeling via stochastic processes",
    authors="Wang, Durmus, Goodman and Hashimoto",
    year=2022,
    identifier="arXiv:2203.11370",
    wing=Wing.TEXT,
    implements="Eq. 2 and 3: contrast of triplets of sentences under a Brownian bridge, latents of 8 dimensions on top "
    "of a frozen encoder; order of sentences as in Section 4.1",
    deviates="Abstracts of SciFact in place of Wikisection, Wikihow and dialogues; 3 layers of MiniLM in place of "
    "GPT-2. The rival learns the same map by contrast of neighbouring sentences, without time. Each map has the better "
    "of the rates 1e-3 and 1e-2 at another seed, on fewer abstracts and one layer. Longer training there (2,000 steps) "
    "told the order no better. Made texts have 12 sentences of 6 words in 4 stages: a quarter of the words is the "
    "stage's, the others are anyone's, and maps see bags of words. Rates are those of abstracts; the rival has 300 "
    "steps, with which it does better than with 600. The language model is a GRU that sees one sentence back. One that "
    "sees the whole text keeps the order by itself (0.94, against 0.91 with bridges, at seed 100). Bridges make the "
    "first and the last stage too long. Where each text has one of 10 topics, too, the bridge follows it and tells "
    "the order worse than the rival (0.66 against 0.75).",
)
_REAL, _MADE = "abstracts", "made data"
claim = Claim(
    statement="Latents that follow a bridge know where in a text a sentence stands, and guide a language model.",
    checks=(
        Better(
            measure="order", on=_REAL, statement="Which of two sentences comes first is told better than without time."
        ),
        Better(
            measure="order", than="frozen", on=_REAL, statement="And better than from the encoder's 384 dimensions."
        ),
        Within(
            measure="off_the_bridge",
            below=0.9,
            on=_REAL,
            statement="Sentences in their places are nearer to the bridge.",
        ),
        Better(
            measure="made_order",
            on=_MADE,
            statement="Which of two sentences comes first is told better than without time.",
        ),
        Better(measure="made_order", than="frozen", on=_MADE, statement="And better than from the bags of words."),
        Within(
            measure="made_off_the_bridge",
            below=0.9,
            on=_MADE,
            statement="Sentences in their places are nearer to the bridge.",
        ),
        Better(
            measure="made_off_the_bridge",
            lower=True,
            on=_MADE,
            statement="And nearer than those of the map without time.",
        ),
        Better(
            measure="made_order_kept",
            on=_MADE,
            side="guided",
            than="unguided",
            statement="Told a bridge, a language model keeps the order of stages better than without.",
        ),
    ),
    minutes=8,
    seeds=10,
)

_SIZES = {Setting.TINY: (40, 1), Setting.SMALL: (900, 600), Setting.FULL: (5183, 20_000)}
_DIM, _BATCH = 8, 64
_MADE_SIZES = {Setting.TINY: (40, 1), Setting.SMALL: (1000, 300), Setting.FULL: (1000, 300)}
"""Texts, and steps of the rival and of each language model; the bridge has twice as many."""
_WRITTEN = 200
"""Texts that a language model writes."""


@dataclass(frozen=True, eq=False)
class _Texts:
    """Vectors of all sentences, and of every text the number of its first and how many it has."""

    vectors: Tensor
    first: Tensor
    length: Tensor

    def part(self, rows: slice) -> "_Texts":
        """Some texts."""
        return _Texts(self.vectors, self.first[rows], self.length[rows])

    def drawn(self, count: int, places: int) -> tuple[Tensor, Tensor]:
        """Texts int64 `[count]`, and of each the sorted places of some of its sentences `[count, places]`."""
        texts = torch.randint(len(self.first), (count,))
        marks = torch.rand(count, int(self.length.max()))
        marks[torch.arange(marks.shape[1]) >= self.length[texts, None]] = 2.0
        return texts, marks.argsort(1)[:, :places].sort(1).values

    def at(self, texts: Tensor, places: Tensor) -> Tensor:
        """Vectors `[count, places, D]`."""
        return self.vectors[self.first[texts, None] + places]


def trial(setting: Setting, seed: int) -> Figures:
    """Maps from the bridge and from neighbours, and vectors as they are; on made texts, language models too."""
    count, steps = _SIZES[setting]
    found = {side: dict(values) for side, values in _compared(_texts(setting, count), (steps, steps), seed)[0].items()}
    texts, few = _MADE_SIZES[setting]
    staged = planted_stages(texts=texts, seed=seed)
    made, latent = _compared(_sentences(staged), (2 * few, few), seed)
    for side, values in {**made, **_written(staged, latent, few, seed)}.items():
        found.setdefault(side, {}).update({f"made_{name}": value for name, value in values.items()})
    return found


def _compared(texts: _Texts, steps: tuple[int, int], seed: int) -> tuple[Figures, nn.Module]:
    """How vectors and maps of one half of the texts do on the other, and the map learnt from the bridge.

    Args:
        texts: All of them.
        steps: Of the bridge and of the rival.
        seed: Of everything drawn.
    """
    half = len(texts.first) // 2
    train, test = texts.part(slice(half)), texts.part(slice(half, None))
    bridge, rival = (
        _fitted(train, bridge=one, steps=count, seed=seed) for one, count in zip((True, False), steps, strict=True)
    )
    found: dict[str, dict[str, float]] = {"frozen": {"order": _order(nn.Identity(), train, test, seed)}}
    for side, latent in (("method", bridge), ("baseline", rival)):
        found[side] = {"order": _order(latent, train, test, seed), "off_the_bridge": _off(latent, test, seed)}
    return found, bridge


def _fitted(train: _Texts, *, bridge: bool, steps: int, seed: int) -> nn.Module:
    """A map to 8 dimensions, learnt from triplets under a bridge or from neighbours."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        width = train.vectors.shape[1]
        latent = nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, _DIM))
        step = _on_a_bridge(latent, train) if bridge else _beside(latent, train)
        descend(latent, step, steps=steps, learning_rate=1e-2 if bridge else 1e-3)
    return latent


def _sentences(staged: StagedTexts) -> _Texts:
    """Bags of words of made texts."""
    texts, length, _ = staged.words.shape
    return _Texts(torch.from_numpy(staged.bags), torch.arange(texts) * length, torch.full((texts,), length))


def _written(staged: StagedTexts, latent: nn.Module, steps: int, seed: int) -> Figures:
    """How language models keep the order of stages, with latents to read by and bridges to write along or without."""
    half = len(staged.words) // 2
    texts = _sentences(staged)
    words = torch.from_numpy(staged.words[:half])
    with torch.no_grad():
        read = latent(texts.vectors).unflatten(0, staged.words.shape[:2])[:half]
    found = {}
    for side, told in (("guided", read), ("unguided", torch.zeros_like(read))):
        writer = learn_to_write(words, told, staged.vocabulary, WriterSettings(steps=steps), seed=seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            plans = bridge_plans(read[:, 0], read[:, -1], count=_WRITTEN, points=read.shape[1])
            plans = plans if side == "guided" else torch.zeros_like(plans)
            found[side] = {"order_kept": staged.order_kept(writer.write(plans, words=words.shape[2]).numpy())}
    return found


@lru_cache(maxsize=1)
def _texts(setting: Setting, count: int) -> _Texts:
    """Abstracts of 5 sentences or more, as the frozen encoder sees them; all seeds have the same."""
    corpus = named("scifact").retrieval
    assert corpus is not None
    cut = [sentences(str(text)) for text in corpus.corpus.head(count, ["text"])["text"]]
    cut = [one for one in cut if len(one) >= 5]
    length = torch.tensor([len(one) for one in cut])
    encoder = sentence_start(setting)
    vectors = encoder.encode([sentence for one in cut for sentence in one], batch_size=64)
    return _Texts(torch.from_numpy(vectors), length.cumsum(0) - length, length)


def _on_a_bridge(latent: nn.Module, train: _Texts) -> Step:
    """Three sentences of each text: the middle one against those of other texts."""

    def step(_: int) -> Tensor:
        texts, places = train.drawn(_BATCH, 3)
        return BridgeContrast(times=places)(latent(train.at(texts, places)))

    return step


def _beside(latent: nn.Module, train: _Texts) -> Step:
    """Each sentence against the next of its text and of others."""
    loss = InfoNCE(temperature=0.1)

    def step(_: int) -> Tensor:
        texts, places = train.drawn(_BATCH, 1)
        places = places.minimum(train.length[texts, None] - 2)
        first, second = latent(train.at(texts, torch.cat([places, places + 1], dim=1))).unbind(1)
        return loss(first, second)

    return step


@torch.no_grad()
def _order(latent: nn.Module, train: _Texts, test: _Texts, seed: int) -> float:
    """Accuracy of a probe that sees two sentences of a text and tells whether they stand in their order."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        rows, labels = [], []
        for part, count in ((train, 2000), (test, 2000)):
            both = latent(part.at(*part.drawn(count, 2)))
            turned = torch.rand(count) < 0.5
            rows.append(torch.where(turned[:, None, None], both.flip(1), both).flatten(1).numpy())
            labels.append(np.where(turned.numpy(), "turned", "straight"))
    return probe_accuracy(rows[0], labels[0], rows[1], labels[1]).value


@torch.no_grad()
def _off(latent: nn.Module, test: _Texts, seed: int) -> float:
    """Mean squared distance of sentences from the bridge of their neighbours in the text, over that when shuffled."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        texts, places = test.drawn(2000, 5)
    z = latent(test.at(texts, places))
    share = ((places - places[:, :1]) / (places[:, -1:] - places[:, :1]))[:, 1:-1, None]
    bridge = (1 - share) * z[:, :1] + share * z[:, -1:]
    off = (z[:, 1:-1] - bridge).square().sum(2)
    shuffled = (z[:, [2, 3, 1]] - bridge).square().sum(2)
    return float(off.mean() / shuffled.mean())
