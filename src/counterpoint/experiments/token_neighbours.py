"""Tokens that occur beside each other in texts of one class: a graph, what attracts what in it, and its smoothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from counterpoint.pairwise import Explicit


def beside(texts: Sequence[Sequence[int]], size: int) -> Tensor:
    """How often two different tokens stand side by side, symmetric float32 `[V, V]`.

    Args:
        texts: Numbers of tokens, below the size.
        size: V.
    """
    left = torch.tensor([token for text in texts for token in text[:-1]], dtype=torch.int64)
    right = torch.tensor([token for text in texts for token in text[1:]], dtype=torch.int64)
    counts_VV = torch.bincount(left * size + right, minlength=size * size).view(size, size).float()
    return (counts_VV + counts_VV.T).fill_diagonal_(0)


def smoothing(beside_VV: Tensor, occurrences_V: Tensor) -> Tensor:
    """The graph's normalised matrix ``D^-1/2 W D^-1/2`` `[V, V]`; a token beside none has zeros.

    ``W_tu = (n_tu + 1) / (n_t + n_u + T)`` where t and u stand side by side n_tu times and occur n_t and n_u times, and
    T tokens occur at all.
    """
    known = (occurrences_V > 0).sum()
    weight_VV = (beside_VV + 1) / (occurrences_V[:, None] + occurrences_V + known)
    weight_VV = torch.where(beside_VV > 0, weight_VV, 0.0)
    degree_V = weight_VV.sum(1)
    scale_V = torch.where(degree_V > 0, degree_V, 1.0).rsqrt()
    return scale_V[:, None] * weight_VV * scale_V


@dataclass(frozen=True, eq=False)
class ExclusiveTokens:
    """Tokens of nearly one class alone, int64 `[A]`, and what attracts and repels each among all tokens `[A, V]`."""

    tokens: Tensor
    relation: Explicit


def exclusive_tokens(
    counts_VC: Tensor,
    beside_CVV: Sequence[Tensor],
    draw: np.random.Generator,
    *,
    share: float = 0.9,
    attract: int = 20,
    compare: int = 40,
) -> ExclusiveTokens:
    """Draw pairs: neighbours in the class's own texts attract, exclusive tokens of other classes repel.

    Neighbours are drawn without replacement with chances that grow as a softmax of their counts to the power of 3/4.
    Tokens without neighbours in their class are left out.

    Args:
        counts_VC: How often a token occurs in texts of a class.
        beside_CVV: Of each class, how often tokens stand side by side there.
        draw: Decides the pairs.
        share: Of its occurrences that an exclusive token has in its class, at least.
        attract: Neighbours of a token, at most.
        compare: Neighbours and repelling tokens together, where there are enough.
    """
    most_V, class_V = counts_VC.max(1)
    degree_V = torch.stack([own.sum(1) for own in beside_CVV], 1).gather(1, class_V[:, None])[:, 0]
    tokens = ((most_V > 0) & (most_V >= share * counts_VC.sum(1)) & (degree_V > 0)).nonzero()[:, 0]
    positive, negative = torch.zeros(2, len(tokens), len(counts_VC), dtype=torch.bool)
    for row, token in enumerate(tokens.tolist()):
        own = beside_CVV[int(class_V[token])][token]
        near = own.nonzero()[:, 0].numpy()
        chance = (own[near].double() ** 0.75).softmax(0).clamp_min(1e-12).numpy()
        positive[row, draw.choice(near, min(attract, len(near)), replace=False, p=chance / chance.sum())] = True
        far = tokens[(class_V[tokens] != class_V[token]) & ~positive[row, tokens]].numpy()
        negative[row, draw.permutation(far)[: compare - int(positive[row].sum())]] = True
    return ExclusiveTokens(tokens, Explicit(positive, negative))


class SmoothedTokens(nn.Module):
    """Two graph convolutions without a bend between them, ``A drop(A X U) W``, that make all tokens' vectors anew.

    Args:
        smoothing_VV: A.
        start_VD: X, which does not learn.
        share: Of entries dropped between the two while it learns.
    """

    def __init__(self, smoothing_VV: Tensor, start_VD: Tensor, *, share: float = 0.2) -> None:
        super().__init__()
        dim, self.share = start_VD.shape[1], share
        self.smoothing_VV, self.smoothed_VD = smoothing_VV, smoothing_VV @ start_VD
        self.first, self.second = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self) -> Tensor:
        """Vectors `[V, D]`."""
        hidden_VD = dropout(self.first(self.smoothed_VD), self.share, self.training)
        return self.second(self.smoothing_VV @ hidden_VD)
