"""Metrix: mixes of embeddings with interpolated labels beside the rows themselves, for two pairwise losses."""

import numpy as np
import torch
from torch import Tensor

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.metric_learning import (
    ClassImages,
    MetricLoop,
    MetricLoss,
    embedded,
    learn_metric,
    omniglot_characters,
    recall_at_1,
)
from counterpoint.objectives import Contrastive, MultiSimilarity
from counterpoint.pairs import Mixes, interpolated, mixup
from counterpoint.pairwise import Objective, SameKey

paper = Paper(
    short="Metrix",
    title="It Takes Two to Tango: Mixup for Deep Metric Learning",
    authors="Venkataramanan, Psomas, Kijak, Amsaleg, Karantzalos and Avrithis",
    year=2022,
    identifier="arXiv:2106.04990",
    wing=Wing.PAIRS,
    implements="interpolated labels of mixed embeddings, weighing 0.4 beside contrastive and multi-similarity",
    deviates="Omniglot characters (20 x 20) and a small residual network in place of birds, cars and products. "
    "Embeddings alone are mixed, with random partners and shares of Beta(2, 2). Nothing is tuned.",
)
claim = Claim(
    statement="Mixed examples raise recall on unseen classes, and training embeddings come nearer to test ones.",
    checks=(
        Within(measure="limit_error", below=1e-9, statement="Shares of 1 and 0 give the plain terms."),
        Better(measure="recall_at_1", statement="With the contrastive loss, recall rises."),
        Better(
            measure="recall_at_1",
            side="mixed multi-similarity",
            than="multi-similarity",
            statement="So with the other.",
        ),
        Better(measure="utilisation", lower=True, statement="Unseen embeddings are nearer to learnt ones."),
    ),
    minutes=3,
)

_SIZES = {Setting.TINY: (20, 20, 2), Setting.SMALL: (200, 100, 120), Setting.FULL: (964, 659, 10_000)}
_CONTRASTIVE, _MULTI = Contrastive(positive_margin=0.9, negative_margin=0.4), MultiSimilarity()


def trial(setting: Setting, seed: int) -> Figures:
    """The same network learns from the same characters, with and without mixes, with two losses."""
    learnt, unseen, steps = _SIZES[setting]
    data, test = omniglot_characters(learnt, unseen, seed=seed)
    sides = {
        "method": _mixed(_CONTRASTIVE, seed), "baseline": _plain(_CONTRASTIVE),
        "mixed multi-similarity": _mixed(_MULTI, seed), "multi-similarity": _plain(_MULTI),
    }  # fmt: skip
    loop = MetricLoop(steps=steps)
    found = {side: _measured(data, test, loss, loop, seed) for side, loss in sides.items()}
    found["method"]["limit_error"] = _limit_error(seed)
    return found


def _plain(objective: Objective) -> MetricLoss:
    return lambda z, y: objective(z, labels=y)


def _mixed(objective: Objective, seed: int) -> MetricLoss:
    generator = torch.Generator().manual_seed(seed)

    def loss(z: Tensor, y: Tensor) -> Tensor:
        mixes = mixup(z, alpha=2.0, generator=generator)
        return objective(z, labels=y) + 0.4 * interpolated(z, y, mixes).under(objective)

    return loss


def _measured(data: ClassImages, test: ClassImages, loss: MetricLoss, loop: MetricLoop, seed: int) -> dict[str, float]:
    network = learn_metric(data, loss, loop, seed=seed)
    known, new = (embedded(network, one) for one in (data, test))
    return {"recall_at_1": recall_at_1(new, test.labels), "utilisation": _utilisation(known, new)}


def _utilisation(known: np.ndarray, new: np.ndarray) -> float:
    """Mean distance of an unseen unit embedding from the nearest learnt one."""
    a, b = (torch.nn.functional.normalize(torch.from_numpy(one)) for one in (new, known))
    return float(torch.cdist(a, b).amin(1).mean())


def _limit_error(seed: int) -> float:
    """Mixes that are their first row, and those that are their second, against the rows as candidates."""
    rng = torch.Generator().manual_seed(seed)
    z, y = torch.randn(12, 6, generator=rng, dtype=torch.float64), torch.arange(12) % 3
    order = torch.arange(12)
    second = order.roll(5)
    errors = [
        float((interpolated(z, y, Mixes.of(z, order, second, share)).under(_CONTRASTIVE) - expected).abs())
        for share, chosen in ((torch.ones(12), order), (torch.zeros(12), second))
        for expected in [_CONTRASTIVE(z, z[chosen], relation=SameKey(y, y[chosen]))]
    ]
    return max(errors)
