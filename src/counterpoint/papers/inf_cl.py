"""Inf-CL: the loss of a large batch in tiles, equal to that of the whole matrix, in memory that grows with its side."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.peak import peak_bytes
from counterpoint.objectives import CLIP
from counterpoint.pairwise import Plan

paper = Paper(
    short="Inf-CL",
    title="Breaking the Memory Barrier: Near Infinite Batch Size Scaling for Contrastive Loss",
    authors="Cheng, Zhang, Li and others",
    year=2024,
    identifier="arXiv:2410.17243",
    wing=Wing.SCALE,
    implements="the tiled loss and its backward pass; rings of processes are held to one process by the tests",
    deviates="Streaming is the engine's own, with one shift where scores are bounded. A CPU in place of 8 to 32 GPUs; "
    "docs/engine.md has times, and a batch of 262,144.",
)
claim = Claim(
    statement="Tiles give the loss and gradient of the whole matrix; memory grows with the batch, not its square.",
    checks=(
        Within(measure="loss_error", below=1e-5, statement="The loss is that of the matrix, for every tile size."),
        Within(measure="gradient_error", below=1e-5, statement="So is the gradient, over its largest entry."),
        Within(measure="growth", below=4.5, statement="Four times the batch takes about four times the memory."),
        Better(measure="growth", lower=True, by=8, statement="The whole matrix takes about 16 times."),
        Better(measure="megabytes", lower=True, statement="At the larger batch tiles take less than the matrix."),
    ),
    minutes=0.2,
)

_BATCH = {Setting.TINY: 256, Setting.SMALL: 1024, Setting.FULL: 65_536}
_TILES = (Plan(64, 64), Plan(129, 61), Plan(256, 1))
_TEMPERATURE = 0.05


def trial(setting: Setting, seed: int) -> Figures:
    """Values at a batch that the matrix is good for; memory at that and at four times as many."""
    n = _BATCH[setting]
    sides = _drawn(n, seed)
    expected, gradients = _dense(*sides)
    found = [_tiled(*sides, plan=plan) for plan in _TILES if plan.cols > 1 or setting is not Setting.FULL]
    tiled, dense = (_memory(step, n, seed) for step in (partial(_tiled, plan=Plan(256, 256)), _dense))
    return {
        "method": {
            **tiled,
            "loss_error": max(abs(loss - expected) for loss, _ in found),
            "gradient_error": max(float((one - gradients).abs().max() / gradients.abs().max()) for _, one in found),
        },
        "baseline": dense,
    }


def _drawn(n: int, seed: int) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    first = torch.randn(n, 32, generator=rng)
    return first, first + torch.randn(n, 32, generator=rng)


def _memory(step: Callable[[Tensor, Tensor], object], n: int, seed: int) -> dict[str, float]:
    """Peaks of one step, beyond the embeddings."""
    few, many = (peak_bytes(partial(step, *_drawn(size, seed))) for size in (n, 4 * n))
    return {"growth": many / few, "megabytes": many / 2**20}


def _tiled(a: Tensor, b: Tensor, *, plan: Plan) -> tuple[float, Tensor]:
    """Loss and gradients of both sides."""
    a, b = a.clone().requires_grad_(), b.clone().requires_grad_()
    loss = CLIP(temperature=_TEMPERATURE)(a, b, plan=plan)
    return loss.item(), torch.cat(torch.autograd.grad(loss, (a, b)))


def _dense(a: Tensor, b: Tensor) -> tuple[float, Tensor]:
    """The same as it is written."""
    a, b = a.clone().requires_grad_(), b.clone().requires_grad_()
    logits, own = functional.normalize(a) @ functional.normalize(b).T / _TEMPERATURE, torch.arange(len(a))
    loss = (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2
    return loss.item(), torch.cat(torch.autograd.grad(loss, (a, b)))
