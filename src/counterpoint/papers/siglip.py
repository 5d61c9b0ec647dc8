"""SigLIP: every pair of a batch is a question of its own, which small batches bear better than a softmax."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.data.sets import multi30k
from counterpoint.encoders import LearnableTemperature, StaticText
from counterpoint.evaluation import Recall, retrieval_values
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.text_retrieval import picked
from counterpoint.objectives import CLIP, SigLIP
from counterpoint.pairwise import Plan, Tile

paper = Paper(
    short="SigLIP",
    title="Sigmoid Loss for Language Image Pre-Training",
    authors="Zhai, Mustafa, Kolesnikov and Beyer",
    year=2023,
    identifier="arXiv:2303.15343",
    wing=Wing.VISION_LANGUAGE,
    implements="the sigmoid loss with a learnt scale and bias (Algorithm 1), computed by tiles, against CLIP's softmax "
    "with a learnt temperature",
    deviates="Captions in English and French (Multi30k) with two static text encoders from new weights instead of "
    "images and text: of emoji and their names a small network finds too few (recall at 1 of 0.09 among 180). Tiles in "
    "one process; rings of devices are held to it by the library's own tests. Batches of 16 to 64: that gains end near "
    "32 thousand is not looked at. For both losses alike, at another seed and by validation captions: a learning rate "
    "of 0.01, 0.03 and 0.06, and a scale that starts at 1 / 0.3 and not, as in the paper, at 10, which both like less "
    "(0.675 against 0.727 for sigmoid at batches of 16, 0.660 against 0.675 for softmax); the start at 10 is a pair of "
    "sides of its own. The bias starts at -10 as in the paper; -5 gave 0.737 and was not taken. Softmax was tried "
    "from 0.07, 0.15, 0.2 and 0.5 as well, with 0.683 at most. One setting serves all batches.",
)
claim = Claim(
    statement="Sigmoid loss retrieves as well as softmax or better at small batches, and needs no whole matrix.",
    checks=(
        Better(measure="recall_at_1", by=-0.01, statement="At batches of 16, at most 0.01 below softmax."),
        Better(measure="recall_at_1", side="sigmoid_32", than="softmax_32", by=-0.01, statement="At batches of 32."),
        Better(measure="recall_at_1", side="sigmoid_64", than="softmax_64", by=-0.01, statement="At batches of 64."),
        Better(
            measure="recall_at_1",
            side="sigmoid_from_10",
            than="softmax_from_10",
            by=-0.01,
            statement="At batches of 16, where both scales start at 10.",
        ),
        Within(measure="loss_error", below=1e-12, statement="Tiles give the loss of the whole matrix, relative to it."),
        Within(measure="gradient_error", below=1e-12, statement="And the gradient, of scale and bias as well."),
    ),
    minutes=5,
    seeds=10,
)

_SIZES = {Setting.TINY: (200, 100, 1), Setting.SMALL: (4000, 1000, 400), Setting.FULL: (29_000, 1000, 10_000)}
START = 0.3
"""Temperature that losses begin with."""
_PAIRS = (
    ("method", "baseline", 16, START),
    ("sigmoid_32", "softmax_32", 32, START),
    ("sigmoid_64", "softmax_64", 64, START),
    ("sigmoid_from_10", "softmax_from_10", 16, 0.1),
)
_LEARNING_RATE = 0.03
_TILES = (Plan(rows=16, cols=16), Plan(rows=7, cols=33), Plan(rows=1, cols=96))
_ROWS = 96


@dataclass(frozen=True, eq=False)
class Captions:
    """English captions and their French translations: to learn from and to judge by."""

    train: tuple[list[str], list[str]]
    test: tuple[list[str], list[str]]


def captions(train: int, test: int) -> Captions:
    """The first so many pairs of the training part and of the test part."""
    found = multi30k(anchor="en", positive="fr")
    assert found.test is not None
    heads = [part.head(size, ["en", "fr"]) for part, size in ((found.train, train), (found.test, test))]
    return Captions(*(([str(text) for text in head["en"]], [str(text) for text in head["fr"]]) for head in heads))


class Sigmoid(nn.Module):
    """Sigmoid loss of two sides `[B, D]` with its scale, one over a temperature, and its bias."""

    def __init__(self, start: float = START) -> None:
        super().__init__()
        self.temperature = LearnableTemperature(initial=start).build()
        self.bias = nn.Parameter(torch.tensor(-10.0))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """A scalar."""
        return SigLIP()(first, second, scale=1 / self.temperature(), bias=self.bias)


class Softmax(nn.Module):
    """CLIP's loss of two sides `[B, D]` with its temperature."""

    def __init__(self, start: float = START) -> None:
        super().__init__()
        self.temperature = LearnableTemperature(initial=start).build()

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """A scalar."""
        return CLIP()(first, second, temperature=self.temperature())


