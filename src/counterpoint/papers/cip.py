"""CIP: inner products alone gather each class in a direction and keep the directions at right angles or more."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.data import named
from counterpoint.evaluation import MAP, Qrels, retrieval_values
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.metric_learning import (
    AgainstClasses,
    ClassImages,
    MetricLoop,
    MetricLoss,
    class_images,
    embedded,
    learn_metric,
)
from counterpoint.objectives import CIP, InfoNCE, SemiHardTriplet
from counterpoint.pairwise import Dot

paper = Paper(
    short="CIP",
    title="Rethinking Loss Design for Large-scale 3D Shape Retrieval",
    authors="Li, Xu and Leng",
    year=2019,
    identifier="arXiv:1906.00546",
    wing=Wing.OBJECTIVES,
    implements="the collaborative inner product loss (Section 3), alone and added to a softmax",
    deviates="8 x 8 digits instead of views of shapes, and a small residual network. The cluster term is logistic. The "
    "triplet-centre loss is not compared. Weights and margins as they come; one learning rate.",
)
claim = Claim(
    statement="Classes lie along directions at right angles or more, and retrieval is better than after a softmax or "
    "triplets.",
    checks=(
        Within(measure="between", below=0.0, statement="The mean cosine of centres of different classes is below 0."),
        Within(
            measure="within", above=0.9, statement="The mean cosine of images and the mean of their class is near 1."
        ),
        Better(measure="map", statement="Better than the softmax."),
        Better(measure="map", than="triplet", statement="Better than semi-hard triplets."),
        Better(measure="map", side="with_softmax", statement="Added to the softmax, better than that alone."),
    ),
    minutes=0.7,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 200, Setting.FULL: 5000}
_DIM, _CLASSES = 16, 10


class _Sum(nn.Module):
    """Several losses at once, each with class rows of its own."""

    def __init__(self, *losses: AgainstClasses) -> None:
        super().__init__()
        self.losses = nn.ModuleList(losses)

    def forward(self, z_ND: Tensor, labels_N: Tensor) -> Tensor:
        return torch.stack([loss(z_ND, labels_N) for loss in self.losses]).sum()


def trial(setting: Setting, seed: int) -> Figures:
    """The same network on the same images with four losses."""
    digits = named("digits")
    assert digits.test is not None
    train, test = class_images(digits.train), class_images(digits.test)
    loop = MetricLoop(steps=_STEPS[setting], per_class=6, batch_size=60, dim=_DIM, width=8)
    return {side: _measured(train, test, loss, loop, seed) for side, loss in _losses(seed).items()}


def _losses(seed: int) -> dict[str, MetricLoss]:
    softmax, triplet = InfoNCE(temperature=1.0, similarity=Dot()), SemiHardTriplet(margin=0.2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return {
            "method": AgainstClasses(CIP(), _CLASSES, _DIM),
            "baseline": AgainstClasses(softmax, _CLASSES, _DIM),
            "with_softmax": _Sum(*(AgainstClasses(one, _CLASSES, _DIM) for one in (CIP(), softmax))),
            "triplet": lambda z, y: triplet(z, labels=y),
        }


def _measured(train: ClassImages, test: ClassImages, loss: MetricLoss, loop: MetricLoop, seed: int) -> dict[str, float]:
    z, y = embedded(learn_metric(train, loss, loop, seed=seed), test), test.labels
    same = [np.setdiff1d(np.flatnonzero((y == label).numpy()), [i]).tolist() for i, label in enumerate(y)]
    judged = Qrels.of_lists(same, n_candidates=len(y))
    measure = MAP(k=len(y) - 1)
    found, _ = retrieval_values(z, z, judged, measures=[measure], exclude_self=True)
    return {"map": float(found[measure.name].mean()), **_angles(torch.from_numpy(z), y)}


def _angles(z_ND: Tensor, labels_N: Tensor) -> dict[str, float]:
    unit = normalize(z_ND)
    centres = normalize(torch.stack([unit[labels_N == k].mean(0) for k in range(_CLASSES)]))
    apart = (centres @ centres.T)[~torch.eye(_CLASSES, dtype=torch.bool)]
    return {"between": float(apart.mean()), "within": float((unit * centres[labels_N]).sum(1).mean())}
