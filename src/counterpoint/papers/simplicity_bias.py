"""Which features contrast learns: subclasses are dropped with labels, hard classes without, and what helps."""

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.evaluation import knn_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.objectives import SpectralContrastive
from counterpoint.pairwise import Dot

paper = Paper(
    short="SimplicityBias",
    title="Which Features are Learnt by Contrastive Learning? On the Role of Simplicity Bias in Class Collapse and "
    "Feature Suppression",
    authors="Xue, Joshi, Gan, Chen and Mirzasoleiman",
    year=2023,
    identifier="arXiv:2305.16536",
    wing=Wing.OBJECTIVES,
    implements="Class collapse, feature suppression and three remedies, with linear maps and the spectral loss",
    deviates="Made features of given sizes and gradient descent from a small start; no images. Judged by nearest "
    "neighbours, since a linear probe undoes any scaling. Sizes, steps and learning rate are not tuned; "
    "at seed 100 a joint loss kept no subclass in 3 dimensions, so that classes collapse here in 8.",
)
claim = Claim(
    statement="Labels drop subclasses and views drop hard classes; joint losses, width and views bring them back.",
    checks=(
        Better(measure="subclass", side="joint", than="labels", by=0.1, statement="A joint loss keeps subclasses."),
        Better(
            measure="label",
            side="narrow_joint",
            than="views",
            by=0.1,
            statement="It learns classes better than views do.",
        ),
        Better(
            measure="label", side="wide", than="views", by=0.1, statement="More dimensions bring back hard classes."
        ),
        Better(
            measure="label", side="augmented", than="views", by=0.1, statement="So do views that change what is easy."
        ),
    ),
    minutes=0.5,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 300, Setting.FULL: 10_000}
_ROWS = 256
_INPUTS = 20
_CLASS, _SUBCLASS, _EASY = 1.0, 0.8, 2.0
"""How large features are; the easy ones have nothing to do with the class."""
_EASY_FEATURES = 3
_NARROW, _WIDE = 3, 8


@dataclass(frozen=True)
class _Side:
    """What is learnt from.

    Attributes:
        labels: Weight of the contrast of classes.
        views: Weight of the contrast of views.
        dim: Of the embedding.
        augmented: Views draw the easy features anew.
    """

    labels: float = 0.0
    views: float = 1.0
    dim: int = _NARROW
    augmented: bool = False


_SIDES = {
    "labels": _Side(labels=1.0, views=0.0, dim=_WIDE),
    "joint": _Side(labels=0.5, views=0.5, dim=_WIDE),
    "narrow_joint": _Side(labels=0.5, views=0.5),
    "views": _Side(),
    "wide": _Side(dim=_WIDE),
    "augmented": _Side(augmented=True),
}


def trial(setting: Setting, seed: int) -> Figures:
    """Accuracy of nearest neighbours for classes and for subclasses, of every side."""
    return {name: _measured(side, _STEPS[setting], seed) for name, side in _SIDES.items()}


def _draw(sign_NF: Tensor) -> Tensor:
    """Rows of features with noise, from the signs of class, subclass and easy features."""
    sizes_F = torch.tensor([_CLASS, _SUBCLASS, *[_EASY] * _EASY_FEATURES])
    features = torch.zeros(len(sign_NF), _INPUTS)
    features[:, : len(sizes_F)] = sign_NF * sizes_F
    return features + 0.3 * torch.randn(features.shape)


def _signs() -> Tensor:
    return 2.0 * torch.randint(2, (_ROWS, 2 + _EASY_FEATURES)) - 1


def _view(sign_NF: Tensor, *, augmented: bool) -> Tensor:
    if augmented:
        sign_NF = torch.cat([sign_NF[:, :2], _signs()[:, 2:]], 1)
    return _draw(sign_NF)


def _measured(side: _Side, steps: int, seed: int) -> dict[str, float]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weight_ID = (0.01 * torch.randn(_INPUTS, side.dim)).requires_grad_()
        optimiser, loss = torch.optim.SGD([weight_ID], lr=0.01), SpectralContrastive(similarity=Dot())
        for _ in range(steps):
            sign_NF = _signs()
            first, second = (_view(sign_NF, augmented=side.augmented) @ weight_ID for _ in range(2))
            label_N = (sign_NF[:, 0] > 0).long()
            optimiser.zero_grad()
            (side.labels * loss(first, labels=label_N) + side.views * loss(first, second)).backward()
            optimiser.step()
        return _judged(weight_ID.detach())


def _judged(weight_ID: Tensor) -> dict[str, float]:
    signs = [_signs() for _ in range(2)]
    train, test = ((_draw(one) @ weight_ID).numpy() for one in signs)
    found: dict[str, float] = {}
    for column, name in enumerate(("label", "subclass")):
        labels = [(one[:, column] > 0).long().numpy() for one in signs]
        found[name] = knn_accuracy(train, labels[0], test, labels[1]).value
    return found
