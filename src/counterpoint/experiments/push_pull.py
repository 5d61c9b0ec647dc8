"""Word vectors by push and pull: a hinge on one co-occurrence and one stranger, as fast as memory gives its rows."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows

Pairs = tuple[np.ndarray, np.ndarray]
"""Things and what occurs beside each of them, int64 `[P]` both."""
_UNIT_AGAIN = 20
"""Batches after which the vectors of contexts are scaled back to length 1."""


@dataclass(frozen=True, kw_only=True)
class PushPull:
    """How word vectors are learnt from what occurs together.

    Formula, of a pair (i, j) and a stranger k: ``max(0, m - u_i . v_j + u_i . v_k)``; u is kept. Rows of v have length
    1, so that nothing but directions can be pulled apart. The step of a row is Adagrad's, with one sum of squares for
    all of the row. After Ri, Lee and Verma (2023), "Contrastive Loss is All You Need to Recover Analogies as Parallel
    Lines", arXiv:2306.08221; the exact form of the loss is our reading.

    Attributes:
        dim: D.
        margin: m.
        batch: Pairs a step; few enough that their rows stay in the cache.
        learning_rate: At the start; falls to 0 in a straight line.

    Raises:
        InputError: A number that is not positive.
    """

    dim: int = 100
    margin: float = 1.0
    batch: int = 4_000
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        for name in ("dim", "margin", "batch", "learning_rate"):
            check_positive_number(name, getattr(self, name))

    def __call__(self, centres: np.ndarray, contexts: np.ndarray, count: int, *, seed: int) -> np.ndarray:
        """Vectors u float32 `[count, D]` from one pass over the pairs in random order.

        Args:
            centres: int64 `[P]`.
            contexts: int64 `[P]`.
            count: How many things there are.
            seed: Decides the first vectors, the order and the strangers.

        Raises:
            InputError: As for :meth:`passes`.
        """
        return self.passes([(centres, contexts)], 1, count, seed=seed)

    def passes(self, each: Iterable[Pairs], number: int, count: int, *, seed: int) -> np.ndarray:
        """Vectors u float32 `[count, D]` from several passes, whose pairs need not be the same.

        Args:
            each: The pairs of every pass; asked for one after the other.
            number: Of passes.
            count: How many things there are.
            seed: Decides the first vectors, the order and the strangers.

        Raises:
            InputError: No pairs, or numbers of the two sides that differ.
        """
        draw = torch.Generator().manual_seed(seed)
        table = _Tables(count, self.dim, draw)
        for done, (centres, contexts) in enumerate(each):
            if len(centres) != len(contexts) or not len(centres):
                raise InputError(
                    f"one context per centre is needed, got {len(centres)} centres and {len(contexts)} contexts"
                )
            both = torch.from_numpy(np.stack([centres, contexts]).astype(np.int64, copy=False))
            batches = torch.randperm(len(centres), generator=draw).split(self.batch)
            for place, rows in enumerate(batches):
                centre, context = both[:, rows]
                # A stranger is the context of another pair, hence drawn by frequency.
                strange = context[torch.randperm(len(rows), generator=draw)]
                left = 1 - (done + place / len(batches)) / number
                table.step(centre, context, strange, margin=self.margin, rate=self.learning_rate * left)
                if place % _UNIT_AGAIN == 0:
                    table.v = unit_rows(table.v)
        return table.u.numpy()


class _Tables:
    """Both vectors of every thing, and the sums of squares of their gradients.

    The gradient is written out: autograd would make a table of gradients at every step.
    """

    def __init__(self, count: int, dim: int, draw: torch.Generator) -> None:
        self.u = (torch.rand(count, dim, generator=draw) - 0.5) / dim
        self.v = unit_rows(torch.randn(count, dim, generator=draw))
        self.squares_u, self.squares_v = (torch.full((count,), 1e-8) for _ in range(2))

    def step(self, centre: Tensor, context: Tensor, strange: Tensor, *, margin: float, rate: float) -> None:
        """One step down the hinge of a batch of pairs, int64 `[B]` each."""
        u_BD, apart_BD = self.u.index_select(0, centre), self.v.index_select(0, context)
        apart_BD.sub_(self.v.index_select(0, strange))
        active_B = (_dots(u_BD, apart_BD) < margin).to(u_BD.dtype)
        dim = u_BD.shape[1]
        self.squares_u.index_add_(0, centre, _dots(apart_BD, apart_BD) * active_B / dim)
        # The part of u along v is left in: it lengthens v alone, which is scaled back.
        lengths_B = _dots(u_BD, u_BD) * active_B / dim
        for rows in (context, strange):
            self.squares_v.index_add_(0, rows, lengths_B)
        rate_B = rate * active_B
        self.u.index_add_(0, centre, apart_BD.mul_(_scaled(rate_B, self.squares_u, centre)))
        self.v.index_add_(0, context, u_BD * _scaled(rate_B, self.squares_v, context))
        self.v.index_add_(0, strange, u_BD.mul_(_scaled(rate_B, self.squares_v, strange)), alpha=-1)


def _dots(left_BD: Tensor, right_BD: Tensor) -> Tensor:
    """Of matching rows `[B]`, without a matrix of their products."""
    return torch.bmm(left_BD[:, None], right_BD[:, :, None]).view(-1)


def _scaled(rate_B: Tensor, squares: Tensor, rows: Tensor) -> Tensor:
    return (rate_B * squares.index_select(0, rows).rsqrt())[:, None]
