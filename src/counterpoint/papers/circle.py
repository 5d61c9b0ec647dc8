"""Circle loss: weighing pairs by how far they have to go retrieves unseen classes better, and gathers both scores."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.metric_learning import (
    AgainstClasses,
    ClassImages,
    MetricLoop,
    MetricLoss,
    embedded,
    learn_metric,
    omniglot_characters,
    recall_at_1,
)
from counterpoint.objectives import AdditiveMargin, Circle, SemiHardTriplet

paper = Paper(
    short="Circle",
    title="Circle Loss: A Unified Perspective of Pair Similarity Optimization",
    authors="Sun, Cheng, Zhang, Zhang, Zheng, Wang and Wei",
    year=2020,
    identifier="arXiv:2002.10857",
    wing=Wing.OBJECTIVES,
    implements="Eq. 4 to 8 with labels of pairs, against the loss with unit weights (Eq. 1), triplets and AM-softmax",
    deviates="Omniglot characters (20 x 20) and a small residual network instead of people, cars and products. Tried "
    "on a seed of their own, and the best taken: scale and margin (16, 0.25), (32, 0.25) and (80, 0.4) with weights "
    "and without, margins 0.1 and 0.3 for triplets, (8, 0.1), (16, 0.2) and (30, 0.35) for AM-softmax; they were tried "
    "with 200 steps, partly at 28 x 28.",
)
claim = Claim(
    statement="Unseen classes are retrieved better than after the unweighted loss, triplets and AM-softmax.",
    checks=(
        Within(measure="unit_weights_error", below=1e-9, statement="Unit weights give the unified loss of Eq. 1."),
        Better(measure="recall_at_1", statement="Better than with unit weights."),
        Better(measure="recall_at_1", than="triplet", statement="Better than semi-hard triplets."),
        Better(measure="recall_at_1", than="am_softmax", statement="Better than AM-softmax."),
        Better(
            measure="scatter",
            lower=True,
            statement="Scores of training pairs lie closer together than with unit weights.",
        ),
    ),
    minutes=2,
)

_SIZES = {Setting.TINY: (20, 20, 2), Setting.SMALL: (200, 100, 120), Setting.FULL: (964, 659, 10_000)}
_DIM = 64


def trial(setting: Setting, seed: int) -> Figures:
    """The same network learns from the same characters with four losses."""
    learnt, unseen, steps = _SIZES[setting]
    data, test = omniglot_characters(learnt, unseen, seed=seed)
    figures = {
        side: _measured(data, test, loss, MetricLoop(steps=steps, dim=_DIM), seed)
        for side, loss in _losses(learnt, seed).items()
    }
    figures["method"]["unit_weights_error"] = _unit_weights_error(seed)
    return figures


def _losses(classes: int, seed: int) -> dict[str, MetricLoss]:
    circle, unified = Circle(scale=16.0, margin=0.25), Circle(scale=80.0, margin=0.4, weighted=False)
    triplet = SemiHardTriplet(margin=0.1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        against = AgainstClasses(AdditiveMargin(temperature=1 / 30, margin=0.35), classes, _DIM)
    return {
        "method": lambda z, y: circle(z, labels=y),
        "baseline": lambda z, y: unified(z, labels=y),
        "triplet": lambda z, y: triplet(z, labels=y),
        "am_softmax": against,
    }


def _measured(data: ClassImages, test: ClassImages, loss: MetricLoss, loop: MetricLoop, seed: int) -> dict[str, float]:
    network = learn_metric(data, loss, loop, seed=seed)
    few = ClassImages(data.images[:1000], data.labels[:1000])
    return {
        "recall_at_1": recall_at_1(embedded(network, test), test.labels),
        "scatter": _scatter(torch.from_numpy(embedded(network, few)), few.labels),
    }


def _scatter(z_ND: Tensor, labels_N: Tensor) -> float:
    """Spread of (s_n, s_p) of the anchors, hardest negative and hardest positive: root of the two variances' sum."""
    s_NN = normalize(z_ND) @ normalize(z_ND).T
    same = labels_N[:, None] == labels_N
    positive = torch.where(same, s_NN, torch.inf).amin(1)
    negative = torch.where(same, -torch.inf, s_NN).amax(1)
    return float((positive.var() + negative.var()).sqrt())


def _unit_weights_error(seed: int) -> float:
    """The loss without weights on random rows, minus Eq. 1 as a double sum."""
    draw = torch.Generator().manual_seed(seed)
    z, y = torch.randn(24, 8, generator=draw, dtype=torch.float64), torch.arange(24) % 6
    scale, margin = 8.0, 0.25
    s, losses = normalize(z) @ normalize(z).T, []
    for i in range(24):
        positive = (y == y[i]) & (torch.arange(24) != i)
        gaps = s[i][y != y[i]][:, None] - s[i][positive][None] + (1 - 2 * margin)
        losses.append(torch.log1p(torch.exp(scale * gaps).sum()))
    found = Circle(scale=scale, margin=margin, weighted=False)(z, labels=y)
    return float((found - torch.stack(losses).mean()).abs())
