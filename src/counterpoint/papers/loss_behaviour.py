"""Temperature: how hard a negative must be to be pushed, and what that does to embeddings."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.small_digits import Encoded, train_digits
from counterpoint.objectives import HardestNegatives, InfoNCE
from counterpoint.pairwise import Dot

paper = Paper(
    short="LossBehaviour",
    title="Understanding the Behaviour of Contrastive Loss",
    authors="Wang and Liu",
    year=2021,
    identifier="arXiv:2012.09740",
    wing=Wing.OBJECTIVES,
    implements="The relative penalty of a negative, its limits in temperature, uniformity and tolerance, hard contrast",
    deviates="8 x 8 digits, a perceptron and nearest neighbours instead of CIFAR and a probe; one sweep of "
    "temperatures for all sides, nothing else chosen. The hard contrast keeps the 16 hardest of 127 negatives.",
)
claim = Claim(
    statement="Temperature decides how hard negatives are pushed; accuracy is best in the middle.",
    checks=(
        Within(measure="penalty_error", below=1e-7, statement="Gradients are the relative penalties of the formula."),
        Within(measure="sum_error", below=1e-7, statement="Negatives are pushed as much as the positive is pulled."),
        Within(measure="entropy_steps", above=0, statement="The entropy of the penalties grows at every step of t."),
        Within(measure="tolerance_trend", above=0.5, statement="Tolerance grows with temperature, by rank."),
        Within(measure="uniformity_trend", above=0.5, statement="Uniformity is lost with temperature, by rank."),
        Better(measure="knn_accuracy", statement="The middle temperature is better than the lowest."),
        Better(measure="knn_accuracy", than="high", statement="It is better than the highest."),
        Better(measure="knn_accuracy", side="hard", than="high", statement="The hardest negatives bear a high one."),
    ),
    minutes=1.5,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 300, Setting.FULL: 20_000}
_TEMPERATURES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_MIDDLE = 0.1
_HARD = 16


def trial(setting: Setting, seed: int) -> Figures:
    """Penalties by autograd on random rows, and digits trained at every temperature."""
    steps = _STEPS[setting]
    sweep = {t: train_digits(InfoNCE(temperature=t), steps=steps, seed=seed) for t in _TEMPERATURES}
    hard = HardestNegatives(k=_HARD, temperature=_TEMPERATURES[-1])
    found = {
        "method": sweep[_MIDDLE].figures(),
        "baseline": sweep[_TEMPERATURES[0]].figures(),
        "high": sweep[_TEMPERATURES[-1]].figures(),
        "hard": train_digits(hard, steps=steps, seed=seed).figures(),
    }
    found["method"].update(_penalties(seed))
    found["method"]["tolerance_trend"] = _trend([_tolerance(one) for one in sweep.values()])
    found["method"]["uniformity_trend"] = _trend([one.figures()["uniformity"] for one in sweep.values()])
    return found


def _trend(values: list[float]) -> float:
    """Rank correlation with the temperature, which rises along the list."""
    ranks = np.argsort(np.argsort(values))
    return float(np.corrcoef(ranks, np.arange(len(values)))[0, 1])


def _tolerance(encoded: Encoded) -> float:
    """Mean cosine of two different held-out digits of one class."""
    unit = encoded.test / np.linalg.norm(encoded.test, axis=1, keepdims=True)
    same = (encoded.test_labels[:, None] == encoded.test_labels) & ~np.eye(len(unit), dtype=bool)
    return float((unit @ unit.T)[same].mean())


def _penalties(seed: int) -> dict[str, float]:
    """What autograd says of one anchor's similarities, against the formula."""
    generator = torch.Generator().manual_seed(seed)
    z_MD = normalize(torch.randn(64, 16, generator=generator, dtype=torch.float64), dim=1)
    anchor_D = normalize(z_MD[0] + 0.3 * torch.randn(16, generator=generator, dtype=torch.float64), dim=0)
    errors: list[float] = []
    sums: list[float] = []
    entropies: list[float] = []
    for t in _TEMPERATURES:
        gradient_M = _gradient_of_similarities(anchor_D, z_MD, t)
        share_M = gradient_M[1:] / -gradient_M[0]
        expected_M = torch.softmax(z_MD[1:] @ anchor_D / t, 0)
        errors.append(float((share_M - expected_M).abs().max()))
        sums.append(abs(float(gradient_M.sum() / gradient_M[0])))
        entropies.append(float(torch.special.entr(share_M.clamp_min(0)).sum()) / math.log(len(share_M)))
    return {"penalty_error": max(errors), "sum_error": max(sums), "entropy_steps": float(np.diff(entropies).min())}


def _gradient_of_similarities(anchor_D: Tensor, z_MD: Tensor, temperature: float) -> Tensor:
    """Of the loss by each similarity: the anchor is a unit vector among candidates that are their similarities."""
    s_M = (z_MD @ anchor_D).requires_grad_()
    loss = InfoNCE(temperature=temperature, similarity=Dot())(
        torch.ones(1, 1, dtype=torch.float64), s_M[:1, None], negatives=s_M[1:, None]
    )
    return torch.autograd.grad(loss, s_M)[0]
