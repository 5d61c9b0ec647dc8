"""Skip-gram with negative samples: vectors of whatever occurs together, words or nodes, as others train them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.functional import logsigmoid

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True)
class SkipGram:
    """How skip-gram learns.

    Formula, of a pair (c, o) that occurs together: ``-log sigmoid(u_c . v_o) - sum_{k=1..K} log sigmoid(-u_c . v_k)``,
    v_k drawn by frequency to the power 3/4; u is kept. Mikolov, Sutskever, Chen, Corrado and Dean (2013), "Distributed
    Representations of Words and Phrases and their Compositionality", arXiv:1310.4546, Eq. 4.

    Attributes:
        dim: D.
        negatives: K.
        batch: Pairs a step.
        learning_rate: Of Adam on the rows that a step touches; falls to 0 in a straight line.
    """

    dim: int = 128
    negatives: int = 5
    batch: int = 20_000
    learning_rate: float = 0.02

    def __call__(self, centres: np.ndarray, contexts: np.ndarray, count: int, *, seed: int) -> np.ndarray:
        """Vectors float32 `[count, D]` from one pass over the pairs in random order.

        Args:
            centres: int64 `[P]`.
            contexts: int64 `[P]`.
            count: How many things there are.
            seed: Decides the first vectors, the order and what is drawn.

        Raises:
            InputError: No pairs, or numbers of the two sides that differ.
        """
        if len(centres) != len(contexts) or not len(centres):
            raise InputError(
                f"one context per centre is needed, got {len(centres)} centres and {len(contexts)} contexts"
            )
        rng = torch.Generator().manual_seed(seed)
        u, v = (nn.Embedding(count, self.dim, sparse=True) for _ in range(2))
        with torch.no_grad():
            u.weight.uniform_(-0.5 / self.dim, 0.5 / self.dim, generator=rng)
            v.weight.zero_()
        noise = torch.from_numpy(np.bincount(contexts, minlength=count) ** 0.75).cumsum(0)
        optimiser = torch.optim.SparseAdam([u.weight, v.weight], lr=self.learning_rate)
        order = torch.randperm(len(centres), generator=rng)
        both = torch.from_numpy(np.stack([centres, contexts]))
        batches = order.split(self.batch)
        for number, rows in enumerate(batches):
            centre, context = both[:, rows]
            drawn = torch.rand(len(rows), self.negatives, generator=rng, dtype=noise.dtype) * noise[-1]
            wrong = torch.searchsorted(noise, drawn, right=True)
            found = u(centre)
            right_score = (found * v(context)).sum(1)
            wrong_score = torch.einsum("nd,nkd->nk", found, v(wrong))
            optimiser.param_groups[0]["lr"] = self.learning_rate * (1 - number / len(batches))
            optimiser.zero_grad()
            (-logsigmoid(right_score).mean() - logsigmoid(-wrong_score).sum(1).mean()).backward()
            optimiser.step()
        return u.weight.detach().numpy()
