"""Slices of the loss with filter-normalised directions: blind to scale, and rougher without skips."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.evaluation import loss_slice, non_convexity, random_direction
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.small_digits import digits

paper = Paper(
    short="LossLandscape",
    title="Visualizing the Loss Landscape of Neural Nets",
    authors="Li, Xu, Taylor, Studer and Goldstein",
    year=2018,
    identifier="arXiv:1712.09913",
    wing=Wing.EVALUATION,
    implements="Filter-normalised directions of Section 4, slices in one and two dimensions, and how convex they are",
    deviates="8 x 8 digits and networks of 24 narrow convolutions instead of CIFAR-10 and ResNets; Adam, one learning "
    "rate, not tuned. Non-convexity is the share of downward bending of the plane, not a ratio of Hessian eigenvalues. "
    "Sharpness is the mean rise of the loss on the slice, seen with batch statistics.",
)
claim = Claim(
    statement="Normalised by filters, a slice does not see scale, is rougher without skips, and is sharper where "
    "generalisation is worse.",
    checks=(
        Within(measure="scale_error", below=1e-4, statement="Other scales of one function have the same slice."),
        Within(
            measure="scale_error",
            side="unnormalised",
            above=0.01,
            statement="Without normalisation they look different.",
        ),
        Better(
            measure="non_convexity", side="skip", than="plain", lower=True, statement="Skips smooth a deep network."
        ),
        Better(
            measure="sharpness",
            side="small_batch",
            than="large_batch",
            lower=True,
            statement="Small batches: flatter.",
        ),
        Better(measure="error", side="small_batch", than="large_batch", lower=True, statement="They err less."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 150, Setting.FULL: 60_000}
_GRID = {Setting.TINY: 3, Setting.SMALL: 9, Setting.FULL: 51}
_BATCHES = {Setting.TINY: (8, 8), Setting.SMALL: (32, 256), Setting.FULL: (128, 8192)}
_DEPTH = {Setting.TINY: 4, Setting.SMALL: 24, Setting.FULL: 56}
_WIDTH = 8
_PLANES = 2
"""Pairs of random directions whose figures are averaged."""


class _Net(nn.Module):
    """Convolutions with batch norms in pairs, each pair with or without a way round it."""

    def __init__(self, depth: int, *, skip: bool) -> None:
        super().__init__()
        self.skip, self.stem = skip, nn.Conv2d(1, _WIDTH, 3, padding=1)
        self.pairs = nn.ModuleList(_pair() for _ in range(depth // 2))
        self.out = nn.Linear(_WIDTH * 16, 10)

    def forward(self, rows_NP: Tensor) -> Tensor:
        """Logits of images as rows of 64."""
        x = self.stem(rows_NP.view(-1, 1, 8, 8)).relu()
        for pair in self.pairs:
            x = (pair(x) + x if self.skip else pair(x)).relu()
        return self.out(nn.functional.avg_pool2d(x, 2).flatten(1))


def _pair() -> nn.Module:
    def one() -> list[nn.Module]:
        return [nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(_WIDTH)]

    return nn.Sequential(*one(), nn.ReLU(), *one())


@dataclass(frozen=True)
class _Learnt:
    net: _Net
    error: float


def trial(setting: Setting, seed: int) -> Figures:
    """Networks with and without skips, and with small and large batches for the same number of epochs."""
    depth, steps, (few, many) = _DEPTH[setting], _STEPS[setting], _BATCHES[setting]
    offsets = np.linspace(-1, 1, _GRID[setting])
    skip, plain = (_learn(depth, skip=skip, batch=128, steps=steps, seed=seed) for skip in (True, False))
    # The same number of epochs, as in the paper: small batches take more steps.
    small, large = (_learn(4, skip=False, batch=batch, steps=steps * many // batch, seed=seed) for batch in (few, many))
    found = {
        name: _seen(one, offsets, seed)
        for name, one in (("skip", skip), ("plain", plain), ("small_batch", small), ("large_batch", large))
    }
    return {
        **found,
        "method": {"scale_error": _scale_error(small.net, offsets, seed, filter_normalised=True)},
        "unnormalised": {"scale_error": _scale_error(small.net, offsets, seed, filter_normalised=False)},
    }


def _learn(depth: int, *, skip: bool, batch: int, steps: int, seed: int) -> _Learnt:
    train, test = digits("train"), digits("test")
    labels = torch.from_numpy(train.labels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = _Net(depth, skip=skip)

        def step(_: int) -> Tensor:
            rows = torch.randperm(len(labels))[:batch]
            return cross_entropy(net(train.rows[rows]), labels[rows])

        descend(net, step, steps=steps, learning_rate=3e-3)
    with torch.no_grad():
        guess = net(test.rows).argmax(1).numpy()
    return _Learnt(net, float((guess != test.labels).mean()))


def _loss(model: nn.Module) -> Tensor:
    """On the images learnt from, with the statistics of the batch: running ones belong to the weights as they were."""
    train = digits("train")
    logits = model.train()(train.rows[:512])
    model.eval()
    return cross_entropy(logits, torch.from_numpy(train.labels[:512]))


def _seen(learnt: _Learnt, offsets: np.ndarray, seed: int) -> dict[str, float]:
    pairs = [(1000 * seed + 2 * k, 1000 * seed + 2 * k + 1) for k in range(_PLANES)]
    planes = [
        loss_slice(learnt.net, _loss, [random_direction(learnt.net, seed=one) for one in pair], offsets)
        for pair in pairs
    ]
    middle = len(offsets) // 2
    return {
        "non_convexity": float(np.mean([non_convexity(plane) for plane in planes])),
        "sharpness": float(np.mean([plane.mean() - plane[middle, middle] for plane in planes])),
        "error": learnt.error,
    }


def _scale_error(net: _Net, offsets: np.ndarray, seed: int, *, filter_normalised: bool) -> float:
    """How far the slice moves when filters before norms are made three times as large."""

    def along() -> np.ndarray:
        direction = random_direction(net, seed=seed, filter_normalised=filter_normalised)
        return loss_slice(net, _loss, [direction], offsets)

    before = along()
    filters = [one for one in net.pairs.modules() if isinstance(one, nn.Conv2d)]
    with torch.no_grad():
        for one in filters:
            one.weight.mul_(3)
        after = along()
        for one in filters:
            one.weight.div_(3)
    return float(np.abs(after - before).max() / before.mean())
