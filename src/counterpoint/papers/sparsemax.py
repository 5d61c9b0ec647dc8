"""Sparsemax: the projection onto the simplex is exact, and a classifier with it is as good and says less."""

import numpy as np
import torch
from scipy import optimize
from torch import Tensor, nn

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.labelled_rows import rows_of
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import InfoNCE, Sparsemax, sparsemax
from counterpoint.pairwise import Dot, Objective, SameKey

paper = Paper(
    short="Sparsemax",
    title="From Softmax to Sparsemax: A Sparse Model of Attention and Multi-Label Classification",
    authors="Martins and Astudillo",
    year=2016,
    identifier="arXiv:1602.02068",
    wing=Wing.OBJECTIVES,
    implements="the sparsemax map, its Jacobian and its loss",
    deviates="Linear classifiers of 8 x 8 digits, one class each, in place of multi-label sets and attention. Nothing "
    "is tuned: outputs have no temperature, as in the paper.",
)
claim = Claim(
    statement="Sparse probabilities come from an exact projection, match the accuracy of softmax, and have many zeros.",
    checks=(
        Within(measure="projection_error", below=1e-6, statement="It is the projection that a solver finds."),
        Within(measure="gradient_error", below=1e-6, statement="The loss has the gradient sparsemax minus target."),
        Better(measure="accuracy", by=-0.02, statement="Accuracy is at most 2 points below that of softmax."),
        Within(measure="zeros", above=0.5, statement="More than half of the probabilities are exactly 0."),
    ),
    minutes=0.3,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 150, Setting.FULL: 5_000}
_PROBLEMS = {Setting.TINY: 3, Setting.SMALL: 100, Setting.FULL: 1_000}


def trial(setting: Setting, seed: int) -> Figures:
    """Random projections against a solver, and two classifiers from the same weights."""
    rng = torch.Generator().manual_seed(seed)
    problems = [3 * torch.randn(8, generator=rng, dtype=torch.float64) for _ in range(_PROBLEMS[setting])]
    found = {"projection_error": max(_projection_error(z) for z in problems)}
    found["gradient_error"] = max(_gradient_error(z) for z in problems)
    accuracy, outputs = _classifier(Sparsemax(temperature=1.0, similarity=Dot()), setting, seed)
    found |= {"accuracy": accuracy, "zeros": float((sparsemax(outputs) == 0).float().mean())}
    baseline, outputs = _classifier(InfoNCE(temperature=1.0, similarity=Dot()), setting, seed)
    return {
        "method": found,
        "baseline": {"accuracy": baseline, "zeros": float((outputs.softmax(1) == 0).float().mean())},
    }


def _projection_error(z: Tensor) -> float:
    """Against the root of ``sum_c max(0, z_c - tau) = 1``, by bisection."""
    row = z.numpy()
    tau = optimize.brentq(lambda t: np.maximum(row - t, 0).sum() - 1, row.min() - 1, row.max(), xtol=1e-14)
    return float(np.abs(np.maximum(row - tau, 0) - sparsemax(z).numpy()).max())


def _gradient_error(z: Tensor) -> float:
    """Of the loss of class 0, with scores given as inner products with the axes."""
    scores = z[None].clone().requires_grad_()
    relation = SameKey(torch.tensor([0]), torch.arange(len(z)), prototypes=True)
    axes = torch.eye(len(z), dtype=z.dtype)
    Sparsemax(temperature=1.0, similarity=Dot())(scores, axes, relation=relation).backward()
    assert scores.grad is not None
    return float((scores.grad[0] - (sparsemax(z) - axes[0])).abs().max())


def _classifier(objective: Objective, setting: Setting, seed: int) -> tuple[float, Tensor]:
    """Accuracy and outputs on held-out rows."""
    rows = rows_of(DataSource(data="set:digits", seed=seed))
    classes = int(rows.train_labels.max()) + 1
    start = 0.01 * torch.randn(classes, rows.train.shape[1], generator=torch.Generator().manual_seed(seed))
    learnt = nn.ParameterList([start])
    relation = SameKey(rows.train_labels, torch.arange(classes), prototypes=True)
    descend(
        learnt,
        lambda step: objective(rows.train, learnt[0], relation=relation),
        steps=_STEPS[setting],
        learning_rate=0.03,
    )
    outputs = (rows.test @ learnt[0].T).detach()
    return float((outputs.argmax(1) == rows.test_labels).float().mean()), outputs
