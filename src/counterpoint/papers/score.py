"""SCoRe: submodular losses of class sets on a long tail, and their functions' diminishing returns."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.data import named
from counterpoint.evaluation import knn_predict
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.metric_learning import ClassImages, MetricLoop, class_images, embedded, learn_metric
from counterpoint.objectives import FacilityLocation, GraphCut, LogDeterminant, SetInformation, SupCon
from counterpoint.pairwise import Loss

paper = Paper(
    short="SCoRe",
    title="SCoRe: Submodular Combinatorial Representation Learning",
    authors="Majee, Kothawade, Killamsetty and Iyer",
    year=2024,
    identifier="arXiv:2310.00165",
    wing=Wing.OBJECTIVES,
    implements="the facility-location, graph-cut and log-determinant losses (Table 1) against SupCon",
    deviates="8 x 8 digits whose classes shrink from all images to a twentieth, and a small residual network; judged "
    "by the nearest neighbour, tail being the five smallest classes. Batches hold six images of every class. The scale "
    "of facility location and the temperature of SupCon are 10 and 0.1; one learning rate.",
)
claim = Claim(
    statement="Losses of class sets classify the tail of imbalanced data better than SupCon.",
    checks=(
        Within(measure="log_determinant_gain", above=-1e-9, statement="Returns of the log-determinant diminish."),
        Within(
            measure="cut_gain", above=-1e-9, statement="Returns of the cut diminish where similarities are positive."
        ),
        Better(measure="tail_accuracy", statement="Facility location is better on the tail than SupCon."),
        Better(measure="tail_accuracy", side="graph_cut", statement="So is the graph cut."),
    ),
    minutes=0.7,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 200, Setting.FULL: 5000}


def trial(setting: Setting, seed: int) -> Figures:
    """Three losses on the same imbalanced images; then both set functions on random sets."""
    digits = named("digits")
    assert digits.test is not None
    train, test = _long_tailed(class_images(digits.train), seed), class_images(digits.test)
    losses: dict[str, Loss] = {
        "method": FacilityLocation(scale=10.0),
        "baseline": SupCon(temperature=0.1),
        "graph_cut": GraphCut(),
    }
    loop = MetricLoop(steps=_STEPS[setting], batch_size=60, per_class=6, dim=32, width=8)
    figures = {side: _measured(train, test, loss, loop, seed) for side, loss in losses.items()}
    figures["method"] |= _diminishing(seed)
    return figures


def _long_tailed(data: ClassImages, seed: int) -> ClassImages:
    """Class k keeps the share ``20^(-k / 9)`` of its images."""
    rng, kept = np.random.default_rng(seed), []
    for label in range(10):
        rows = rng.permutation(np.flatnonzero(data.labels.numpy() == label))
        kept.append(rows[: max(4, int(len(rows) * 20 ** (-label / 9)))])
    chosen = torch.from_numpy(np.concatenate(kept))
    return ClassImages(data.images[chosen], data.labels[chosen])


def _measured(train: ClassImages, test: ClassImages, loss: Loss, loop: MetricLoop, seed: int) -> dict[str, float]:
    network = learn_metric(train, lambda z, y: loss(z, labels=y), loop, seed=seed)
    found = knn_predict(embedded(network, train), train.labels.numpy(), embedded(network, test), k=1)
    right, tail = found == test.labels.numpy(), test.labels.numpy() >= 5
    return {"tail_accuracy": float(right[tail].mean()), "head_accuracy": float(right[~tail].mean())}


def _diminishing(seed: int) -> dict[str, float]:
    """The least of f(A + x) - f(A) - f(B + x) + f(B) over random sets A in B without x."""
    draw = torch.Generator().manual_seed(seed)
    z = normalize(torch.rand(16, 6, generator=draw, dtype=torch.float64))
    least = {"log_determinant_gain": float("inf"), "cut_gain": float("inf")}
    for _ in range(40):
        order = torch.randperm(16, generator=draw)
        small, large, x = order[:4], order[:9], order[9:10]
        for name, f in (("log_determinant_gain", _log_determinant), ("cut_gain", _cut)):
            gain = (f(z, torch.cat([small, x])) - f(z, small)) - (f(z, torch.cat([large, x])) - f(z, large))
            least[name] = min(least[name], gain)
    return least


def _log_determinant(z_ND: Tensor, members: Tensor) -> float:
    loss = LogDeterminant(information=SetInformation.TOTAL)
    return len(members) * float(loss(z_ND[members], labels=torch.zeros(len(members), dtype=torch.int64)))


def _cut(z_ND: Tensor, members: Tensor) -> float:
    """Similarity across the border of a set, from the loss of the set and its complement."""
    n, size = len(z_ND), len(members)
    inside = torch.zeros(n, dtype=torch.int64).index_fill(0, members, 1)
    loss = GraphCut(information=SetInformation.CORRELATION)(z_ND, labels=inside)
    return n * float(loss) / (1 / size + 1 / (n - size))
