"""Classes weighed by what is known of their frequency, whatever the batch or queue happens to hold."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Ranks, SameKey, Weighted


def class_priors(labels: Tensor, candidate_labels: Tensor, priors: Tensor, *, prototypes: bool = False) -> Weighted:
    """Same class is positive, and all candidates of a class together weigh the class's prior.

    A candidate of class c weighs ``priors[c] / n_c`` with n_c the number of candidates of its class, on all ranks; one
    of a negative label weighs nothing. In a softmax this adds ``log priors[c]`` to a class's logit: with the training
    frequencies, logit adjustment (Menon et al., 2021, "Long-tail Learning via Logit Adjustment", arXiv:2007.07314);
    with their power, adjustment by that factor; with ones, classes that count the same.

    Args:
        labels: int `[N]`, of the anchors.
        candidate_labels: int `[M]`, of a queue or memory, or ``arange(K)`` for one prototype per class.
        priors: `[K]`, non-negative; they need not sum to 1.
        prototypes: Candidates are one row per class, the same on every rank.

    Returns:
        A relation `[N, M]`; its weights are one vector, seen as a matrix.

    Raises:
        InputError: Priors are no such numbers, or some class has none.
    """
    if priors.ndim != 1 or not priors.is_floating_point() or not bool(((priors >= 0) & priors.isfinite()).all()):
        raise InputError(f"priors must be non-negative, finite numbers [K], got {priors.dtype} {list(priors.shape)}")
    inner = SameKey(labels, candidate_labels, prototypes=prototypes)
    every = candidate_labels if prototypes else Ranks.current().gather(candidate_labels)
    if max(int(labels.max()), int(every.max())) >= len(priors):
        raise InputError(f"{len(priors)} priors, and labels go up to {max(int(labels.max()), int(every.max()))}")
    known = every >= 0
    counts = torch.bincount(every[known], minlength=len(priors)).to(priors)
    weight_M = torch.where(known, (priors / counts.clamp_min(1))[every.clamp_min(0)], 0.0)
    return Weighted(inner, weight_M.expand(len(labels), -1))
