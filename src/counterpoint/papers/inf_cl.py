"""Contrast by tiles: the loss and gradient of the whole matrix in memory that grows with the batch alone."""

from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.peak import peak_bytes
from counterpoint.objectives import CLIP
from counterpoint.pairwise import DENSE, Plan

paper = Paper(
    short="Inf-CL",
    title="Breaking the Memory Barrier: Near Infinite Batch Size Scaling for Contrastive Loss",
    authors="Cheng, Zhang, Li, Leng, Hu, Wu, Zhao, Li and Bing",
    year=2024,
    identifier="arXiv:2410.17243",
    wing=Wing.SCALE,
    implements="The loss by tiles, with log-sum-exps that are merged and tiles that are made again",
    deviates="One process on a CPU, on random rows; rings of processes are held to one process by the library's own "
    "tests, not here. Memory is what the allocator recorded, embeddings aside. Time is not judged.",
)
claim = Claim(
    statement="Tiles give the loss and gradient of the whole matrix, in memory that is linear in the batch.",
    checks=(
        Within(
            measure="loss_error", below=1e-9, statement="The loss is that of the whole matrix, for all tiles tried."
        ),
        Within(measure="gradient_error", below=1e-9, statement="So is the gradient, relative to its largest entry."),
        Within(measure="growth", below=4.8, statement="Four times the batch holds about four times as much."),
        Better(measure="growth", lower=True, by=5, statement="The whole matrix grows faster, nearly sixteenfold."),
        Better(measure="megabytes", lower=True, statement="Tiles hold less at the larger batch."),
    ),
    minutes=0.3,
)

_BATCH = {Setting.TINY: 256, Setting.SMALL: 1024, Setting.FULL: 32_768}
_TIMES = 4
_DIM = 64
_TILES = (Plan(rows=64, cols=64), Plan(rows=37, cols=101), Plan(rows=128, cols=4096))
_OBJECTIVE = CLIP(temperature=0.07)


def trial(setting: Setting, seed: int) -> Figures:
    """Losses and gradients under several plans, and what two of them hold at a batch and at four times that."""
    batch = _BATCH[setting]
    # In float64: in float32 a gradient that is nearly 0 is the small difference of larger numbers under any plan.
    sides = tuple(side.double() for side in _rows(batch, seed))
    value, gradient = _step(sides, DENSE)
    found = {side: _held(plan, batch, seed) for side, plan in (("method", _TILES[0]), ("baseline", DENSE))}
    values, gradients = zip(*(_step(sides, plan) for plan in _TILES), strict=True)
    found["method"]["loss_error"] = max(abs(float(one - value)) for one in values)
    largest = gradient.abs().max()
    found["method"]["gradient_error"] = max(float((one - gradient).abs().max() / largest) for one in gradients)
    return found


def _rows(batch: int, seed: int) -> tuple[Tensor, ...]:
    """Pairs that are alike, in float32 as in training."""
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(batch, _DIM, generator=generator)
    second = first + 0.5 * torch.randn(batch, _DIM, generator=generator)
    return normalize(first, dim=1), normalize(second, dim=1)


def _step(sides: tuple[Tensor, ...], plan: Plan) -> tuple[Tensor, Tensor]:
    """The loss, and its gradient in both sides."""
    leaves = [side.clone().requires_grad_() for side in sides]
    loss = _OBJECTIVE(*leaves, plan=plan)
    return loss.detach(), torch.cat(torch.autograd.grad(loss, leaves))


def _held(plan: Plan, batch: int, seed: int) -> dict[str, float]:
    few, many = (peak_bytes(partial(_step, _rows(size, seed), plan)) for size in (batch, _TIMES * batch))
    return {"growth": many / few, "megabytes": many / 2**20}
