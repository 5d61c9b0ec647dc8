"""Covariance contrast: its second term is repulsion by squared cosines, and small batches suffice."""

import numpy as np
import torch

from counterpoint.encoders import ProjectionHead
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import ViewLoop, ViewLoss, labelled_images, learn_from_views, stacked
from counterpoint.objectives import BarlowTwins, NTXent, TiCo

paper = Paper(
    short="TiCo",
    title="TiCo: Transformation Invariance and Covariance Contrast for Self-Supervised Visual Representation Learning",
    authors="Zhu, Moraes, Karakulak, Sobol, Canziani and LeCun",
    year=2022,
    identifier="arXiv:2206.10698",
    wing=Wing.OBJECTIVES,
    implements="The loss of Algorithm 1 on one batch, without the moment of earlier batches and the momentum branch",
    deviates="The loss has no memory: its moment is that of the batch, with a rho of 80 for the paper's 8, as 1 - beta "
    "of it counts. 8 x 8 digits, a small residual network, batches of 32. NT-Xent has 0.1; nothing was tuned.",
)
claim = Claim(
    statement="The covariance term repels by squared cosines, prevents collapse, and serves small batches.",
    checks=(
        Within(measure="repulsion_error", below=1e-9, statement="The term is the mean squared cosine of all pairs."),
        Within(measure="spread", above=0.3, statement="With it, projections stay spread."),
        Better(measure="spread", than="no_covariance", by=0.2, statement="With a rho of almost 0 they collapse."),
        Better(measure="knn_accuracy", by=-0.01, statement="Batches of 32: no worse than NT-Xent by one percent."),
        Better(measure="knn_accuracy", than="barlow", by=-0.01, statement="Nor than Barlow Twins."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 150, Setting.FULL: 20_000}
_SIDES: dict[str, ViewLoss] = {
    "method": stacked(TiCo(rho=80.0)),
    "no_covariance": stacked(TiCo(rho=1e-6)),
    "barlow": lambda views, rows: BarlowTwins()(*views),
    "baseline": lambda views, rows: NTXent(temperature=0.1)(*views),
}


def trial(setting: Setting, seed: int) -> Figures:
    """Four losses from the same weights."""
    data = labelled_images(DataSource(data="set:digits"))
    loop = ViewLoop(steps=_STEPS[setting], batch_size=32, head=ProjectionHead(out_dim=64))
    found = {side: learn_from_views(data.train, loss, loop, seed).judged(data) for side, loss in _SIDES.items()}
    found["method"]["repulsion_error"] = _repulsion_error(seed)
    return found


def _repulsion_error(seed: int) -> float:
    """The loss less its invariance, against squared cosines of all pairs."""
    z = torch.nn.functional.normalize(torch.from_numpy(np.random.default_rng(seed).normal(size=(32, 8))), dim=1)
    squares = [float((a @ b) ** 2) for a in z for b in z]
    return abs(float(TiCo(rho=10.0, beta=0.9)(z, z)) - float(np.mean(squares)))
