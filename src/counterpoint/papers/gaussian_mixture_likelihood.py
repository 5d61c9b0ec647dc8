"""Gaussian mixture likelihood: contrast and logit adjustment as one likelihood of classes, on a long tail."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.base.numerics import unit_rows
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.small_digits import DIM, VIEWS, Digits, digits
from counterpoint.objectives import GML, SupCon
from counterpoint.pairs import ClassQueues
from counterpoint.pairs.class_priors import class_priors

paper = Paper(
    short="Gaussian-mixture-likelihood",
    title="Long-Tailed Recognition by Mutual Information Maximization between Latent Features and Ground-Truth Labels",
    authors="Suh and Seo",
    year=2023,
    identifier="arXiv:2305.01160",
    wing=Wing.ROBUSTNESS,
    implements="the likelihood of a class among the features of queues, with a prior for every class, plus a "
    "logit-adjusted classifier; against cross-entropy, logit adjustment alone, and SupCon plus a classifier, plain and "
    "logit-adjusted",
    deviates="Perceptrons of two hidden layers on 8 x 8 digits, of which class k keeps a share of 50^(-k/9), so that "
    "some three are left of the last; the tail is the five smallest classes. No momentum encoder: candidates are the "
    "other view, with its gradient, and queues of the encoder's own features. The temperature is not learnt, and there "
    "is no distillation. Balanced accuracy on digits that are neither learnt from nor the test part, at two other "
    "seeds, decided: two hidden layers rather than one; the temperature (0.1 of 0.1 and 0.3) and weight (1 of 0.3 and "
    "1) of both contrasts, GML's with queues of 16 alone; then GML's candidates (queues alone, or with the other "
    "view) and the size of its queues (4 of 4 and 16). Learning rate and steps are the same on all sides.",
)
claim = Claim(
    statement="On long-tailed classes, contrast and logit adjustment as one likelihood classify better than either "
    "alone and than both simply added.",
    checks=(
        Within(measure="likelihood_error", below=1e-5, statement="The loss is the cross-entropy by its definition."),
        Better(measure="balanced_accuracy", than="cross_entropy", statement="Better than cross-entropy."),
        Better(measure="balanced_accuracy", statement="Better than logit adjustment."),
        Better(measure="balanced_accuracy", than="supcon", statement="Better than SupCon and a classifier."),
        Better(
            measure="balanced_accuracy",
            than="supcon_adjusted",
            statement="Better than SupCon and a logit-adjusted classifier.",
        ),
        Better(measure="tail_accuracy", than="cross_entropy", statement="The tail gains over cross-entropy."),
        Better(measure="tail_accuracy", statement="And over logit adjustment."),
    ),
    minutes=2,
    seeds=10,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 400, Setting.FULL: 20_000}
_CLASSES, _TAIL, _IMBALANCE, _BATCH, _QUEUE = 10, 5, 50, 64, 4
_TEMPERATURE = 0.1
_CONTRAST = 1.0
Contrast = Callable[[Tensor, Tensor], Tensor]
"""From two views' projections, one after the other `[2 B, D]`, and their labels int64 `[2 B]`, to a scalar."""


class Classifier(nn.Module):
    """Two hidden layers, and from the second both a projection to contrast and class scores."""

    def __init__(self, columns: int, width: int) -> None:
        super().__init__()
        sizes = ((columns, width), (width, width))
        layers = [nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU()) for a, b in sizes]
        self.hidden = nn.Sequential(*layers)
        self.project = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, DIM))
        self.head = nn.Linear(width, _CLASSES)


class MixtureContrast:
    """A call is the likelihood's loss of one view against the other and queues of every class, which that then joins.

    Args:
        priors_K: Share of every class in what there is to learn from.
        size: Of a queue.
        temperature: Variance of the Gaussians.
    """

    def __init__(self, priors_K: Tensor, *, size: int, temperature: float) -> None:
        self.priors, self.objective = priors_K, GML(temperature=temperature)
        self.queues = ClassQueues(len(priors_K), size, DIM)

    def __call__(self, z_ND: Tensor, labels_N: Tensor) -> Tensor:
        """The loss of projections `[2 B, D]`, one view after the other, and labels int64 `[2 B]`, a scalar."""
        (anchors, keys), (labels, key_labels) = z_ND.chunk(2), labels_N.chunk(2)
        kept, kept_labels = self.queues.content()
        relation = class_priors(labels, torch.cat([key_labels, kept_labels]), self.priors)
        loss = self.objective(anchors, torch.cat([unit_rows(keys), kept]), relation=relation)
        self.queues.push(unit_rows(keys.detach()), key_labels)
        return loss