class Towers(nn.Module):
    """A static text encoder for each side from new weights, with the captions to learn from as tokens."""

    def __init__(self, data: Captions, *, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            towers = [StaticText(dim=64, vocabulary_size=5000, sif=1e-3).build(side) for side in data.train]
        self.first, self.second = towers
        self.inputs = [tower.collate(side) for tower, side in zip(towers, data.train, strict=True)]

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Both sides of some pairs int64 `[B]` to learn from, `[B, 64]` each."""
        first, second = (picked(side, rows) for side in self.inputs)
        return self.first(first), self.second(second)

    def embedded(self, part: tuple[list[str], list[str]]) -> tuple[np.ndarray, np.ndarray]:
        """Both sides of a part, `[M, 64]` each."""
        return self.first.encode(part[0]), self.second.encode(part[1])


def learn(
    learners: nn.Module, loss: Callable[[Tensor], Tensor], *, pairs: int, batch: int, steps: int, seed: int
) -> None:
    """Descend on batches drawn at random.

    Args:
        learners: Whose parameters learn.
        loss: From rows of the captions int64 `[B]` to a scalar.
        pairs: How many there are to draw from.
        batch: Pairs a step.
        steps: How many.
        seed: Draws the batches.
    """
    draw = torch.Generator().manual_seed(seed)

    def step(_: int) -> Tensor:
        return loss(torch.randperm(pairs, generator=draw)[:batch])

    descend(learners, step, steps=steps, learning_rate=_LEARNING_RATE)


def contrasted(data: Captions, loss: nn.Module, *, batch: int, steps: int, seed: int) -> Towers:
    """Towers that learn with a loss of both sides of a batch."""
    towers = Towers(data, seed=seed)
    learners = nn.ModuleList([towers, loss])
    learn(learners, lambda rows: loss(*towers(rows)), pairs=len(data.train[0]), batch=batch, steps=steps, seed=seed)
    return towers


def recall(first: np.ndarray, second: np.ndarray, k: int) -> float:
    """How often the partner is among the k nearest, over both directions."""
    measure = Recall(k=k)
    values = [retrieval_values(*sides, measures=[measure])[0] for sides in ((first, second), (second, first))]
    return float(np.mean([value[measure.name].mean() for value in values]))


def trial(setting: Setting, seed: int) -> Figures:
    """Both losses at three sizes of a batch, as many steps, and tiles against the whole matrix."""
    train, tested, steps = _SIZES[setting]
    data = captions(train, tested)
    figures: dict[str, dict[str, float]] = {}
    for sigmoid, softmax, batch, start in _PAIRS:
        for side, loss in ((sigmoid, Sigmoid(start)), (softmax, Softmax(start))):
            found = contrasted(data, loss, batch=batch, steps=steps, seed=seed).embedded(data.test)
            figures[side] = {"recall_at_1": recall(*found, 1), "temperature": float(loss.temperature().detach())}
    figures["method"] |= _tiled(seed)
    return figures


def _tiled(seed: int) -> dict[str, float]:
    """Largest errors over several tiles, in float64, relative to the largest of the printed equation."""
    draw = torch.Generator().manual_seed(seed)
    first = torch.randn(_ROWS, 16, generator=draw, dtype=torch.float64)
    second = first + torch.randn(_ROWS, 16, generator=draw, dtype=torch.float64)
    numbers = (torch.tensor(10.0, dtype=torch.float64), torch.tensor(-10.0, dtype=torch.float64))
    leaves = [one.requires_grad_() for one in (first, second, *numbers)]

    def judged(loss: Tensor) -> tuple[float, Tensor]:
        return float(loss.detach()), torch.cat([one.flatten() for one in torch.autograd.grad(loss, leaves)])

    pairs = torch.eye(_ROWS, dtype=torch.bool)
    similarities = normalize(leaves[0], dim=1) @ normalize(leaves[1], dim=1).T
    value, gradient = judged(
        SigLIP().having({"scale": leaves[2], "bias": leaves[3]}).reference(similarities, Tile(pairs, ~pairs))
    )
    tiled = [judged(SigLIP()(leaves[0], leaves[1], scale=leaves[2], bias=leaves[3], plan=plan)) for plan in _TILES]
    return {
        "loss_error": max(abs(one - value) / abs(value) for one, _ in tiled),
        "gradient_error": max(float((one - gradient).abs().max() / gradient.abs().max()) for _, one in tiled),
    }
