"""Alignment and uniformity: what InfoNCE becomes with many negatives, what both foretell, and learning from them."""

import math

import numpy as np
import torch
from scipy import special, stats

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, ProjectionHead
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.experiment import Experiment, Trained, run_experiment
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import Alignment, InfoNCE, NTXent, Uniformity, WeightedSum
from counterpoint.pairwise import Loss
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import light_images

paper = Paper(
    short="AlignUniform",
    title="Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere",
    authors="Wang and Isola",
    year=2020,
    identifier="arXiv:2005.10242",
    wing=Wing.OBJECTIVES,
    implements="both losses, Theorem 1's limit, and training on their sum (alignment once, uniformity twice at t = 2)",
    deviates="8 x 8 digits and a small residual network in place of STL-10, NYU depth and BookCorpus. Encoders to be "
    "ranked differ in the weights of both losses and in the temperature of NT-Xent. Nothing is tuned.",
)
claim = Claim(
    statement="Both measures foretell accuracy, and learning from them directly is as good as contrast.",
    checks=(
        Within(measure="uniform_error", below=0.02, statement="A uniform sphere has the smallest uniformity there is."),
        Within(measure="limit_error", below=0.02, statement="With many negatives InfoNCE splits into both parts."),
        Within(measure="rank_correlation", above=0.3, statement="Encoders rank by alignment and uniformity together."),
        Better(measure="knn_accuracy", by=-0.02, statement="The sum is at most 2 points below NT-Xent."),
    ),
    minutes=4,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 250, Setting.FULL: 40_000}
_SAMPLE = {Setting.TINY: 2_000, Setting.SMALL: 8_000, Setting.FULL: 100_000}
_DIM = 16


def trial(setting: Setting, seed: int) -> Figures:
    """Two encoders to compare, and four more to rank."""
    sides: dict[str, Loss] = {"method": _sum(1.0, 2.0), "baseline": NTXent(temperature=0.3)}
    if setting is not Setting.TINY:
        sides |= {"cold": NTXent(temperature=0.05), "hot": NTXent(temperature=3.0)}
        sides |= {"aligned": _sum(1.0, 0.1), "uniform": _sum(0.05, 2.0)}
    found = {name: _measured(run_experiment(_experiment(loss, setting, seed))) for name, loss in sides.items()}
    both = [-one["alignment"] - one["uniformity"] for one in found.values()]
    order = stats.spearmanr(both, [one["knn_accuracy"] for one in found.values()])
    found["method"] |= {
        "rank_correlation": float(np.asarray(order)[0]),
        "uniform_error": _uniform_error(_SAMPLE[setting], seed),
        "limit_error": _limit_error(_SAMPLE[setting], seed),
    }
    return found


def _sum(alignment: float, uniformity: float) -> WeightedSum:
    return WeightedSum(losses=(Alignment(), Uniformity()), weights=(alignment, uniformity))


def _experiment(loss: Loss, setting: Setting, seed: int) -> Experiment:
    view = light_images((8, 8))
    recipe = Recipe(
        encoder=ConvNet(width=16),
        head=ProjectionHead(out_dim=_DIM),
        objective=loss,
        supervision=Supervision.VIEWS,
        views=(view, view),
        training=TrainSettings(steps=_STEPS[setting], batch_size=128, optimiser=AdamW(learning_rate=1e-3)),
    )
    return Experiment(recipe=recipe, data=DataSource(data="set:digits")).seeded(seed)


def _measured(trained: Trained) -> dict[str, float]:
    """Alignment is that of examples of one class, since the judge sees no views; scaled as the paper's, 0 to 4."""
    assert trained.test.label is not None
    z, y = torch.from_numpy(trained.system.encode(trained.test.anchor)), trained.test.label
    with torch.no_grad():
        return {
            "alignment": float(Alignment()(z, labels=y)),
            "uniformity": trained.figures["uniformity"],
            "knn_accuracy": trained.figures["knn_accuracy"],
        }


def _uniform_error(count: int, seed: int) -> float:
    """Of a sample, from ``log E exp(2 t cos - 2 t)`` on the sphere: ``0F1(D/2, t^2)`` times ``exp(-2 t)``."""
    z = torch.randn(count, _DIM, generator=torch.Generator().manual_seed(seed))
    t = 2.0
    exact = math.log(special.hyp0f1(_DIM / 2, t**2)) - 2 * t
    return abs(float(Uniformity(t=t)(z)) - exact)


def _limit_error(count: int, seed: int) -> float:
    """``InfoNCE - log M`` of a sphere against ``-E s+ / T + E log E exp(s / T)``, M candidates."""
    rng = torch.Generator().manual_seed(seed)
    z = torch.nn.functional.normalize(torch.randn(count, _DIM, generator=rng))
    x = torch.nn.functional.normalize(z + 0.3 * torch.randn(count, _DIM, generator=rng))
    temperature = 0.5
    loss = float(InfoNCE(temperature=temperature)(z, x)) - math.log(count)
    spread = math.log(special.hyp0f1(_DIM / 2, 1 / (4 * temperature**2)))
    return abs(loss - (spread - float((z * x).sum(1).mean()) / temperature))