def trial(setting: Setting, seed: int) -> Figures:
    """The same network, batches and views on every side; what is contrasted and how scores are adjusted differs."""
    data, test = digits("train"), digits("test")
    rows = long_tail(torch.from_numpy(data.labels), seed)
    priors = torch.bincount(torch.from_numpy(data.labels)[rows], minlength=_CLASSES).float() / len(rows)
    supcon = SupCon(temperature=_TEMPERATURE)
    sides: dict[str, tuple[Contrast | None, bool]] = {
        "method": (MixtureContrast(priors, size=_QUEUE, temperature=_TEMPERATURE), True),
        "baseline": (None, True),
        "cross_entropy": (None, False),
        "supcon": (lambda z, y: supcon(z, labels=y), False),
        "supcon_adjusted": (lambda z, y: supcon(z, labels=y), True),
    }
    figures = {}
    for side, (contrast, adjusted) in sides.items():
        by = priors.log() if adjusted else torch.zeros(_CLASSES)
        figures[side] = judged(learnt(data, rows, contrast, by, steps=_STEPS[setting], seed=seed), test)
    figures["method"]["likelihood_error"] = _likelihood_error(priors, seed)
    return figures


def long_tail(labels_N: Tensor, seed: int) -> Tensor:
    """Row numbers: class k keeps the share ``50^(-k / 9)``, drawn."""
    order = torch.randperm(len(labels_N), generator=torch.Generator().manual_seed(seed))
    every = [order[labels_N[order] == label] for label in range(_CLASSES)]
    return torch.cat([one[: round(len(one) * _IMBALANCE ** (-k / (_CLASSES - 1)))] for k, one in enumerate(every)])


def learnt(data: Digits, rows: Tensor, contrast: Contrast | None, by_K: Tensor, *, steps: int, seed: int) -> Classifier:
    """The network after all steps.

    Args:
        data: What is learnt from.
        rows: Which of it.
        contrast: Added to the cross-entropy; None for that alone.
        by_K: Added to the class scores in learning; logit adjustment where these are log priors.
        steps: Batches.
        seed: Decides weights, batches and views.
    """
    labels, draw = torch.from_numpy(data.labels), torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Classifier(data.rows.shape[1], 128)

    def step(_: int) -> Tensor:
        chosen = rows[torch.randperm(len(rows), generator=draw)[:_BATCH]].repeat(2)
        hidden = model.hidden(data.views[torch.randint(VIEWS, chosen.shape, generator=draw), chosen])
        wanted = labels[chosen]
        loss = cross_entropy(model.head(hidden) + by_K, wanted)
        return loss if contrast is None else loss + _CONTRAST * contrast(model.project(hidden), wanted)

    descend(model, step, steps=steps, learning_rate=3e-3)
    return model


@torch.no_grad()
def judged(model: Classifier, test: Digits) -> dict[str, float]:
    """Mean over classes of their accuracy: of all, of the five large and of the five small."""
    found, labels = model.head(model.hidden(test.rows)).argmax(1), torch.from_numpy(test.labels)
    right_K = torch.stack([(found[labels == label] == label).double().mean() for label in range(_CLASSES)])
    return {
        "balanced_accuracy": float(right_K.mean()),
        "head_accuracy": float(right_K[:_TAIL].mean()),
        "tail_accuracy": float(right_K[_TAIL:].mean()),
    }


def _likelihood_error(priors_K: Tensor, seed: int) -> float:
    """From the cross-entropy of ``log prior_c + log mean_j exp(s_ij / t)`` over the j of class c, written out."""
    draw = torch.Generator().manual_seed(seed)
    z, kept = (unit_rows(torch.randn(size, DIM, generator=draw, dtype=torch.float64)) for size in (8, 60))
    wanted, of = torch.arange(8), torch.arange(60).square() % 53 % _CLASSES
    priors = priors_K.double()
    logits = torch.stack(
        [
            priors[label].log() + (z @ kept[of == label].T / _TEMPERATURE).exp().mean(1).log()
            for label in range(_CLASSES)
        ],
        1,
    )
    loss = GML(temperature=_TEMPERATURE)(z, kept, relation=class_priors(wanted, of, priors))
    return float((loss - cross_entropy(logits, wanted)).abs())
