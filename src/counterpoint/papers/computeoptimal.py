"""Which size, how much data and what to tune at a budget: a law fitted on small budgets and tried on a larger one."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor, nn

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.objectives import CLIP

paper = Paper(
    short="ComputeOptimal",
    title="Repurposing Language Models into Embedding Models: Finding the Compute-Optimal Recipe",
    authors="Ziarko, Jiang, Piotrowski, Li, Jamnik and Milos",
    year=2024,
    identifier="arXiv:2406.04165",
    wing=Wing.SCALE,
    implements="loss of every size, data and method over FLOPs, a law for each method, and the best choice at a budget",
    deviates="Perceptrons of four widths, pre-trained to match pairs of made data and tuned to those of another "
    "mixing: all weights, the last layer, biases or low rank (4). The law is L = e + a / N^0.3 + b / D^0.3 with "
    "constants from non-negative least squares. FLOPs are counted: 2 a weight forward, 2 for its gradient, 2 to pass "
    "on. One learning rate.",
)
claim = Claim(
    statement="Full tuning is best at low budgets and low rank at high ones, and the law picks well for a new budget.",
    checks=(
        Within(measure="regret", below=0.05, statement="The law's choice costs at most 5 % more than the best one."),
        Better(measure="loss", lower=True, statement="It is better than a choice by chance."),
        Better(
            measure="low_budget", side="full", than="low_rank", lower=True, statement="Full tuning wins at a low one."
        ),
        Better(
            measure="high_budget", side="low_rank", than="full", lower=True, statement="Low rank wins at a high one."
        ),
    ),
    minutes=1,
)

_WIDTHS = {Setting.TINY: (16, 32), Setting.SMALL: (16, 32, 64, 128), Setting.FULL: (256, 512, 1024, 2048)}
_STEPS = {Setting.TINY: (2, 4, 6, 8), Setting.SMALL: (25, 50, 100, 200), Setting.FULL: (1000, 4000, 16_000, 64_000)}
_BATCH, _FRAME, _OUT = 64, 32, 16


@dataclass(frozen=True)
class _Run:
    """A configuration and what came out."""

    method: str
    weights: int
    pairs: int
    flops: float
    loss: float


class _LowRank(nn.Module):
    """A frozen linear map plus a learnt one of rank 4, which begins as nothing."""

    def __init__(self, frozen: nn.Linear) -> None:
        super().__init__()
        self.frozen, self.down = frozen, nn.Linear(frozen.in_features, 4, bias=False)
        self.up = nn.Linear(4, frozen.out_features, bias=False)
        nn.init.zeros_(self.up.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.frozen(x) + self.up(self.down(x))


def trial(setting: Setting, seed: int) -> Figures:
    """Runs of all sizes, lengths and methods; the law sees all but the longest."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        runs = [run for width in _WIDTHS[setting] for run in _runs_of(width, _STEPS[setting], seed)]
    longest = _STEPS[setting][-1] * _BATCH
    new = [run for run in runs if run.pairs == longest]
    budget = float(np.median([run.flops for run in new]))
    open_to = [run for run in new if run.flops <= budget]
    laws = {name: _law([run for run in runs if run.pairs < longest and run.method == name]) for name in _METHODS}
    chosen = min(open_to, key=lambda run: laws[run.method](run))
    best, mean = min(run.loss for run in open_to), float(np.mean([run.loss for run in open_to]))
    figures = {
        "method": {"regret": chosen.loss / best - 1, "loss": chosen.loss},
        "baseline": {"loss": mean},
        **{name: _at_budgets([run for run in runs if run.method == name], runs) for name in _METHODS},
    }
    return figures


def _runs_of(width: int, lengths: tuple[int, ...], seed: int) -> list[_Run]:
    """Every method and length from one pre-trained encoder."""
    first, second = (torch.Generator().manual_seed(1000 * seed + k) for k in (1, 2))
    encoder = nn.Sequential(
        nn.Linear(_FRAME, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, _OUT)
    )
    descend(encoder, lambda _: _loss(encoder, first, seed), steps=lengths[-1], learning_rate=3e-3)
    weights = sum(layer.weight.numel() for layer in encoder if isinstance(layer, nn.Linear))
    runs: list[_Run] = []
    for name, prepare in _METHODS.items():
        for steps in lengths:
            tuned = prepare(copy.deepcopy(encoder))
            descend(tuned, lambda _, tuned=tuned: _loss(tuned, second, seed + 500), steps=steps, learning_rate=3e-3)
            flops = _FLOPS[name](encoder) * steps * _BATCH
            runs.append(_Run(name, weights, steps * _BATCH, flops, _held_out(tuned, seed)))
    return runs


