"""Noise in embedding space: negatives of nothing but noise, and rows that are shaken a little."""

from math import sqrt

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairs.mixing.arranged import Pairs
from counterpoint.pairs.mixing.draws import of_this_rank, uniform
from counterpoint.pairs.mixing.weighing import WeightedCandidates
from counterpoint.pairwise import Ranks, SameKey


def noise_negatives(
    anchors: Tensor, positives: Tensor, *, count: int, weight: float = 1.0, generator: torch.Generator
) -> Pairs:
    """Pairs with Gaussian vectors as further negatives of every anchor.

    Wu et al., "Smoothed Contrastive Learning for Unsupervised Sentence Embedding" (GS-InfoNCE, 2022), arXiv:2109.04321.
    Formula: ``weight * sum over g of exp(s(a, g) / t)`` joins the denominator, g standard normal. A weight or count
    of 0 is the loss without noise.

    Args:
        anchors: `[N, D]`.
        positives: `[N, D]`, those of other anchors are negatives.
        count: How many vectors, over all ranks.
        weight: How much each counts.
        generator: What draws, in the same state on every rank.

    Raises:
        InputError: ``count`` or ``weight`` is negative, or shapes differ.
    """
    if count < 0 or not weight >= 0:
        raise InputError(f"count and weight must be at least 0, got {count} and {weight}")
    if anchors.shape != positives.shape:
        shapes = [list(anchors.shape), list(positives.shape)]
        raise InputError(f"anchors and positives must have one shape, got {shapes}")
    every = torch.randn(count, anchors.shape[1], generator=generator, device=generator.device).to(anchors)
    ranks = Ranks.current()
    noise, rows = every[ranks.index :: ranks.size], torch.arange(len(anchors), device=anchors.device)
    same = SameKey(rows, torch.cat([rows, rows.new_full((len(noise),), -1)]), local=True)
    weights = torch.cat([anchors.new_ones(len(rows)), anchors.new_full((len(noise),), weight)])
    return Pairs(anchors, torch.cat([positives, noise]), WeightedCandidates(same, weights))


def worst_noise(
    anchors: Tensor,
    *,
    count: int,
    steps: int = 4,
    step_size: float = 1e-3,
    temperature: float = 0.05,
    generator: torch.Generator,
) -> Tensor:
    """Gaussian vectors moved to where the space is least uniform, as negatives of every anchor, `[count, D]`.

    Zhou et al., "Debiased Contrastive Learning of Unsupervised Sentence Representations" (2022), arXiv:2205.00656,
    Section 4.1. Formula: ``steps`` times ``e <- e + step_size g / |g|``, with g the gradient for e of the sum over
    anchors of ``log sum over e of exp(s(a, e) / t)``: what the loss of uniformity has of e. They carry no gradient.

    Args:
        anchors: `[N, D]`.
        count: How many vectors.
        steps: 0 leaves them where they were drawn.
        step_size: How far a vector moves at each step; they begin about sqrt(D) long.
        temperature: t.
        generator: What draws, in the same state on every rank.

    Raises:
        InputError: ``count`` or ``temperature`` is not positive, or ``steps`` negative.
    """
    if count < 1 or steps < 0 or not temperature > 0:
        given = f"{count}, {temperature} and {steps}"
        raise InputError(f"count and temperature must be positive and steps not negative, got {given}")
    noise = torch.randn(count, anchors.shape[1], generator=generator, device=generator.device).to(anchors)
    unit = unit_rows(anchors.detach())
    for _ in range(steps):
        noise.requires_grad_(True)
        with torch.enable_grad():
            crowd = torch.logsumexp(unit @ unit_rows(noise).T / temperature, dim=1).sum()
        (slope,) = torch.autograd.grad(crowd, noise)
        noise = (noise + step_size * unit_rows(slope)).detach()
    return noise


def shaken(x: Tensor, *, alpha: float, generator: torch.Generator) -> Tensor:
    """Rows plus uniform noise of about the same length whatever their size: a second view, or a harder negative.

    Jain et al., "NEFTune: Noisy Embeddings Improve Instruction Finetuning" (2024), arXiv:2310.05914, Algorithm 1.
    Formula: ``x + alpha / sqrt(L D) e``, every entry of ``e`` uniform from -1 to 1. Collective.

    Args:
        x: `[N, L, D]`, or `[N, D]` with L = 1.
        alpha: At least 0; 5 to 15 in the paper, for tokens.
        generator: What draws, in the same state on every rank.

    Raises:
        InputError: ``alpha`` is negative.
    """
    if not alpha >= 0:
        raise InputError(f"alpha must be at least 0, got {alpha}")
    if x.ndim < 2:
        raise InputError(f"x must be [N, D] or [N, L, D], got {list(x.shape)}")
    size = x[0].numel() if len(x) else 1
    noise = of_this_rank(len(x), lambda n: uniform(n, *x.shape[1:], generator=generator)).to(x)
    return x + alpha / sqrt(size) * (2 * noise - 1)
