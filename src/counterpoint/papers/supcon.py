"""Supervised contrast against cross-entropy, both read by a linear classifier on frozen features."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.encoders import Encoder
from counterpoint.evaluation import probe_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import (
    LabelledImages,
    ViewLoop,
    ViewLoss,
    labelled_images,
    learn_from_views,
)
from counterpoint.objectives import NTXent, SupCon

paper = Paper(
    short="SupCon",
    title="Supervised Contrastive Learning",
    authors="Khosla, Teterwak, Wang, Sarna, Tian, Isola, Maschinot, Liu and Krishnan",
    year=2020,
    identifier="arXiv:2004.11362",
    wing=Wing.OBJECTIVES,
    implements="Eq. 2 (averages outside the logarithm), against Eq. 3 and cross-entropy",
    deviates="400 digits of 8 x 8 pixels, a small residual network instead of ImageNet; corruption is pixel noise of "
    "deviation 0.25. Both sides see two views of every example. Temperatures 0.1 and 0.3 were tried at one seed.",
)
claim = Claim(
    statement="Supervised contrast beats cross-entropy, most so on corrupted images, and its outer form the inner one.",
    checks=(
        Within(measure="difference", below=1e-9, statement="Where every label is unique it is SimCLR's NT-Xent."),
        Better(measure="probe_accuracy", statement="More accurate than cross-entropy."),
        Better(measure="corrupted_accuracy", statement="More accurate than cross-entropy on noisy images."),
        Better(measure="probe_accuracy", than="inside", statement="The outer form beats the inner one."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 200, Setting.FULL: 20_000}
_NOISE = 0.25
_TEMPERATURE = 0.3


class _CrossEntropy(nn.Module):
    """The usual classifier on top of the projection's input, every view a row."""

    def __init__(self, labels: Tensor, dim: int) -> None:
        super().__init__()
        self.labels, self.layer = labels, nn.Linear(dim, 10)

    def forward(self, views: list[Tensor], rows: Tensor) -> Tensor:
        """Mean over all rows of all views."""
        return cross_entropy(self.layer(torch.cat(views)), self.labels[rows].repeat(len(views)))


def trial(setting: Setting, seed: int) -> Figures:
    """The three losses on the same images, and clean and noisy accuracy of a linear probe of each."""
    data = labelled_images(DataSource(data="set:digits", rows=400))
    labels = torch.from_numpy(data.train_label)
    loop = ViewLoop(steps=_STEPS[setting], batch_size=64)
    found = {
        side: _read(learn_from_views(data.train, loss, loop, seed).encoder, data)
        for side, loss in {
            "method": _contrast(labels, inside=False),
            "inside": _contrast(labels, inside=True),
            "baseline": _classifier(labels, seed),
        }.items()
    }
    found["method"]["difference"] = _difference(seed)
    return found


def _contrast(labels: Tensor, *, inside: bool) -> ViewLoss:
    objective = SupCon(temperature=_TEMPERATURE, inside=inside)
    return lambda views, rows: objective(*views, labels=labels[rows])


def _classifier(labels: Tensor, seed: int) -> ViewLoss:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _CrossEntropy(labels, 64)


def _read(encoder: Encoder, data: LabelledImages) -> dict[str, float]:
    """The probe learns from clean images in both cases."""
    noise = torch.randn(data.test.shape, generator=torch.Generator().manual_seed(0))
    noisy = (data.test.float() / 255 + _NOISE * noise).clamp(0, 1)
    train = encoder.encode(data.train)
    return {
        name: probe_accuracy(train, data.train_label, encoder.encode(images), data.test_label).value
        for name, images in (("probe_accuracy", data.test), ("corrupted_accuracy", noisy))
    }


def _difference(seed: int) -> float:
    a, b = torch.from_numpy(np.random.default_rng(seed).normal(size=(2, 16, 8)))
    return float((SupCon()(a, b, labels=torch.arange(16)) - NTXent(temperature=0.1)(a, b)).abs())
