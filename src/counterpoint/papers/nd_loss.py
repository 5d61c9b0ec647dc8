"""ND loss: a student whose features are long and point along the teacher's class means."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, kl_div, log_softmax, normalize

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.small_digits import Digits, digits
from counterpoint.objectives import NormDirection

paper = Paper(
    short="ND-loss",
    title="Improving Knowledge Distillation via Regularizing Feature Norm and Direction",
    authors="Wang, Cheng, Duan, Wang, Feng and Kong",
    year=2023,
    identifier="arXiv:2305.17007",
    wing=Wing.ROBUSTNESS,
    implements="the ND loss on the features before the classifier, added to cross-entropy and the KL divergence from "
    "the teacher's softened classes (KD); against the latter two, and against cross-entropy alone",
    deviates="Perceptrons on 8 x 8 digits instead of convolutional networks on CIFAR-100 and ImageNet. The teacher, of "
    "two hidden layers of 128, learns from all training digits, the student, of one of 16, from 20 of each class. "
    "Features of both have 32 dimensions and cannot be negative, so that no map between them is needed. Other kinds of "
    "distillation (DKD, ReviewKD) are left out. How many digits the student learns from, its width (16 of 16 and 64), "
    "KD's temperature (4 of 2 and 4) and the weight of the ND loss (0.5 of 0.5, 2 and 8) were chosen by the accuracy "
    "on digits that are neither the student's nor the test part, at three other seeds; learning rate and steps are the "
    "same on all sides.",
)
claim = Claim(
    statement="Added to distillation, the ND loss makes a small student more accurate, its features longer and closer "
    "to the teacher's class means.",
    checks=(
        Better(measure="accuracy", by=-0.005, statement="Not less accurate than KD alone by more than 0.005."),
        Better(measure="accuracy", statement="More accurate than KD alone."),
        Better(measure="norm", statement="Features are longer."),
        Better(measure="cosine", statement="Features are closer to the mean of their class in the teacher."),
    ),
    minutes=2,
    seeds=10,
)

_SIZES = {Setting.TINY: (4, 2, 2), Setting.SMALL: (20, 600, 1000), Setting.FULL: (100, 5000, 20_000)}
_TEACHER, _STUDENT, _DIM, _CLASSES = (128, 128), (16,), 32, 10
_WARMTH, _DISTIL, _DIRECT = 4.0, 1.0, 0.5
_SIDES = {"method": (_DISTIL, _DIRECT), "baseline": (_DISTIL, 0.0), "labels": (0.0, 0.0)}
"""Weights of KD and of the ND loss."""

BatchLoss = Callable[[Tensor], Tensor]
"""From row numbers int64 `[B]` to a scalar."""


class Classifier(nn.Module):
    """Hidden layers, features `[N, 32]` that cannot be negative, and a linear layer of class scores on them."""

    def __init__(self, widths: tuple[int, ...], columns: int) -> None:
        super().__init__()
        sizes = (columns, *widths, _DIM)
        layers = [nn.Sequential(nn.Linear(a, b), nn.ReLU()) for a, b in pairwise(sizes)]
        self.features, self.head = nn.Sequential(*layers), nn.Linear(_DIM, _CLASSES)


def trial(setting: Setting, seed: int) -> Figures:
    """One teacher, and students that start alike and see the same batches."""
    shots, taught, steps = _SIZES[setting]
    data, test = digits("train"), digits("test")
    teacher = _built(_TEACHER, data, seed)
    everything, labels = data.rows, torch.from_numpy(data.labels)

    def known(rows: Tensor) -> Tensor:
        return cross_entropy(teacher.head(teacher.features(everything[rows])), labels[rows])

    _learn(teacher, known, count=len(labels), steps=taught, seed=seed)
    few = _few(labels, shots, seed)
    means_KD = class_means(teacher, everything[few], labels[few])
    figures = {"teacher": _judged(teacher, test, means_KD)}
    for side, (distil, direct) in _SIDES.items():
        student = _built(_STUDENT, data, seed)
        loss = student_loss(student, teacher, everything[few], labels[few], means_KD, distil=distil, direct=direct)
        _learn(student, loss, count=len(few), steps=steps, seed=seed)
        figures[side] = _judged(student, test, means_KD)
    return figures


@torch.no_grad()
def class_means(teacher: Classifier, rows_NP: Tensor, labels_N: Tensor) -> Tensor:
    """Mean of the teacher's features of every class, `[K, D]`."""
    features_ND = teacher.features(rows_NP)
    return torch.stack([features_ND[labels_N == label].mean(0) for label in range(_CLASSES)])


def student_loss(
    student: Classifier,
    teacher: Classifier,
    rows_NP: Tensor,
    labels_N: Tensor,
    means_KD: Tensor,
    *,
    distil: float,
    direct: float,
) -> BatchLoss:
    """``cross-entropy + distil T^2 KL(teacher || student) + direct ND`` of a batch, class scores divided by T in KL.

    Args:
        student: Who learns.
        teacher: Whose features and class scores are followed.
        rows_NP: What the student learns from.
        labels_N: Classes, int64.
        means_KD: The teacher's class means.
        distil: Weight of KD.
        direct: Weight of the ND loss.
    """
    with torch.no_grad():
        taught_ND = teacher.features(rows_NP)
        wanted_NK = log_softmax(teacher.head(taught_ND) / _WARMTH, 1)
    direction = NormDirection()

    def loss(rows: Tensor) -> Tensor:
        features = student.features(rows_NP[rows])
        scores = student.head(features)
        softened = log_softmax(scores / _WARMTH, 1)
        followed = kl_div(softened, wanted_NK[rows], log_target=True, reduction="batchmean")
        along = direction(torch.stack([features, taught_ND[rows], means_KD[labels_N[rows]]], 1))
        return cross_entropy(scores, labels_N[rows]) + distil * _WARMTH**2 * followed + direct * along

    return loss


def _built(widths: tuple[int, ...], data: Digits, seed: int) -> Classifier:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Classifier(widths, data.rows.shape[1])


def _few(labels_N: Tensor, shots: int, seed: int) -> Tensor:
    """Rows of as many digits of every class."""
    order = torch.randperm(len(labels_N), generator=torch.Generator().manual_seed(seed))
    return torch.cat([order[labels_N[order] == label][:shots] for label in range(_CLASSES)])


def _learn(model: Classifier, loss: BatchLoss, *, count: int, steps: int, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    descend(model, lambda _: loss(torch.randperm(count, generator=draw)[:64]), steps=steps, learning_rate=3e-3)


@torch.no_grad()
def _judged(model: Classifier, test: Digits, means_KD: Tensor) -> dict[str, float]:
    """Accuracy, mean length of features and mean cosine with the teacher's mean of their class, held out."""
    features, labels = model.features(test.rows), torch.from_numpy(test.labels)
    return {
        "accuracy": float((model.head(features).argmax(1) == labels).double().mean()),
        "norm": float(features.norm(dim=1).mean()),
        "cosine": float((normalize(features) * normalize(means_KD)[labels]).sum(1).mean()),
    }
