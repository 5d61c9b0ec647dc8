"""Spanning trees: making the shortest one long spreads points over all dimensions, and trains without collapse."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.encoders import ProjectionHead
from counterpoint.evaluation import effective_rank
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import ViewLoop, labelled_images, learn_from_views
from counterpoint.objectives import SpanningTree, UnitLength, VICReg

paper = Paper(
    short="T-REGS",
    title="T-REGS: Minimum Spanning Tree Regularization for Self-Supervised Learning",
    authors="Mordacq, Loiseaux, Kalogeiton and Oudot",
    year=2025,
    identifier="arXiv:2510.23484",
    wing=Wing.OBJECTIVES,
    implements="The length of the spanning tree with the penalty on norms, alone and beside the invariance of views",
    deviates="256 free points in 16 dimensions; 8 x 8 digits and a small residual network; "
    "rank is that of the projection to 32 dimensions. Nothing was tuned.",
)
claim = Claim(
    statement="A long spanning tree undoes a dimensional collapse, spreads points evenly, and learns as VICReg does.",
    checks=(
        Within(measure="start_rank", below=3, statement="Points start near a plane."),
        Within(measure="free_rank", above=15, statement="They end in all 16 dimensions."),
        Within(measure="tree_ratio", above=1.0, statement="Their tree is longer than that of uniform random points."),
        Better(measure="knn_accuracy", by=-0.02, statement="No worse than VICReg by two percent."),
        Better(measure="effective_rank", than="invariance", statement="A higher rank than invariance alone."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 200, Setting.FULL: 20_000}
_POINTS, _DIM = 256, 16


def trial(setting: Setting, seed: int) -> Figures:
    """Free points, then three losses from the same weights."""
    data = labelled_images(DataSource(data="set:digits"))
    tree, length = SpanningTree(), UnitLength()
    loop = ViewLoop(
        steps=_STEPS[setting],
        batch_size=64,
        head=ProjectionHead(out_dim=32),
    )

    def regularised(z_NVD: Tensor) -> Tensor:
        return _invariance(z_NVD) + _WEIGHTS[0] * tree(z_NVD) + _WEIGHTS[1] * length(z_NVD)

    found = {
        side: learn_from_views(data.train, lambda z, rows, f=loss: f(torch.stack(z, 1)), loop, seed).judged(data)
        for side, loss in {"method": regularised, "baseline": VICReg(), "invariance": _invariance}.items()
    }
    found["method"] |= _free_points(_STEPS[setting], seed)
    return found


_WEIGHTS = (1.0, 1.0)


def _invariance(z_NVD: Tensor) -> Tensor:
    return (z_NVD[:, 0] - z_NVD[:, 1]).square().sum(1).mean()


def _free_points(steps: int, seed: int) -> dict[str, float]:
    """Points near a plane, moved by the two terms alone."""
    rng = np.random.default_rng(seed)
    flat = rng.normal(size=(_POINTS, _DIM)) * np.where(np.arange(_DIM) < 2, 1.0, 1e-3)
    z = normalize(torch.from_numpy(flat), dim=1).requires_grad_()
    found = {"start_rank": effective_rank(z.detach().numpy()).value}
    optimiser = torch.optim.Adam([z], lr=0.02)
    for _ in range(steps):
        optimiser.zero_grad()
        (SpanningTree()(z) + UnitLength()(z)).backward()
        optimiser.step()
    free, uniform = (normalize(one, dim=1) for one in (z.detach(), torch.from_numpy(rng.normal(size=z.shape))))
    ratio = float(SpanningTree()(free) / SpanningTree()(uniform))
    return found | {"free_rank": effective_rank(free.numpy()).value, "tree_ratio": ratio}
