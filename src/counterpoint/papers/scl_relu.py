"""Supervised contrast of imbalanced classes: features that cannot be negative end in an orthogonal frame."""

import math

import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.objectives import SupCon

paper = Paper(
    short="SCL-ReLU",
    title="Symmetric Neural-Collapse Representations with Supervised Contrastive Loss: The Impact of ReLU and Batching",
    authors="Kini, Vakilian, Behnia, Gill and Thrampoulidis",
    year=2023,
    identifier="arXiv:2306.07960",
    wing=Wing.OBJECTIVES,
    implements="Minimisers of the loss over free features with and without ReLU, their closed form, and batch-binding",
    deviates="Free features alone, kept from below 0 by projection, as in the analysis (a ReLU itself loses "
    "entries for good), and step imbalance 10 to 1: no network, hence no test accuracy. One temperature and one "
    "learning rate, not tuned. Two examples of each class are bound, so that each has a positive; batches without "
    "binding lose who is alone of its class. All batches are of 24.",
)
claim = Claim(
    statement="With a ReLU classes become orthogonal whatever their sizes; without it they do not lie symmetrically.",
    checks=(
        Within(measure="gap", above=-1e-9, below=0.01, statement="The loss ends at that of the orthogonal frame."),
        Within(measure="off_frame", below=0.1, statement="Class means are orthogonal."),
        Within(measure="within", below=0.05, statement="Each class is one vector."),
        Better(measure="asymmetry", lower=True, by=0.05, statement="Without ReLU, cosines of classes differ more."),
        Better(measure="off_frame", lower=True, by=0.1, statement="Without ReLU, they are further from orthogonal."),
        Better(
            measure="off_frame",
            side="bound",
            than="batches",
            lower=True,
            statement="In small batches, two examples of every class in each of them brings the frame closer.",
        ),
    ),
    minutes=0.5,
)

_SIZES = {Setting.TINY: (4, 2), Setting.SMALL: (30, 3), Setting.FULL: (500, 50)}
_STEPS = {Setting.TINY: 2, Setting.SMALL: 500, Setting.FULL: 20_000}
_CLASSES, _DIM = 6, 16
_TEMPERATURE = 0.2
_BATCH = 24
_BOUND = 2


def trial(setting: Setting, seed: int) -> Figures:
    """Free features of whole batches with and without ReLU, and of small ones with and without binding."""
    large, small = _SIZES[setting]
    label_N = torch.arange(_CLASSES).repeat_interleave(torch.tensor([large, small]).repeat(_CLASSES // 2))
    steps = _STEPS[setting]
    sides = {
        "method": _fit(label_N, steps, seed, positive=True),
        "baseline": _fit(label_N, steps, seed, positive=False),
        "batches": _fit(label_N, steps, seed, positive=True, batch=_BATCH),
        "bound": _fit(label_N, steps, seed, positive=True, batch=_BATCH - _BOUND * _CLASSES, bind=True),
    }
    found = {side: _geometry(z_ND, label_N) for side, z_ND in sides.items()}
    loss = SupCon(temperature=_TEMPERATURE)(sides["method"], labels=label_N)
    found["method"]["gap"] = float(loss) - _frame_loss(label_N)
    return found


def _fit(
    label_N: Tensor, steps: int, seed: int, *, positive: bool, batch: int | None = None, bind: bool = False
) -> Tensor:
    """Free features after so many steps: on all rows, or on random batches, perhaps with fixed rows of each class."""
    generator = torch.Generator().manual_seed(seed)
    start_ND = torch.randn(len(label_N), _DIM, generator=generator, dtype=torch.float64)
    w_ND = (start_ND.clamp(min=0) if positive else start_ND).requires_grad_()
    bound = torch.cat([(label_N == c).nonzero()[:_BOUND, 0] for c in range(_CLASSES)])
    optimiser, loss = torch.optim.Adam([w_ND], lr=0.05), SupCon(temperature=_TEMPERATURE)
    for _ in range(steps):
        rows = torch.randperm(len(label_N), generator=generator)[:batch]
        if bind:
            rows = torch.cat([bound, rows]).unique()
        rows = rows[torch.bincount(label_N[rows])[label_N[rows]] > 1]  # who is alone has no positive
        optimiser.zero_grad()
        loss(w_ND[rows], labels=label_N[rows]).backward()
        optimiser.step()
        if positive:
            w_ND.data.clamp_(min=0)
    return normalize(w_ND.detach(), dim=1)


def _geometry(z_ND: Tensor, label_N: Tensor) -> dict[str, float]:
    """How class means lie to each other, and rows to the mean of their class."""
    mean_CD = torch.stack([z_ND[label_N == c].mean(0) for c in range(_CLASSES)])
    gram_CC = mean_CD @ mean_CD.T
    unit_CD = normalize(mean_CD, dim=1)
    cosines = (unit_CD @ unit_CD.T)[~torch.eye(_CLASSES, dtype=torch.bool)]
    frame_CC = torch.eye(_CLASSES, dtype=z_ND.dtype) / math.sqrt(_CLASSES)
    return {
        "off_frame": float((gram_CC / gram_CC.norm() - frame_CC).norm()),
        "asymmetry": float(cosines.std()),
        "within": float((z_ND - mean_CD[label_N]).square().sum(1).mean()),
    }


def _frame_loss(label_N: Tensor) -> float:
    """The loss where rows of a class are equal and classes orthogonal."""
    size_N = torch.bincount(label_N)[label_N].double()
    pull = 1 / _TEMPERATURE
    return float((torch.log((size_N - 1) * math.exp(pull) + len(label_N) - size_N) - pull).mean())
