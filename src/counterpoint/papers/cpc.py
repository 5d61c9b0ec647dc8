"""CPC: predicting the latent future finds what is slow, and its loss bounds a mutual information that is known."""

import math
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.encoders import StepPredictors
from counterpoint.evaluation import fit_regression, info_nce_bound
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import Dot

paper = Paper(
    short="CPC",
    title="Representation Learning with Contrastive Predictive Coding",
    authors="van den Oord, Li and Vinyals",
    year=2018,
    identifier="arXiv:1807.03748",
    wing=Wing.OBJECTIVES,
    implements="Eq. 3 to 5 with a linear map for each step ahead, and the bound of Section 2.3",
    deviates="Made sequences with a slow latent under loud noise instead of speech, images, text and play; a linear "
    "encoder and a GRU. The autoencoder has the same encoder and GRU and rebuilds the frame from the context. Nothing "
    "is tuned: one rate for both, 1e-2.",
)
claim = Claim(
    statement="Predicting the future gives features that a linear probe reads the slow latent off better, and log N "
    "less the loss is a lower bound of the information that tightens with N.",
    checks=(
        Better(measure="r2", than="frames", statement="The context is read better than the frames themselves."),
        Better(measure="r2", statement="Better than the context of an autoencoder."),
        Within(measure="excess", below=0.02, statement="No bound exceeds the known information by more than noise."),
        Within(measure="tightening", above=0.0, statement="The bound rises from 8 to 64 and to 512 candidates."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 300, Setting.FULL: 20_000}
_BATCHES = {Setting.TINY: 1000, Setting.SMALL: 1000, Setting.FULL: 10_000}
_SLOW, _FRAME, _LATENT, _CONTEXT, _LENGTH, _AHEAD = 2, 24, 12, 16, 24, 3


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder learns to predict, or to rebuild; then the bound with the best possible critic."""
    draw = torch.Generator().manual_seed(seed)
    mixing = torch.randn(_SLOW, _FRAME, generator=draw) / math.sqrt(_SLOW)
    loud = torch.randn(8, _FRAME, generator=draw)
    sides = {"method": _Predicting, "baseline": _Rebuilding}
    figures = {"frames": {"r2": _r2(nn.Identity(), mixing, loud, seed)}}
    for side, kind in sides.items():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = kind()
        batches = torch.Generator().manual_seed(seed + 1)
        descend(
            model,
            lambda step, model=model, batches=batches: model.loss(_sequences(32, mixing, loud, batches)[0]),
            steps=_STEPS[setting],
            learning_rate=1e-2,
        )
        figures[side] = {"r2": _r2(model, mixing, loud, seed)}
    figures["method"] |= _bounds(_BATCHES[setting], draw)
    return figures


class _Contexts(nn.Module):
    """Frames `[N, T, F]` to contexts `[N, T, C]`."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.memory = nn.Linear(_FRAME, _LATENT), nn.GRU(_LATENT, _CONTEXT, batch_first=True)

    def forward(self, frames: Tensor) -> Tensor:
        return self.memory(self.encoder(frames))[0]


class _Predicting(_Contexts):
    def __init__(self) -> None:
        super().__init__()
        self.ahead = StepPredictors(_CONTEXT, _LATENT, steps=_AHEAD)

    def loss(self, frames: Tensor) -> Tensor:
        """Mean of the losses of all steps ahead."""
        critic = InfoNCE(temperature=1.0, similarity=Dot())
        steps = self.ahead(self(frames), self.encoder(frames))
        return torch.stack([critic(predicted, latent) for predicted, latent in steps]).mean()


class _Rebuilding(_Contexts):
    def __init__(self) -> None:
        super().__init__()
        self.decoder = nn.Linear(_CONTEXT, _FRAME)

    def loss(self, frames: Tensor) -> Tensor:
        """Mean squared error of the frame that was seen last."""
        return (self.decoder(self(frames)) - frames).square().mean()


def _sequences(count: int, mixing: Tensor, loud: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Frames `[n, T, F]` and the slow latent under them `[n, T, S]`, of variance 1 and correlation 0.95 a step."""
    slow = torch.randn(count, 1, _SLOW, generator=draw)
    latent = [slow]
    for _ in range(_LENGTH - 1):
        latent.append(0.95 * latent[-1] + math.sqrt(1 - 0.95**2) * torch.randn(count, 1, _SLOW, generator=draw))
    hidden = torch.cat(latent, 1)
    noise = 1.5 * torch.randn(count, _LENGTH, len(loud), generator=draw) @ loud
    return hidden @ mixing + noise + 2 * torch.randn(count, _LENGTH, _FRAME, generator=draw), hidden


@torch.no_grad()
def _r2(model: nn.Module, mixing: Tensor, loud: Tensor, seed: int) -> float:
    """How much of the slow latent at the last step a linear probe finds on fresh sequences, mean over dimensions."""
    draw = torch.Generator().manual_seed(seed + 2)
    (x, y), (x_test, y_test) = (_sequences(1000, mixing, loud, draw) for _ in range(2))
    train, test = (model(part)[:, -1].numpy() for part in (x, x_test))
    errors = [
        np.mean((fit_regression(train, y[:, -1, k].numpy()).predict(test) - y_test[:, -1, k].numpy()) ** 2)
        for k in range(_SLOW)
    ]
    return 1 - float(np.mean(errors)) / float(y_test[:, -1].var())


@torch.no_grad()
def _bounds(batches: int, draw: torch.Generator) -> dict[str, float]:
    """Correlated Gaussians: log N less the loss of the true log ratio, as inner products of (y, y^2)."""
    dim, rho = 4, 0.8
    information = -dim / 2 * math.log(1 - rho**2)
    critic = InfoNCE(temperature=1.0, similarity=Dot())
    found: list[float] = []
    for n in (8, 64, 512):
        losses: list[float] = []
        for _ in range(batches * 8 // n + 10):
            x = torch.randn(n, dim, generator=draw)
            y = rho * x + math.sqrt(1 - rho**2) * torch.randn(n, dim, generator=draw)
            anchors = torch.cat([rho * x / (1 - rho**2), torch.full_like(x, -(rho**2) / (2 * (1 - rho**2)))], 1)
            losses.append(float(critic(anchors, torch.cat([y, y.square()], 1))))
        found.append(info_nce_bound(sum(losses) / len(losses), n))
    rises = min(b - a for a, b in pairwise(found))
    return {"excess": max(found) - information, "tightening": rises, "bound": found[-1], "information": information}
