"""Embeddings that are distributions: trained by samples, they find how ambiguous every input is."""

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.objectives import MCInfoNCE

paper = Paper(
    short="MCInfoNCE",
    title="Probabilistic Contrastive Learning Recovers the Correct Aleatoric Uncertainty of Ambiguous Inputs",
    authors="Kirchhof, Kasneci and Oh",
    year=2023,
    identifier="arXiv:2302.02865",
    wing=Wing.OBJECTIVES,
    implements="Eq. 6 on the paper's generative process, where the true posteriors are known",
    deviates="Latents on the sphere in 3 dimensions, where the von Mises-Fisher distribution has a closed quantile; "
    "4096 inputs with concentrations of 4 to 64, seen through a random smooth map of the two; 16 samples. "
    "The baseline is InfoNCE of the means, with the length of its output as certainty. Nothing was tuned.",
)
claim = Claim(
    statement="Predicted distributions recover the true posteriors: their means, up to a rotation, and concentrations.",
    checks=(
        Within(measure="concentration_correlation", above=0.8, statement="Concentrations are ranked as the true ones."),
        Within(measure="mean_cosine", above=0.9, statement="Means match after one rotation."),
        Better(measure="concentration_correlation", statement="Better ranked than by lengths of InfoNCE's outputs."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 800, Setting.FULL: 20_000}
_INPUTS, _BATCH, _SAMPLES, _POSITIVE = 4096, 256, 16, 20.0


def trial(setting: Setting, seed: int) -> Figures:
    """Both losses on the same pairs of inputs."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        mean = normalize(torch.randn(_INPUTS, 3), dim=1)
        log_kappa = torch.empty(_INPUTS).uniform_(float(np.log(4)), float(np.log(64)))
        x = _observed(mean, log_kappa)
        found: dict[str, dict[str, float]] = {}
        for side, samples in (("method", _SAMPLES), ("baseline", 0)):
            net = _learnt(x, mean, log_kappa.exp(), _STEPS[setting], samples)
            with torch.no_grad():
                found[side] = _recovered(net(x), mean, log_kappa, samples)
        return found


def _observed(mean: Tensor, log_kappa: Tensor) -> Tensor:
    """What the encoder sees: a fixed random network of both, `[N, 10]`."""
    latent = torch.cat([mean, (log_kappa[:, None] - 2.8) / 0.8], dim=1)
    return torch.tanh(latent @ torch.randn(4, 32) / 2) @ torch.randn(32, 10) / 3


def _sampled(mean: Tensor, kappa: Tensor, samples: int) -> Tensor:
    """Von Mises-Fisher samples `[N, S, 3]` with gradients to both: quantiles along the mean, a random turn around."""
    u = torch.rand(len(mean), samples).clamp(1e-6, 1 - 1e-6)
    k = kappa[:, None]
    along = 1 + torch.log(u + (1 - u) * torch.exp(-2 * k)) / k
    around = torch.randn(len(mean), samples, 3)
    around = normalize(around - (around * mean[:, None]).sum(2, keepdim=True) * mean[:, None], dim=2)
    return along[:, :, None] * mean[:, None] + (1 - along.square()).clamp_min(1e-9).sqrt()[:, :, None] * around


def _partners(mean: Tensor, kappa: Tensor) -> tuple[Tensor, Tensor]:
    """Rows of anchors, and of inputs that could have come from a latent near the anchor's."""
    rows = torch.randint(_INPUTS, (_BATCH,))
    latent = _sampled(mean[rows], kappa[rows], 1)[:, 0]
    near = _sampled(latent, torch.full((_BATCH,), _POSITIVE), 1)[:, 0]
    # The density of a latent given an input is kappa / (2 pi (1 - exp(-2 kappa))) exp(kappa (cos - 1)).
    log_density = torch.log(kappa / (1 - torch.exp(-2 * kappa))) + kappa * (near @ mean.T - 1)
    return rows, torch.multinomial(torch.softmax(log_density, 1), 1)[:, 0]


def _learnt(x: Tensor, mean: Tensor, kappa: Tensor, steps: int, samples: int) -> nn.Module:
    """An encoder to mean and log concentration; with no samples, to the mean alone."""
    net = nn.Sequential(nn.Linear(10, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 4))
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    loss = MCInfoNCE(temperature=1 / _POSITIVE)
    for _ in range(steps):
        optimiser.zero_grad()
        sides = [_embedded(net(x[rows]), samples) for rows in _partners(mean, kappa)]
        loss(*sides).backward()
        optimiser.step()
    return net


def _embedded(out: Tensor, samples: int) -> Tensor:
    if not samples:
        return out[:, :3]
    return _sampled(normalize(out[:, :3], dim=1), (out[:, 3] + 2.8).clamp(0, 6).exp(), samples)


def _recovered(out: Tensor, mean: Tensor, log_kappa: Tensor, samples: int) -> dict[str, float]:
    """Rank correlation of certainties, and the mean cosine of means after the best rotation."""
    found = normalize(out[:, :3], dim=1)
    left, _, right = torch.linalg.svd(found.T @ mean)
    certainty = out[:, 3] if samples else out[:, :3].norm(dim=1)
    return {
        "concentration_correlation": float(stats.spearmanr(certainty.numpy(), log_kappa.numpy()).statistic),
        "mean_cosine": float(((found @ (left @ right)) * mean).sum(1).mean()),
    }
