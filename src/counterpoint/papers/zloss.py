"""Z-loss: blind to shift and scale of the outputs, and good at ranking the right class among many."""

import torch
from torch import Tensor, nn

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.objectives import InfoNCE, TaylorSoftmax, ZLoss
from counterpoint.pairwise import Dot, Objective, SameKey

paper = Paper(
    short="Z-loss",
    title="The Z-loss: a shift and scale invariant classification loss belonging to the Spherical Family",
    authors="de Brebisson and Vincent",
    year=2016,
    identifier="arXiv:1604.08859",
    wing=Wing.OBJECTIVES,
    implements="the Z-loss, against the softmax and the Taylor softmax",
    deviates="A linear classifier of 500 made classes in place of language models. The update whose cost does not "
    "depend on the number of classes is not there: the engine streams over classes. a is 1 and b is 2, the best of "
    "a = 0.1, 0.3, 1 and b = 2, 6, 12 at seed 100; the other losses have nothing to choose.",
)
claim = Claim(
    statement="The right class is among the first more often than with the softmax or the Taylor softmax.",
    checks=(
        Within(
            measure="invariance_error", below=1e-4, statement="The loss does not see shift and scale of the outputs."
        ),
        Better(measure="top_10", statement="The right class is among the first ten more often than with the softmax."),
        Better(measure="top_10", than="taylor", statement="And than with the Taylor softmax."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 200, Setting.FULL: 10_000}
_CLASSES = {Setting.TINY: 30, Setting.SMALL: 500, Setting.FULL: 10_000}
_WIDTH = 32


def trial(setting: Setting, seed: int) -> Figures:
    """The same linear classifier with three losses."""
    data = _drawn(_CLASSES[setting], seed)
    sides = {
        "method": ZLoss(a=1.0, b=2.0, similarity=Dot()),
        "baseline": InfoNCE(temperature=1.0, similarity=Dot()),
        "taylor": TaylorSoftmax(similarity=Dot()),
    }
    found = {name: _ranked(objective, *data, setting=setting, seed=seed) for name, objective in sides.items()}
    found["method"]["invariance_error"] = _invariance_error(seed)
    return found


def _drawn(classes: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Classes of uneven size around random centres: rows and labels to learn from, and to judge by."""
    rng = torch.Generator().manual_seed(seed)
    centres = torch.randn(classes, _WIDTH, generator=rng)
    share = 1 / torch.arange(1.0, classes + 1)
    parts: list[Tensor] = []
    for _ in range(2):
        labels = torch.multinomial(share, 8 * classes, replacement=True, generator=rng)
        parts += [centres[labels] + 1.5 * torch.randn(len(labels), _WIDTH, generator=rng), labels]
    return parts[0], parts[1], parts[2], parts[3]


def _ranked(
    objective: Objective, x: Tensor, y: Tensor, test: Tensor, test_y: Tensor, *, setting: Setting, seed: int
) -> dict[str, float]:
    """Shares of held-out rows whose class has the largest output, or one of the ten largest."""
    rng = torch.Generator().manual_seed(seed)
    weight = nn.ParameterList([0.1 * torch.randn(_CLASSES[setting], _WIDTH, generator=rng)])
    relation = _relation(y, len(weight[0]))
    descend(weight, lambda step: objective(x, weight[0], relation=relation), steps=_STEPS[setting], learning_rate=0.02)
    best = (test @ weight[0].T).topk(10, dim=1).indices == test_y[:, None]
    return {"top_1": float(best[:, 0].float().mean()), "top_10": float(best.any(1).float().mean())}


def _relation(labels: Tensor, classes: int) -> SameKey:
    return SameKey(labels, torch.arange(classes), prototypes=True)


def _invariance_error(seed: int) -> float:
    """Largest difference when outputs ``o`` become ``3 o + 5``: inner products with one more, constant feature."""
    rng = torch.Generator().manual_seed(seed)
    z, w, y = torch.randn(9, 6, generator=rng), torch.randn(20, 6, generator=rng), torch.arange(9)
    moved = torch.cat([3 * z, torch.ones(9, 1)], 1), torch.cat([w, torch.full((20, 1), 5.0)], 1)
    loss = ZLoss(a=0.3, b=3.0, similarity=Dot())
    return float((loss(z, w, labels=y) - loss(*moved, labels=y)).abs())