def _loss(encoder: nn.Module, draw: torch.Generator, mixing: int) -> Tensor:
    """Pairs that share a latent of 8, mixed into frames by a map of the task's own, under noise."""
    task = torch.Generator().manual_seed(mixing)
    mix, bend = (torch.randn(a, b, generator=task) for a, b in ((8, _FRAME), (_FRAME, _FRAME)))
    latent = torch.randn(_BATCH, 8, generator=draw)
    frames = [
        torch.tanh(latent @ mix / 3) @ bend / 6 + 0.3 * torch.randn(_BATCH, _FRAME, generator=draw) for _ in range(2)
    ]
    return CLIP(temperature=0.1)(*(encoder(side) for side in frames))


@torch.no_grad()
def _held_out(encoder: nn.Module, seed: int) -> float:
    draw = torch.Generator().manual_seed(77_000 + seed)
    return float(torch.stack([_loss(encoder, draw, seed + 500) for _ in range(8)]).mean())


def _only(chosen: Callable[[str], bool]) -> Callable[[nn.Sequential], nn.Sequential]:
    def prepare(encoder: nn.Sequential) -> nn.Sequential:
        for name, parameter in encoder.named_parameters():
            parameter.requires_grad_(chosen(name))
        return encoder

    return prepare


def _low_rank(encoder: nn.Sequential) -> nn.Sequential:
    frozen = _only(lambda name: False)(encoder)
    return nn.Sequential(*(_LowRank(part) if isinstance(part, nn.Linear) else part for part in frozen))


_METHODS: dict[str, Callable[[nn.Sequential], nn.Sequential]] = {
    "full": _only(lambda name: True),
    "last_layer": _only(lambda name: name.startswith("4.")),
    "biases": _only(lambda name: name.endswith("bias")),
    "low_rank": _low_rank,
}


def _linear(encoder: nn.Sequential) -> list[int]:
    return [layer.weight.numel() for layer in encoder if isinstance(layer, nn.Linear)]


def _ranked(encoder: nn.Sequential) -> int:
    return sum(4 * (one.in_features + one.out_features) for one in encoder if isinstance(one, nn.Linear))


_FLOPS: dict[str, Callable[[nn.Sequential], float]] = {
    "full": lambda encoder: 6 * sum(_linear(encoder)) - 2 * _linear(encoder)[0],
    "last_layer": lambda encoder: 2 * sum(_linear(encoder)) + 2 * _linear(encoder)[-1],
    "biases": lambda encoder: 4 * sum(_linear(encoder)) - 2 * _linear(encoder)[0],
    "low_rank": lambda encoder: 4 * sum(_linear(encoder)) - 2 * _linear(encoder)[0] + 6 * _ranked(encoder),
}


def _law(runs: list[_Run]) -> Callable[[_Run], float]:
    """Loss of a run by size and data, fitted on others of its method."""

    def terms(run: _Run) -> list[float]:
        return [1.0, run.weights**-0.3, run.pairs**-0.3]

    constants, _ = nnls(np.array([terms(run) for run in runs]), np.array([run.loss for run in runs]))
    return lambda run: float(np.dot(terms(run), constants))


def _at_budgets(own: list[_Run], runs: list[_Run]) -> dict[str, float]:
    """The best loss of a method within a low and a high budget, which every method can keep."""
    dearest = [max(run.flops for run in runs if run.method == name) for name in _METHODS]
    cheapest = [min(run.flops for run in runs if run.method == name) for name in _METHODS]
    return {
        "low_budget": min(run.loss for run in own if run.flops <= 2 * max(cheapest)),
        "high_budget": min(run.loss for run in own if run.flops <= min(dearest)),
    }
