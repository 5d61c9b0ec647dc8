"""Swapped prediction of balanced codes, with and without the balance, and with small crops."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from counterpoint.encoders import LearnablePrototypes
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import ViewLoop, labelled_images, learn_from_views, varied_digits
from counterpoint.objectives import SwAV
from counterpoint.views import Compose, RandomResizedCrop, Translate

paper = Paper(
    short="SwAV",
    title="Unsupervised Learning of Visual Features by Contrasting Cluster Assignments",
    authors="Caron, Misra, Mairal, Goyal, Bojanowski and Joulin",
    year=2020,
    identifier="arXiv:2006.09882",
    wing=Wing.OBJECTIVES,
    implements="Eq. 2 with the codes of Eq. 5, and the small crops of Eq. 6",
    deviates="8 x 8 digits, a small residual network, batches of 64, 30 prototypes; small crops are 5 x 5 pixels of a "
    "third to two thirds of the image. Without balance, codes are the sharpened scores. Nothing was tuned.",
)
claim = Claim(
    statement="Equal partition keeps prototypes in use, and small crops add accuracy at as many steps.",
    checks=(
        Within(measure="used", above=10, statement="With it, the prototypes in use are worth more than 10 of 30."),
        Better(measure="used", than="unbalanced", statement="Without it, fewer prototypes are used."),
        Better(measure="knn_accuracy", than="two_crops", statement="Two small crops more: better than two crops."),
        Better(measure="knn_accuracy", than="untrained", statement="Better than random weights."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 150, Setting.FULL: 20_000}
_PROTOTYPES = 30


class _Swapping(nn.Module):
    """The objective with its prototypes."""

    def __init__(self, *, balanced: bool, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.prototypes = LearnablePrototypes(count=_PROTOTYPES).build(None, 64)
        self.balanced = balanced

    def forward(self, views: list[Tensor], rows: Tensor) -> Tensor:
        """SwAV, or the same cross-entropies with sharpened scores as codes."""
        if self.balanced:
            return SwAV()(torch.stack(views, dim=1), self.prototypes())
        first, second = (self.scores(view) for view in views)
        return (_swapped(first, second) + _swapped(second, first)) / 2

    def scores(self, z: Tensor) -> Tensor:
        """Cosines `[N, K]`."""
        return normalize(z, dim=1) @ normalize(self.prototypes(), dim=1).T


def _swapped(s_NK: Tensor, other_NK: Tensor) -> Tensor:
    return cross_entropy(s_NK / 0.1, torch.softmax(other_NK.detach() / 0.05, 1))


def trial(setting: Setting, seed: int) -> Figures:
    """Every side from the same weights; ``used`` is the exponential of the entropy of the nearest prototypes."""
    data = labelled_images(DataSource(data="set:digits"))
    full, small = varied_digits(), Compose(views=(Translate(), RandomResizedCrop(size=5, scale=(0.33, 0.67))))
    sides = {
        "method": (_STEPS[setting], (full, full, small, small), True),
        "two_crops": (_STEPS[setting], (full, full), True),
        "unbalanced": (_STEPS[setting], (full, full), False),
        "untrained": (0, (full, full), True),
    }
    found: dict[str, dict[str, float]] = {}
    for side, (steps, views, balanced) in sides.items():
        loss = _Swapping(balanced=balanced, seed=seed)
        learnt = learn_from_views(data.train, loss, ViewLoop(views=views, steps=steps, batch_size=64), seed)
        nearest = loss.scores(torch.from_numpy(learnt.projections(data.train))).argmax(1)
        share = torch.bincount(nearest, minlength=_PROTOTYPES) / len(nearest)
        found[side] = learnt.judged(data) | {"used": float(torch.special.entr(share).sum().exp())}
    return found
