"""Time Control: sentences of a text as points of a Brownian bridge from its first to its last."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.data import named
from counterpoint.data.sets.novels import sentences
from counterpoint.evaluation import probe_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import Step, descend
from counterpoint.experiments.sentence_tuning import sentence_start
from counterpoint.objectives import InfoNCE
from counterpoint.objectives.bridge import bridge_contrast

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
    "GPT-2. The rival learns the same map by contrast of neighbouring sentences, without time. No language model is "
    "guided: that half of the paper is not here. Each map has the better of the rates 1e-3 and 1e-2 at another seed, "
    "on fewer abstracts and one layer. Longer training there (2,000 steps) told the order no better.",
)
claim = Claim(
    statement="Latents that follow a bridge know where in a text a sentence stands.",
    checks=(
        Better(measure="order", statement="Which of two sentences comes first is told better than without time."),
        Better(measure="order", than="frozen", statement="And better than from the encoder's 384 dimensions."),
        Within(measure="off_the_bridge", below=0.9, statement="Sentences in their places are nearer to the bridge."),
    ),
    minutes=5,
    seeds=10,
)

_SIZES = {Setting.TINY: (40, 1), Setting.SMALL: (900, 600), Setting.FULL: (5183, 20_000)}
_DIM, _BATCH = 8, 64


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
    """Maps learnt from the bridge and from neighbours, and the encoder as it is."""
    count, steps = _SIZES[setting]
    texts = _texts(setting, count)
    half = len(texts.first) // 2
    train, test = texts.part(slice(half)), texts.part(slice(half, None))
    found: dict[str, dict[str, float]] = {"frozen": {"order": _order(nn.Identity(), train, test, seed)}}
    for side, bridge, rate in (("method", True, 1e-2), ("baseline", False, 1e-3)):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            width = texts.vectors.shape[1]
            latent = nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, _DIM))
            step = _on_a_bridge(latent, train) if bridge else _beside(latent, train)
            descend(latent, step, steps=steps, learning_rate=rate)
        found[side] = {"order": _order(latent, train, test, seed), "off_the_bridge": _off(latent, test, seed)}
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
        start, middle, end = latent(train.at(texts, places)).unbind(1)
        return bridge_contrast(start, middle, end, places[:, 1] - places[:, 0], places[:, 2] - places[:, 0])

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
