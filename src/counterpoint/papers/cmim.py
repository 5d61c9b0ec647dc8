"""cMIM: an auto-encoder whose codes also tell inputs apart, without a second view."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from counterpoint.evaluation import probe_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.small_digits import digits
from counterpoint.objectives import CMIM, NTXent

paper = Paper(
    short="cMIM",
    title="cMIM: A Contrastive Mutual Information Framework for Unified Generative and Discriminative Representation "
    "Learning",
    authors="Livne",
    year=2025,
    identifier="arXiv:2502.19642",
    wing=Wing.OBJECTIVES,
    implements="the loss of the mutual information machine with the contrastive term (Section 2), and embeddings from "
    "the decoder's hidden layer; Contrastive Mutual Information Learning: Toward Robust Representations without "
    "Positive-Pair Augmentations is the same method by the same author",
    deviates="8 x 8 digits and perceptrons, codes of 16 numbers; a standard Gaussian prior, pixels from 0 to 1 as "
    "probabilities, and no prior of the images. The contrast is of the codes' means, weighted 1 at a temperature of "
    "0.1. The machine's loss is minus half of log q(z|x) + log p(z) + log p(x|z). InfoNCE is NT-Xent at 0.2 over two "
    "light views. Batches are of 16, 64 and 256, for as many steps; nothing is tuned.",
)
claim = Claim(
    statement="With the contrast codes are probed better, hang less on the size of the batch, and decode as well.",
    checks=(
        Better(measure="probe_accuracy", statement="Codes are probed better than without the contrast."),
        Within(measure="error_ratio", below=1.1, statement="Reconstruction is at most a tenth worse."),
        Better(
            measure="batch_spread",
            than="infonce",
            lower=True,
            statement="Sizes of the batch matter less than to InfoNCE.",
        ),
        Better(measure="hidden_gain", than="nothing", statement="The decoder's hidden layer is probed better still."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 600, Setting.FULL: 100_000}
_BATCHES, _PLAIN, _CODE, _HIDDEN = (16, 64, 256), 64, 16, 128


@dataclass(frozen=True)
class _Judged:
    """What a probe reads of codes and of the decoder's hidden layer, and how well images are decoded."""

    codes: float
    hidden: float
    error: float


def trial(setting: Setting, seed: int) -> Figures:
    """The auto-encoder with the contrast and without over sizes of batches; an encoder of views by InfoNCE."""
    steps = _STEPS[setting]
    ours = {size: _learnt(_Machine(seed), steps, seed, size, contrast=True) for size in _BATCHES}
    plain = _learnt(_Machine(seed), steps, seed, _PLAIN, contrast=False)
    views = {size: _from_views(steps, seed, size) for size in _BATCHES}
    mine = ours[_PLAIN]
    return {
        "method": {
            "probe_accuracy": mine.codes,
            "hidden_accuracy": mine.hidden,
            "hidden_gain": mine.hidden - mine.codes,
            "error": mine.error,
            "error_ratio": mine.error / plain.error,
            "batch_spread": float(np.ptp([one.codes for one in ours.values()])),
        },
        "baseline": {"probe_accuracy": plain.codes, "hidden_accuracy": plain.hidden, "error": plain.error},
        "infonce": {"probe_accuracy": views[_PLAIN], "batch_spread": float(np.ptp(list(views.values())))},
        "nothing": {"hidden_gain": 0.0},
    }


class _Machine(nn.Module):
    """Encoder and decoder of Gaussian codes."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.encoder = nn.Sequential(nn.Linear(64, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 2 * _CODE))
            self.decoder = nn.Sequential(nn.Linear(_CODE, _HIDDEN), nn.ReLU())
            self.pixels = nn.Linear(_HIDDEN, 64)

    def loss(self, x: Tensor, draw: torch.Generator, *, contrast: bool) -> Tensor:
        """Of rows of pixels `[N, 64]` from -1 to 1; constants of densities are left out."""
        mean, log_spread = self.encoder(x).chunk(2, dim=1)
        noise = torch.randn(mean.shape, generator=draw)
        z = mean + log_spread.exp() * noise
        encoding = -(log_spread + noise.square() / 2).sum(1)
        prior = -z.square().sum(1) / 2
        image = (x + 1) / 2
        decoding = -binary_cross_entropy_with_logits(self.pixels(self.decoder(z)), image, reduction="none").sum(1)
        machine = -(encoding + prior + decoding).mean() / 2
        return machine + CMIM(temperature=0.1)(mean) if contrast else machine

    def judged(self) -> _Judged:
        """On what is held out."""
        train, test = digits("train"), digits("test")
        with torch.no_grad():
            codes = [self.encoder(part.rows).chunk(2, dim=1)[0] for part in (train, test)]
            hidden = [self.decoder(z) for z in codes]
            error = binary_cross_entropy(torch.sigmoid(self.pixels(hidden[1])), (test.rows + 1) / 2)
        return _Judged(_probed(codes), _probed(hidden), float(error))


def _probed(parts: list[Tensor]) -> float:
    train, test = (part.numpy() for part in parts)
    return probe_accuracy(train, digits("train").labels, test, digits("test").labels).value


def _learnt(machine: _Machine, steps: int, seed: int, batch: int, *, contrast: bool) -> _Judged:
    rows, draw = digits("train").rows, torch.Generator().manual_seed(seed)

    def step(_: int) -> Tensor:
        chosen = torch.randperm(len(rows), generator=draw)[:batch]
        return machine.loss(rows[chosen], draw, contrast=contrast)

    descend(machine, step, steps=steps, learning_rate=2e-3)
    return machine.judged()


def _from_views(steps: int, seed: int, batch: int) -> float:
    """Probe accuracy of the same encoder, learnt by InfoNCE of two views."""
    encoder, views = _Machine(seed).encoder, digits("train").views
    draw = torch.Generator().manual_seed(seed)

    def step(_: int) -> Tensor:
        rows = torch.randperm(views.shape[1], generator=draw)[:batch]
        first, second = torch.randperm(len(views), generator=draw)[:2]
        both = encoder(torch.cat([views[first, rows], views[second, rows]]))[:, :_CODE]
        return NTXent(temperature=0.2)(*both.chunk(2))

    descend(encoder, step, steps=steps, learning_rate=2e-3)
    with torch.no_grad():
        return _probed([encoder(digits(part).rows)[:, :_CODE] for part in ("train", "test")])
