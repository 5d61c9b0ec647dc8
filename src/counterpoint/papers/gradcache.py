"""Gradient caching: the gradient of a large batch in the memory of a small one."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.objectives import InfoNCE
from counterpoint.training import cached_gradients

paper = Paper(
    short="GradCache",
    title="Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup",
    authors="Gao, Zhang, Han and Callan",
    year=2021,
    identifier="arXiv:2101.06983",
    wing=Wing.SCALE,
    implements="Section 3, gradient caching",
    deviates="Two encoders with dropout on random vectors. Memory is what graphs keep for the backward pass, counted.",
)
claim = Claim(
    statement="The gradient is that of the whole batch, and memory hardly grows with it.",
    checks=(
        Within(measure="gradient_error", below=1e-5, statement="Gradients differ by less than 1e-5 of the largest."),
        Within(measure="growth", below=2, statement="Eight times the batch keeps less than twice as much."),
        Better(measure="growth", lower=True, by=4, statement="Without caching it keeps about eight times as much."),
        Within(measure="encoded", above=1.99, below=2.01, statement="It costs one forward pass more."),
    ),
    minutes=0.1,
)

_BATCH = {Setting.TINY: 32, Setting.SMALL: 512, Setting.FULL: 2048}
_CHUNK = 32
_TIMES = 8


@dataclass
class _Kept:
    """Bytes that graphs hold for the backward pass: now and at most."""

    now: int = 0
    most: int = 0

    def pack(self, tensor: Tensor) -> Tensor:
        """A view of its own for every use, so that its end is the end of this use."""
        held, size = tensor.detach().view_as(tensor), tensor.nbytes
        self.now += size
        self.most = max(self.most, self.now)
        weakref.finalize(held, self._let_go, size)
        return held

    def _let_go(self, size: int) -> None:
        self.now -= size


def trial(setting: Setting, seed: int) -> Figures:
    """The same step with caching and without, at a batch and at eight times that."""
    small, large = _BATCH[setting], _TIMES * _BATCH[setting]
    found: dict[str, dict[str, float]] = {}
    gradients: dict[str, Tensor] = {}
    for side, step in (("method", _cached), ("baseline", _direct)):
        _, few, _ = _measure(step, small, seed)
        gradients[side], many, encoded = _measure(step, large, seed)
        found[side] = {"growth": many / few, "megabytes": many / 2**20, "encoded": encoded / (2 * large)}
    error = (gradients["method"] - gradients["baseline"]).abs().max() / gradients["baseline"].abs().max()
    found["method"]["gradient_error"] = float(error)
    return found


def _measure(step: Callable[[list[nn.Module], list[Tensor]], None], batch: int, seed: int) -> tuple[Tensor, int, int]:
    """The gradient as one vector, the most bytes that were kept, and how many rows were encoded."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoders = [_encoder() for _ in range(2)]
        encoded: list[int] = []
        for encoder in encoders:
            encoder.register_forward_hook(lambda module, inputs, output: encoded.append(len(output)))
        first = torch.randn(batch, 64)
        kept = _Kept()
        with saved_tensors_hooks(kept.pack, lambda tensor: tensor):
            step(encoders, [first, first + 0.5 * torch.randn(batch, 64)])
    gradient = torch.cat(
        [one.grad.flatten() for module in encoders for one in module.parameters() if one.grad is not None]
    )
    return gradient, kept.most, sum(encoded)


def _encoder() -> nn.Module:
    hidden = [part for _ in range(5) for part in (nn.Linear(256, 256), nn.GELU(), nn.Dropout(0.1))]
    return nn.Sequential(nn.Linear(64, 256), *hidden, nn.Linear(256, 32))


def _cached(encoders: list[nn.Module], sides: list[Tensor]) -> None:
    cached_gradients(encoders, sides, InfoNCE(temperature=0.1), chunk=_CHUNK)


def _direct(encoders: list[nn.Module], sides: list[Tensor]) -> None:
    """Chunks draw the same dropout as with caching, and all their graphs are kept."""
    z = [
        torch.cat([encoder(part) for part in side.split(_CHUNK)]) for encoder, side in zip(encoders, sides, strict=True)
    ]
    InfoNCE(temperature=0.1)(*z).backward()
