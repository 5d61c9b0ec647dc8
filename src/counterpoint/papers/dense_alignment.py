"""Dense contrast: how cells are matched decides alignment and uniformity, and what these say about accuracy."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.evaluation import dense_alignment, dense_uniformity, nearest_cells, probe_accuracy, rank_correlation
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.small_digits import digits
from counterpoint.objectives import InfoNCE

paper = Paper(
    short="DenseAlignment",
    title="Correlation between Alignment-Uniformity and Performance of Dense Contrastive Representations",
    authors="Moon, Kim and Choi",
    year=2022,
    identifier="arXiv:2210.08819",
    wing=Wing.EVALUATION,
    implements="Alignment over matched cells and uniformity over all cells, under four rules of matching, and how both "
    "go with accuracy of dense and of linear prediction",
    deviates="Scenes of 3 x 3 cells, about two thirds of them with an 8 x 8 digit; the second view is rolled by whole "
    "cells, so that the true match is known; a network of three convolutions. The paper's scalar, whose exact form we "
    "do not have, is replaced by the rank correlation of accuracy with minus the sum of alignment and uniformity over "
    "8 models: four rules at temperatures 0.1 and 0.5. One learning rate, not tuned.",
)
claim = Claim(
    statement="The rule of matching governs alignment and accuracy of dense features, and alignment with uniformity "
    "tells more about dense prediction than about linear evaluation.",
    checks=(
        Better(measure="alignment", side="moved", than="same_place", lower=True, statement="True matches align cells."),
        Better(measure="segmentation", side="moved", than="whole", statement="They segment better than whole images."),
        Better(measure="segmentation", side="moved", than="same_place", statement="And than cells of the same place."),
        Within(measure="correlation", side="segmentation", above=0.5, statement="The sum of both ranks segmentation."),
        Better(measure="correlation", side="segmentation", than="linear", statement="More than linear evaluation."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 120, Setting.FULL: 50_000}
_SCENES = {Setting.TINY: 40, Setting.SMALL: 250, Setting.FULL: 5000}
_SIDE, _CELLS, _PIXELS, _DIM, _BATCH = 3, 9, 8, 32, 24
_EMPTY = 10
_RULES = ("moved", "nearest", "same_place", "whole")
_TEMPERATURES = (0.1, 0.5)


@dataclass(frozen=True)
class _Scenes:
    """Images `[N, 1, 24, 24]`, and the digit in every cell `[N, 9]`, 10 where there is none."""

    images: Tensor
    cells: np.ndarray

    def moved(self, shift_N2: Tensor) -> tuple[Tensor, Tensor]:
        """Each scene rolled by rows and columns of cells, and where each of its cells went, int64 `[N, 9]`."""
        rolled = [
            image.roll((_PIXELS * int(down), _PIXELS * int(right)), (1, 2))
            for image, (down, right) in zip(self.images, shift_N2, strict=True)
        ]
        row, column = torch.arange(_CELLS) // _SIDE, torch.arange(_CELLS) % _SIDE
        to_row, to_column = (row + shift_N2[:, :1]) % _SIDE, (column + shift_N2[:, 1:]) % _SIDE
        return torch.stack(rolled), to_row * _SIDE + to_column


def trial(setting: Setting, seed: int) -> Figures:
    """Four rules at two temperatures; figures of each rule at the first, and correlations over all."""
    steps, scenes = _STEPS[setting], _SCENES[setting]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        learnt = _draw("train", 4 * scenes, single=False)
        judged = [[_draw(part, scenes, single=single) for part in ("train", "test")] for single in (False, True)]
        found = {
            (rule, temperature): _figures(_learn(learnt, rule, temperature, steps), judged)
            for temperature in _TEMPERATURES
            for rule in _RULES
        }
    models = list(found.values())
    sums = [-one["alignment"] - one["uniformity"] for one in models]
    return {
        **{rule: found[rule, _TEMPERATURES[0]] for rule in _RULES},
        **{
            task: {"correlation": rank_correlation(sums, [one[task] for one in models])}
            for task in ("segmentation", "linear")
        },
    }


def _draw(part: str, count: int, *, single: bool) -> _Scenes:
    """Scenes with a digit in about two of three cells, or in exactly one."""
    source = digits(part)
    chosen = torch.randint(len(source.rows), (count, _CELLS))
    there = torch.rand(count, _CELLS) < 0.65
    if single:
        there = nn.functional.one_hot(torch.randint(_CELLS, (count,)), _CELLS).bool()
    shown = torch.where(there[:, :, None], source.rows[chosen], -torch.ones(()))
    grid = shown.view(count, _SIDE, _SIDE, _PIXELS, _PIXELS).transpose(2, 3)
    labels = np.where(there.numpy(), source.labels[chosen.numpy()], _EMPTY)
    return _Scenes(grid.reshape(count, 1, _SIDE * _PIXELS, _SIDE * _PIXELS), labels)


def _spoilt(images: Tensor) -> Tensor:
    """Other contrast and noise."""
    return images * (0.5 + torch.rand(len(images), 1, 1, 1)) + 0.3 * torch.randn(images.shape)


class _Net(nn.Sequential):
    """Three convolutions with pooling between: features `[N, 9, D]`, one for every cell."""

    def __init__(self) -> None:
        widths = (1, 16, 32, _DIM)
        blocks = [
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2))
            for a, b in pairwise(widths)
        ]
        super().__init__(*blocks, nn.Conv2d(_DIM, _DIM, 1), nn.Flatten(2))

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).transpose(1, 2)


def _learn(scenes: _Scenes, rule: str, temperature: float, steps: int) -> _Net:
    net, loss = _Net(), InfoNCE(temperature=temperature)

    def step(_: int) -> Tensor:
        rows = torch.randperm(len(scenes.images))[:_BATCH]
        batch = _Scenes(scenes.images[rows], scenes.cells[rows.numpy()])
        rolled, match = batch.moved(torch.randint(_SIDE, (len(rows), 2)))
        first, second = net(torch.cat([_spoilt(batch.images), _spoilt(rolled)])).chunk(2)
        if rule == "whole":
            return loss(first.mean(1), second.mean(1))
        if rule == "nearest":
            match = torch.from_numpy(nearest_cells(first.detach().numpy(), second.detach().numpy()))
        if rule != "same_place":
            second = second.gather(1, match[:, :, None].expand_as(second))
        return loss(first.flatten(0, 1), second.flatten(0, 1))

    descend(net, step, steps=steps, learning_rate=3e-3)
    return net


@torch.no_grad()
def _figures(net: _Net, judged: list[list[_Scenes]]) -> dict[str, float]:
    """Alignment and uniformity held out; probes of cells of full scenes, and of means of scenes of one digit."""
    (train, test), (one_train, one_test) = judged
    rolled, match = test.moved(torch.randint(_SIDE, (len(test.images), 2)))
    first, second = (net(_spoilt(images)).numpy() for images in (test.images, rolled))
    cells = [net(part.images).flatten(0, 1).numpy() for part in (train, test)]
    means = [net(part.images).mean(1).numpy() for part in (one_train, one_test)]
    digit = [part.cells.min(axis=1) for part in (one_train, one_test)]
    return {
        "alignment": dense_alignment(first, second, match.numpy()).value,
        "uniformity": dense_uniformity(first).value,
        "segmentation": probe_accuracy(cells[0], train.cells.ravel(), cells[1], test.cells.ravel()).value,
        "linear": probe_accuracy(means[0], digit[0], means[1], digit[1]).value,
    }
