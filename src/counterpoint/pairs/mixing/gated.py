"""Any two rows as a pair, in a subspace that a gate opens for their classes."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.mixing.arranged import Pairs
from counterpoint.pairwise import SameKey


def gated_pairs(first: Tensor, second: Tensor, gates: Tensor, keys: Tensor | None = None) -> Pairs:
    """Pair i is positive after both rows were multiplied by its gate, feature by feature.

    Wu et al., "Rethinking Positive Pairs in Contrastive Learning" (Hydra, later SimLAP, 2024), arXiv:2410.18200.
    Formula: rows ``g_i * z``, ``g_i`` the gate of the classes of pair i. Every row is seen through its own pair's
    gate; with one gate for all, `[D]`, the batch is compared in the subspace of one pair of classes.

    Args:
        first: `[N, D]`.
        second: `[N, D]`, of any class each.
        gates: `[N, D]` or `[D]`, such as a ``ClassPairGate`` makes of both classes.
        keys: int64 `[N]`, such as :func:`class_pair_keys`: pairs of equal key are positive too. Without it, all others
            are negative.

    Raises:
        InputError: Shapes do not fit.
    """
    if first.shape != second.shape or gates.shape not in (first.shape, first.shape[1:]):
        shapes = [list(one.shape) for one in (first, second, gates)]
        raise InputError(f"first and second must be [N, D], and gates [N, D] or [D], got {shapes}")
    rows = torch.arange(len(first), device=first.device)
    relation = SameKey(rows, rows, local=True) if keys is None else SameKey(keys, keys)
    return Pairs(gates * first, gates * second, relation)


def class_pair_keys(first: Tensor, second: Tensor, *, classes: int) -> Tensor:
    """One number for each unordered pair of classes, int64 `[N]`.

    Args:
        first: int `[N]`, from 0 to ``classes - 1``.
        second: int `[N]`.
        classes: How many there are.

    Raises:
        InputError: A class is out of range.
    """
    every = torch.cat([first, second])
    if len(every) and not (int(every.min()) >= 0 and int(every.max()) < classes):
        raise InputError(f"classes must be from 0 to {classes - 1}, got {int(every.min())} to {int(every.max())}")
    return torch.minimum(first, second).long() * classes + torch.maximum(first, second)
