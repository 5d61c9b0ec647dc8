"""Whitening: no collapse without negatives, and more from four views than from two."""

import numpy as np
import torch
from torch import Tensor

from counterpoint.encoders import ProjectionHead
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import (
    ViewLoop,
    ViewLoss,
    labelled_images,
    learn_from_views,
    stacked,
    varied_digits,
)
from counterpoint.objectives import WMSE, NTXent

paper = Paper(
    short="W-MSE",
    title="Whitening for Self-Supervised Representation Learning",
    authors="Ermolov, Siarohin, Sangineto and Sebe",
    year=2021,
    identifier="arXiv:2007.06346",
    wing=Wing.OBJECTIVES,
    implements="The W-MSE loss of Section 3, with two and four views",
    deviates="8 x 8 digits, a small residual network, a projection to 16 dimensions, whole batches of 64 as the only "
    "sub-batches. Spread is that of the projection. Nothing was tuned; NT-Xent has 0.2.",
)
claim = Claim(
    statement="Whitening keeps views apart without negatives, as well as contrast does, and gains from more views.",
    checks=(
        Within(measure="scale_error", below=1e-4, statement="Any invertible linear map of a view leaves the loss."),
        Within(measure="spread", above=0.5, statement="With whitening, outputs stay spread."),
        Within(measure="spread", side="unwhitened", below=0.1, statement="Without it they collapse to a point."),
        Better(measure="knn_accuracy", by=-0.02, statement="No worse than NT-Xent by two percent."),
        Better(measure="knn_accuracy", side="four_views", than="method", statement="Four views beat two."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 150, Setting.FULL: 20_000}


def trial(setting: Setting, seed: int) -> Figures:
    """Whitening, contrast, and agreement alone from the same weights."""
    data = labelled_images(DataSource(data="set:digits"))
    sides: dict[str, tuple[int, ViewLoss]] = {
        "method": (2, stacked(WMSE())),
        "four_views": (4, stacked(WMSE())),
        "baseline": (2, lambda views, rows: NTXent(temperature=0.2)(*views)),
        "unwhitened": (2, _agreement),
    }
    found: dict[str, dict[str, float]] = {}
    for side, (count, loss) in sides.items():
        loop = ViewLoop(
            views=(varied_digits(),) * count, steps=_STEPS[setting], batch_size=64, head=ProjectionHead(out_dim=16)
        )
        found[side] = learn_from_views(data.train, loss, loop, seed).judged(data)
    found["method"]["scale_error"] = _scale_error(seed)
    return found


def _agreement(views: list[Tensor], rows: Tensor) -> Tensor:
    """The same squared distance of the rows as they are."""
    first, second = views
    return (first - second).square().sum(1).mean()


def _scale_error(seed: int) -> float:
    """Whitening by Cholesky undoes triangular maps; a little shrinkage is left."""
    rng = np.random.default_rng(seed)
    a, b = torch.from_numpy(rng.normal(size=(2, 64, 8)))
    factor = torch.from_numpy(np.tril(rng.normal(size=(8, 8)), -1) * 0.3 + np.diag(rng.uniform(0.5, 2, 8)))
    loss = WMSE(shrinkage=1e-9)
    return float((loss(a @ factor.T, b) - loss(a, b)).abs())
