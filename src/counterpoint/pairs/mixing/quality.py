"""Weights of pairs by how much of the object, and how little of the background, their views share."""

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Ranks


@torch.no_grad()
def view_quality(first: Tensor, second: Tensor, direction: Tensor) -> Tensor:
    """Similarity of two views' foregrounds minus that of their backgrounds, `[N]` from -2 to 2.

    Li et al., "GenView: Enhancing View Quality with Pretrained Generative Model for Self-Supervised Learning" (2024),
    arXiv:2403.12003, Section 3.3. Formula: the map of a view is its tokens' projection on the direction, from 0 to 1
    over the view; a foreground is the mean of tokens weighted by the map, a background by one minus it; quality is the
    cosine of the foregrounds minus the cosine of the backgrounds.

    Args:
        first: `[N, L, D]`, tokens of one view from a frozen encoder.
        second: `[N, L, D]`, of the other.
        direction: `[D]` that points to the foreground, such as the first principal component of many tokens.

    Raises:
        InputError: Shapes do not fit.
    """
    if first.ndim != 3 or len(second) != len(first) or second.shape[2] != first.shape[2]:
        raise InputError(f"first and second must be [N, L, D], got {list(first.shape)} and {list(second.shape)}")
    if direction.shape != first.shape[2:]:
        raise InputError(f"direction must be [{first.shape[2]}], got {list(direction.shape)}")
    (front, back), (other_front, other_back) = (_parts(tokens, direction) for tokens in (first, second))
    return cosine_similarity(front, other_front) - cosine_similarity(back, other_back)


def _parts(tokens: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
    """Foreground and background of each view, `[N, D]`."""
    height = tokens @ direction
    low, high = height.amin(1, keepdim=True), height.amax(1, keepdim=True)
    # Where all tokens are equally high, no part is in front of another.
    front = torch.where(high > low, (height - low) / (high - low), 0.5)
    weights = torch.stack([front, 1 - front], dim=1)
    front, back = ((weights / weights.sum(2, keepdim=True)) @ tokens).unbind(1)
    return front, back


@torch.no_grad()
def quality_weights(quality: Tensor, *, sharpness: float = 1.0) -> Tensor:
    """Weights of pairs, `[N]`, 1 on average over all ranks: for ``weights=`` of an objective. Collective.

    Same paper. Formula: ``N softmax(sharpness * quality)``, over the global batch.

    Args:
        quality: `[N]`, this rank's.
        sharpness: At least 0; at 0 all pairs weigh 1; 1 in the public code.

    Raises:
        InputError: Quality is no vector of finite numbers, or ``sharpness`` is negative.
    """
    if quality.ndim != 1 or not bool(torch.isfinite(quality).all()):
        raise InputError(f"quality must be [N] and finite, got shape {list(quality.shape)}")
    if not sharpness >= 0:
        raise InputError(f"sharpness must be at least 0, got {sharpness}")
    ranks = Ranks.current()
    every, start = ranks.gather(quality), ranks.start(len(quality))
    return (len(every) * torch.softmax(sharpness * every, dim=0))[start : start + len(quality)]
