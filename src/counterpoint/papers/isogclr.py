"""A temperature for every example: what it is at the optimum, and who gets a high one."""

import numpy as np
import torch
from scipy import stats
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.encoders import MLP, ProjectionHead
from counterpoint.evaluation import knn_predict
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.view_loop import ViewLoop, ViewLoss, learn_from_views
from counterpoint.objectives import NTXent
from counterpoint.pairs import GlobalContrast
from counterpoint.views import GaussianNoise

paper = Paper(
    short="iSogCLR",
    title="Not All Semantics are Created Equal: Contrastive Self-supervised Learning with Automatic Temperature "
    "Individualization",
    authors="Qiu, Hu, Yuan, Zhou, Zhang and Yang",
    year=2023,
    identifier="arXiv:2305.11965",
    wing=Wing.OBJECTIVES,
    implements="Eq. 6 and Algorithm 1: temperatures by moving averages over batches",
    deviates="Clusters of vectors, of which the k-th has 0.65^k of the first one's rows; a perceptron; batches of 32. "
    "Fixed temperature 0.1, where the learnt ones start; nothing was tuned.",
)
claim = Claim(
    statement="Learnt temperatures minimise the robust loss, are higher for frequent classes, and serve rare ones.",
    checks=(
        Within(measure="temperature_error", below=0.02, statement="They meet a direct minimisation, one by one."),
        Within(measure="frequency_correlation", above=0.1, statement="They rise with the frequency of the class."),
        Better(measure="tail_accuracy", statement="Rare classes: better neighbours than at a fixed temperature."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 20, Setting.SMALL: 400, Setting.FULL: 20_000}
_SIZES = [round(200 * 0.65**k) for k in range(10)]
_DIM, _BATCH, _RHO, _BOUNDS = 16, 32, 0.3, (0.05, 0.7)


def trial(setting: Setting, seed: int) -> Figures:
    """Temperatures of points that stay, then of an encoder that learns."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(_SIZES), _DIM))
    train, train_label = _clusters(centres, _SIZES, rng)
    test, test_label = _clusters(centres, [40] * len(_SIZES), rng)
    loop = ViewLoop(
        steps=_STEPS[setting],
        batch_size=_BATCH,
        views=(GaussianNoise(std=0.3),) * 2,
        encoder=MLP(hidden=(64,), dim=32),
        head=ProjectionHead(out_dim=16),
    )
    contrast = GlobalContrast(len(train), rho=_RHO, bounds=_BOUNDS)
    losses: dict[str, ViewLoss] = {
        "method": lambda views, rows: contrast(*views, rows),
        "baseline": lambda views, rows: NTXent(temperature=0.1)(*views),
    }
    found: dict[str, dict[str, float]] = {}
    for side, loss in losses.items():
        encoder = learn_from_views(train, loss, loop, seed).encoder
        guessed = knn_predict(encoder.encode(train), train_label, encoder.encode(test), k=5)
        found[side] = {"tail_accuracy": float((guessed == test_label)[test_label >= 5].mean())}
    found["method"] |= _settled(train, train_label, min(150, _STEPS[setting]), seed)
    return found


def _clusters(centres: np.ndarray, sizes: list[int], rng: np.random.Generator) -> tuple[Tensor, np.ndarray]:
    label = np.repeat(np.arange(len(sizes)), sizes)
    rows = centres[label] + rng.normal(size=(len(label), centres.shape[1]))
    return torch.from_numpy(rows.astype(np.float32)), label


def _settled(rows: Tensor, label: np.ndarray, steps: int, seed: int) -> dict[str, float]:
    """Temperatures of fixed points after whole-data batches, and what each should be."""
    noise = torch.randn(rows.shape, generator=torch.Generator().manual_seed(seed))
    first, second = normalize(rows, dim=1), normalize(rows + 0.3 * noise, dim=1)
    contrast = GlobalContrast(len(rows), rho=_RHO, bounds=_BOUNDS, momentum=1.0, rate=0.05, slope_momentum=1.0)
    with torch.no_grad():
        for _ in range(steps):
            contrast(first, second, torch.arange(len(rows)))
    learnt = contrast.temperature.numpy()
    chosen = np.random.default_rng(seed).choice(len(rows), 20, replace=False)
    direct = np.array([_direct(first, second, int(row)) for row in chosen])
    return {
        "temperature_error": float(np.abs(learnt[chosen] - direct).max()),
        "frequency_correlation": float(np.corrcoef(stats.rankdata(learnt), stats.rankdata(-label))[0, 1]),
    }


def _direct(first: Tensor, second: Tensor, row: int) -> float:
    """Eq. 6 of one example, summed over its two views and minimised on a grid by itself."""
    others = torch.arange(len(first)) != row
    h = [
        np.concatenate([(side[others] @ view[row] - first[row] @ second[row]).numpy() for side in (first, second)])
        for view in (first, second)
    ]

    t_T = np.geomspace(*_BOUNDS, 2000)
    value_T = sum(t_T * (np.log(np.exp(one / t_T[:, None]).mean(1)) + _RHO) for one in h)
    return float(t_T[np.argmin(value_T)])
