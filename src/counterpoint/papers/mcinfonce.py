"""MCInfoNCE: an encoder that says how ambiguous an input is, against the truth of data that are made."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.base.numerics import unit_rows
from counterpoint.encoders import LearnableTemperature, von_mises_fisher
from counterpoint.evaluation import rank_correlation
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.objectives import InfoNCE, MCInfoNCE

paper = Paper(
    short="MCInfoNCE",
    title="Probabilistic Contrastive Learning Recovers the Correct Aleatoric Uncertainty of Ambiguous Inputs",
    authors="Kirchhof, Kasneci and Oh",
    year=2023,
    identifier="arXiv:2302.02865",
    wing=Wing.OBJECTIVES,
    implements="Eq. 6 on its controlled experiment: posteriors that are von Mises-Fisher, first the means, then the "
    "concentrations, as in the public code",
    deviates="3 dimensions in place of 10, 16 samples in place of 512, and batches of 128 whose other positives are "
    "the negatives. Pairs have a concentration of 8, not 20: with few samples the loss is biased, the more the sharper "
    "pairs are. An input is a random injective mixture of its mean direction, drawn uniformly, and the logarithm of "
    "its concentration, from 4 to 64: so latent points are uniform, as the theorem asks; the paper's generator is a "
    "random network on uniform inputs, whose latent points are not, with concentrations from 16 to 32. Means are "
    "learnt by InfoNCE of points and its temperature, where the public code draws samples of fixed concentration: at "
    "the temperature of the pairs alone, points and few samples find a bent sphere (correlations of 0.7 to 0.8). The "
    "length of these points before they are scaled is the baseline. Sizes and the first temperature, 0.5, were chosen "
    "on seed 0.",
)
claim = Claim(
    statement="Predicted distributions are the posteriors of the latent: mean directions up to rotation, and how wide.",
    checks=(
        Within(measure="direction_correlation", above=0.9, statement="Cosines of means follow the true ones."),
        Within(measure="concentration_rank", above=0.7, statement="Concentrations follow the true ones."),
        Better(measure="concentration_rank", statement="Better than the length of the points does."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: (2, 2), Setting.SMALL: (400, 100), Setting.FULL: (50_000, 50_000)}
"""For the means, and for the concentrations."""
_DIM, _WIDTH, _BATCH, _POOL, _SAMPLES = 3, 8, 128, 1024, 16
_PAIR, _LEAST, _MOST = 8.0, 4.0, 64.0
_TEMPERATURE = 1 / _PAIR


class _World:
    """Where inputs come from: what each is of, and which are seen together."""

    def __init__(self, seed: int) -> None:
        self.draw = torch.Generator().manual_seed(seed)
        mixing = torch.Generator().manual_seed(1_000 + seed)
        # Matrices with orthonormal columns and an invertible activation: no two latents have one input.
        square = [torch.linalg.qr(torch.randn(_WIDTH, _WIDTH, generator=mixing)).Q for _ in range(2)]
        self.first, self.second = square[0][:, : _DIM + 1], square[1]

    def inputs(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs `[N, 8]`, the mean directions of their posteriors `[N, 3]` and their concentrations `[N]`."""
        mean = unit_rows(torch.randn(count, _DIM, generator=self.draw))
        share = torch.rand(count, generator=self.draw)
        hidden = torch.cat([mean, 2 * share[:, None] - 1], 1) @ self.first.T
        return nn.functional.leaky_relu(hidden, 0.3) @ self.second, mean, _LEAST * (_MOST / _LEAST) ** share

    def pairs(self) -> tuple[Tensor, Tensor]:
        """Inputs and their positives: latents of both are drawn, and pairs of latents by their nearness."""
        x, mean, concentration = self.inputs(_POOL)
        z = von_mises_fisher(mean, concentration, samples=1, generator=self.draw)[:, 0]
        near = torch.softmax(_PAIR * z[:_BATCH] @ z[_BATCH:].T, 1)
        chosen = torch.multinomial(near, 1, generator=self.draw)[:, 0]
        return x[:_BATCH], x[_BATCH:][chosen]


class _Posterior(nn.Module):
    """Inputs to mean directions and concentrations, each by a network of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.mean, self.width = _network(_DIM), _network(1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """`[N, 3]`, of any length, and `[N]`; at first all concentrations are about the least."""
        return self.mean(x), torch.exp((math.log(_LEAST) + self.width(x)[:, 0]).clamp(-2.0, 7.0))


def _network(out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(_WIDTH, 128), nn.LeakyReLU(), nn.Linear(128, 128), nn.LeakyReLU(), nn.Linear(128, out)
    )


def trial(setting: Setting, seed: int) -> Figures:
    """Points, then how wide the distributions around them are; the length of points stands in for that without it."""
    (for_means, for_widths), world = _STEPS[setting], _World(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        posterior = _Posterior()
        temperature = LearnableTemperature(initial=0.5).build()
    samples = torch.Generator().manual_seed(seed)

    def points(_: int) -> Tensor:
        first, second = (posterior.mean(x) for x in world.pairs())
        return InfoNCE()(first, second, temperature=temperature())

    def distributions(_: int) -> Tensor:
        first, second = (von_mises_fisher(*posterior(x), samples=_SAMPLES, generator=samples) for x in world.pairs())
        return MCInfoNCE(temperature=_TEMPERATURE)(first, second)

    descend(nn.ModuleList([posterior.mean, temperature]), points, steps=for_means, learning_rate=2e-3)
    descend(posterior.width, distributions, steps=for_widths, learning_rate=2e-3)
    x, mean, concentration = world.inputs(2_000)
    with torch.no_grad():
        direction, width = posterior(x)
    return {
        "method": _measured(direction, width, mean, concentration),
        "baseline": _measured(direction, direction.norm(dim=1), mean, concentration),
    }


def _measured(direction: Tensor, width: Tensor, mean: Tensor, concentration: Tensor) -> dict[str, float]:
    """Correlation of pairwise cosines with the true ones, and rank correlation of concentrations."""
    found, true = (unit_rows(rows[:500]) @ unit_rows(rows[:500]).T for rows in (direction, mean))
    pairs = torch.triu_indices(500, 500, 1).unbind()
    return {
        "direction_correlation": float(np.corrcoef(found[pairs].numpy(), true[pairs].numpy())[0, 1]),
        "concentration_rank": rank_correlation(width.numpy(), concentration.numpy()),
        "concentration_error": float((torch.log(width) - torch.log(concentration)).square().mean().sqrt()),
    }
