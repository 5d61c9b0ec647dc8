"""Alignment and uniformity: what contrast tends to with many negatives, and what can be optimised by itself."""

import math

import numpy as np
import torch
from scipy import special
from torch.nn.functional import normalize

from counterpoint.evaluation import rank_correlation
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.small_digits import train_digits
from counterpoint.objectives import InfoNCE, Uniformity, WeightedSum

paper = Paper(
    short="AlignUniform",
    title="Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere",
    authors="Wang and Isola",
    year=2020,
    identifier="arXiv:2005.10242",
    wing=Wing.OBJECTIVES,
    implements="Both losses of Section 4.1, the limit of many negatives, and training on their weighted sum",
    deviates="8 x 8 digits, a perceptron and nearest neighbours instead of STL-10 and a probe. Chosen at seed 100: of "
    "temperatures 0.03 to 0.5 for InfoNCE 0.1, of weights of uniformity 0.5 to 4 the weight 2.",
)
claim = Claim(
    statement="Contrast with many negatives is alignment and uniformity, which follow accuracy and can be trained on.",
    checks=(
        Within(
            measure="limit_error", below=0.01, statement="InfoNCE less log M is near its limit with many negatives."
        ),
        Better(measure="limit_error", lower=True, statement="It is further away with few."),
        Within(measure="minimum_error", below=0.01, statement="Uniform rows reach the known least uniformity loss."),
        Within(measure="rank_correlation", above=0.5, statement="The sum of both ranks encoders as accuracy does."),
        Better(measure="knn_accuracy", by=-0.01, statement="Training on both is no worse than InfoNCE, by 0.01."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 300, Setting.FULL: 20_000}
_ROWS = {Setting.TINY: 512, Setting.SMALL: 4096, Setting.FULL: 65_536}
_FEW = 8
_DIM = 8
_TEMPERATURE = 0.5
_WEIGHTS = ((1.0, 0.0), (1.0, 0.25), (1.0, 0.5), (1.0, 1.0), (1.0, 2.0), (0.0, 1.0))
_CHOSEN = (1.0, 2.0)


def trial(setting: Setting, seed: int) -> Figures:
    """The two limits on random rows, and encoders of digits trained on several weights and on InfoNCE."""
    method, baseline = _limits(_ROWS[setting], seed)
    steps = _STEPS[setting]
    found = {w: train_digits(WeightedSum(weights=w), steps=steps, seed=seed).figures() for w in _WEIGHTS}
    method["rank_correlation"] = _agreement(list(found.values()))
    method.update(found[_CHOSEN])
    baseline.update(train_digits(InfoNCE(temperature=0.1), steps=steps, seed=seed).figures())
    return {"method": method, "baseline": baseline}


def _agreement(encoders: list[dict[str, float]]) -> float:
    """Rank correlation of accuracy with minus the sum of both losses."""
    sums = [-one["alignment"] - one["uniformity"] for one in encoders]
    return rank_correlation(sums, [one["knn_accuracy"] for one in encoders])


def _limits(rows: int, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """How far InfoNCE with many and with few uniform negatives, and uniformity, are from closed forms."""
    generator = torch.Generator().manual_seed(seed)

    def draw() -> torch.Tensor:
        return torch.randn(rows, _DIM, generator=generator, dtype=torch.float64)

    z = normalize(draw(), dim=1)
    positive, negatives = normalize(z + 0.3 * draw(), dim=1), normalize(draw(), dim=1)
    attraction = -float((z * positive).sum(1).mean()) / _TEMPERATURE
    limit = attraction + _log_mean_exponential(1 / _TEMPERATURE)

    def error(count: int) -> float:
        # One candidate list per call: the positives of other anchors are uniform negatives as well.
        parts = [
            InfoNCE(temperature=_TEMPERATURE)(*two) for two in zip(z.split(count), positive.split(count), strict=True)
        ]
        return abs(float(torch.stack(parts).mean()) - math.log(count) - limit)

    least = -4 + _log_mean_exponential(4)  # |x - y|^2 = 2 - 2 <x, y> with t = 2
    return (
        {"limit_error": error(rows), "minimum_error": abs(float(Uniformity(t=2)(negatives)) - least)},
        {"limit_error": error(_FEW)},
    )


def _log_mean_exponential(scale: float) -> float:
    """Logarithm of the mean of exp(scale <x, y>) over the sphere."""
    return float(np.log(special.hyp0f1(_DIM / 2, scale**2 / 4)))
