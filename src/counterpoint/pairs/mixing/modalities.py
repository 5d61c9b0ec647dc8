"""Mixes of one modality contrasted with what they are made of in another."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairs.mixing.arranged import Pairs
from counterpoint.pairs.mixing.mixes import Mixes
from counterpoint.pairwise import SameKey


def mixed_modality(mixes: Mixes, others: Tensor) -> tuple[Pairs, Pairs]:
    """Mixes of one modality against rows of another, and those rows against the mixes.

    Kumar, Singhal et al., "Harnessing Shared Relations via Multimodal Mixup Contrastive Learning for Multimodal
    Classification" (M3CoL, 2024), arXiv:2409.17777, its mixup-based contrastive loss; as in the public code, the loss
    is the mean of that of both results under ``InfoNCE``. Formula of the first, for mix i of examples i and k:
    ``-(lambda_i log p(i | mix i) + (1 - lambda_i) log p(k | mix i))``, ``p`` the softmax over the other modality; of
    the second ``-(lambda_i log p(mix i | i) + (1 - lambda_i) log p(mix i | k))``, over mixes. Anchors are there twice,
    with ``lambda`` and ``1 - lambda`` as weights.

    Args:
        mixes: Of the first modality: embeddings `[N, D]` of mixed inputs, or mixed embeddings; one for each example.
        others: `[N, D]`, embeddings of the second, not mixed.

    Raises:
        InputError: There is not one mix for each row of the other modality.
    """
    n = len(others)
    if len(mixes.rows) != n or not torch.equal(mixes.first, torch.arange(n, device=mixes.first.device)):
        raise InputError(f"mixes must be one for each of the {n} other rows, the first part of mix i being row i")
    both, rows = torch.cat([mixes.first, mixes.second]), torch.arange(n, device=others.device)
    weights = torch.cat([mixes.share, 1 - mixes.share])
    forth = Pairs(torch.cat([mixes.rows, mixes.rows]), others, SameKey(both, rows, local=True), weights)
    back = Pairs(others[both], mixes.rows, SameKey(torch.cat([rows, rows]), rows, local=True), weights)
    return forth, back
