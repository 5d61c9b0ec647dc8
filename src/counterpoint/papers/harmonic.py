"""Harmonic loss: class weights end up at the centres of their classes, where cross-entropy's do not."""

import torch
from torch import Tensor, nn

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.labelled_rows import Rows, rows_of
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import Harmonic, InfoNCE
from counterpoint.pairwise import Dot, Objective, SameKey

paper = Paper(
    short="Harmonic",
    title="Harmonic Loss Trains Interpretable AI Models",
    authors="Baek, Liu, Tyagi and Tegmark",
    year=2025,
    identifier="arXiv:2502.01628",
    wing=Wing.OBJECTIVES,
    implements="the harmonic loss over learnt class centres",
    deviates="A small perceptron on 8 x 8 digits in place of a linear model of MNIST, modular addition and GPT-2. "
    "Accuracy is compared with 100 examples to learn from. The exponent is 4, the root of the 16 dimensions; nothing "
    "is tuned.",
)
claim = Claim(
    statement="Class weights are class centres, and little data go further than with cross-entropy.",
    checks=(
        Within(
            measure="scale_error", below=1e-4, statement="The loss does not change when rows and centres are scaled."
        ),
        Better(measure="off_centre", lower=True, statement="Weights lie nearer to the mean feature of their class."),
        Better(measure="planar", statement="More of the features' variance lies in two directions."),
        Better(measure="accuracy", statement="With 100 examples, accuracy is higher."),
    ),
    minutes=0.3,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 300, Setting.FULL: 7_000}
_EXAMPLES, _WIDTH = 100, 16


def trial(setting: Setting, seed: int) -> Figures:
    """The same perceptron with both losses, from the same weights."""
    rows = rows_of(DataSource(data="set:digits", seed=seed))
    found = _trained(Harmonic(exponent=4.0), rows, setting, seed)
    return {
        "method": {**found, "scale_error": _scale_error(seed)},
        "baseline": _trained(InfoNCE(temperature=1.0, similarity=Dot()), rows, setting, seed),
    }


def _trained(objective: Objective, rows: Rows, setting: Setting, seed: int) -> dict[str, float]:
    """Figures on held-out rows; the class of the largest output is that of the smallest distance for centres."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        chosen = torch.randperm(len(rows.train))[:_EXAMPLES]
        encoder = nn.Sequential(nn.Linear(rows.train.shape[1], 64), nn.ReLU(), nn.Linear(64, _WIDTH))
        centres = nn.Parameter(0.1 * torch.randn(10, _WIDTH))
    x, y = rows.train[chosen], rows.train_labels[chosen]
    relation = _to_classes(y)
    learners = nn.ModuleList([encoder, nn.ParameterList([centres])])
    descend(
        learners,
        lambda step: objective(encoder(x), centres, relation=relation),
        steps=_STEPS[setting],
        learning_rate=0.005,
    )
    with torch.no_grad():
        z, test = encoder(x), encoder(rows.test)
        distant = isinstance(objective, Harmonic)
        outputs = -torch.cdist(test, centres) if distant else test @ centres.T
        return {
            "accuracy": float((outputs.argmax(1) == rows.test_labels).float().mean()),
            "off_centre": _off_centre(z, y, centres),
            "planar": _planar(test),
        }


def _to_classes(labels: Tensor) -> SameKey:

    return SameKey(labels, torch.arange(10), prototypes=True)


def _off_centre(z: Tensor, labels: Tensor, centres: Tensor) -> float:
    """Mean distance of a weight from the mean of its class, over the mean distance of class means from their mean."""
    means = torch.stack([z[labels == c].mean(0) for c in range(10)])
    return float((centres - means).norm(dim=1).mean() / (means - means.mean(0)).norm(dim=1).mean())


def _planar(z: Tensor) -> float:
    """Share of the variance in the two directions that have most of it."""
    variance = torch.linalg.svdvals(z - z.mean(0)) ** 2
    return float(variance[:2].sum() / variance.sum())


def _scale_error(seed: int) -> float:
    """Largest difference of the loss when rows and centres are scaled alike, over scales from 0.1 to 10."""
    rng = torch.Generator().manual_seed(seed)
    z, centres, labels = torch.randn(9, 5, generator=rng), torch.randn(4, 5, generator=rng), torch.arange(9) % 4
    losses = [float(Harmonic(exponent=4.0)(scale * z, scale * centres, labels=labels)) for scale in (0.1, 1.0, 10.0)]
    return max(losses) - min(losses)
