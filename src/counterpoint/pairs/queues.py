"""Embeddings of earlier batches, kept to compare with: first in, first out, over all or within each class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Ranks
from counterpoint.pairwise.arrange import row_keys


class Queue(nn.Module):
    """The last ``size`` embeddings that were pushed, with their labels: MoCo's queue, or a cross-batch memory.

    He et al., "Momentum Contrast for Unsupervised Visual Representation Learning" (2020), arXiv:1911.05722, Sec. 3.2;
    Wang et al., "Cross-Batch Memory for Embedding Learning" (2020), arXiv:1912.06798, Sec. 3.2.

    It begins empty, where MoCo's code begins with random rows. Every rank holds the same rows, those of all ranks in
    rank order, as they were pushed; what is kept has no gradient. State, all of it buffers, so that a checkpoint holds
    it and a resumed run goes on as if nothing had happened: ``rows`` `[size, D]`, ``labels`` int64 `[size]`, and
    ``pushed``, how many rows ever came.

    Args:
        size: How many are kept.
        dim: D.
        facts: What else is kept of every row, as tensors `[n, ...]` of any rows: their shape and type count. State too,
            as ``fact0``, ``fact1``, ...

    Raises:
        InputError: A number is not positive.
    """

    rows: Tensor
    labels: Tensor
    pushed: Tensor

    def __init__(self, size: int, dim: int, *, facts: Sequence[Tensor] = ()) -> None:
        super().__init__()
        if size < 1 or dim < 1:
            raise InputError(f"a queue needs a size and a dim of at least 1, got {size} and {dim}")
        self.register_buffer("rows", torch.zeros(size, dim))
        self.register_buffer("labels", torch.full((size,), -1))
        self.register_buffer("pushed", torch.zeros((), dtype=torch.int64))
        self._facts = [f"fact{number}" for number in range(len(facts))]
        for name, like in zip(self._facts, facts, strict=True):
            self.register_buffer(name, torch.zeros(size, *like.shape[1:], dtype=like.dtype))

    def __len__(self) -> int:
        """Rows that are there."""
        return min(int(self.pushed), len(self.rows))

    @torch.no_grad()
    def push(self, rows: Tensor, labels: Tensor | None = None, facts: Sequence[Tensor] = ()) -> None:
        """Add the rows of all ranks, in rank order, in place of the oldest; a collective call.

        Args:
            rows: `[N, D]`, this rank's.
            labels: int `[N]`; -1, nobody's positive, where not given.
            facts: `[N, ...]` each, as many as the queue was made with.

        Raises:
            InputError: Shapes do not fit.
        """
        rows, labels = checked_push(rows, labels, self.rows.shape[1])
        if [one.shape[1:] for one in facts] != [one.shape[1:] for one in self._kept] or any(
            len(one) != len(rows) for one in facts
        ):
            wanted = [[len(rows), *one.shape[1:]] for one in self._kept]
            raise InputError(f"facts must have the shapes {wanted}, got {[list(one.shape) for one in facts]}")
        ranks, size = Ranks.current(), len(self.rows)
        every = [ranks.gather(one.detach()) for one in (rows, labels, *facts)]
        self.pushed += len(every[0])
        every = [one[-size:] for one in every]
        place = torch.arange(int(self.pushed) - len(every[0]), int(self.pushed), device=rows.device) % size
        for kept, new in zip((self.rows, self.labels, *self._kept), every, strict=True):
            kept[place] = new.to(kept)

    @property
    def _kept(self) -> list[Tensor]:
        return [self.get_buffer(name) for name in self._facts]

    def content(self) -> tuple[Tensor, Tensor]:
        """What is there, `[F, D]` and `[F]`, oldest first; the same on every rank."""
        place = self._places()
        return self.rows[place], self.labels[place]

    def _places(self) -> Tensor:
        start = int(self.pushed)
        return torch.arange(start - len(self), start, device=self.rows.device) % len(self.rows)

    def share(self) -> tuple[Tensor, Tensor]:
        """This rank's part of the content: an objective fetches the candidates of all ranks, and so has each row once.

        There is none on any rank while there are fewer rows than ranks.
        """
        rows, labels = share_of(*self.content())
        return rows, labels

    def share_facts(self) -> list[Tensor]:
        """The facts of the rows that :meth:`share` gives, `[f, ...]` each."""
        place = self._places()
        return list(share_of(*(one[place] for one in self._kept)))


class ClassQueues(nn.Module):
    """The last ``size`` embeddings of every class.

    State as that of :class:`Queue`: ``rows`` `[C, size, D]` and ``pushed`` int64 `[C]`.

    Args:
        classes: C; labels are from 0 to C - 1.
        size: How many are kept of each.
        dim: D.

    Raises:
        InputError: A number is not positive.
    """

    rows: Tensor
    pushed: Tensor

    def __init__(self, classes: int, size: int, dim: int) -> None:
        super().__init__()
        if min(classes, size, dim) < 1:
            raise InputError(f"classes, size and dim must be at least 1, got {classes}, {size} and {dim}")
        self.register_buffer("rows", torch.zeros(classes, size, dim))
        self.register_buffer("pushed", torch.zeros(classes, dtype=torch.int64))

    def __len__(self) -> int:
        """Rows that are there, of all classes."""
        return int(self.pushed.clamp_max(self.rows.shape[1]).sum())

    @torch.no_grad()
    def push(self, rows: Tensor, labels: Tensor) -> None:
        """Add the rows of all ranks to the queues of their classes; rows of negative label are dropped. Collective.

        Args:
            rows: `[N, D]`, this rank's.
            labels: int `[N]`.

        Raises:
            InputError: Shapes or labels do not fit.
        """
        rows, labels = checked_push(rows, labels, self.rows.shape[2])
        classes, size = self.rows.shape[:2]
        if len(labels) and int(labels.max()) >= classes:
            raise InputError(f"labels go up to {int(labels.max())}, and there are {classes} classes")
        ranks = Ranks.current()
        every, numbers = ranks.gather(rows), ranks.gather(labels)
        every, numbers = every[numbers >= 0].to(self.rows), numbers[numbers >= 0]
        order = torch.argsort(numbers, stable=True)
        every, numbers = every[order], numbers[order]
        came = torch.bincount(numbers, minlength=classes)
        turn = torch.arange(len(numbers), device=numbers.device) - (came.cumsum(0) - came)[numbers]
        kept = turn >= came[numbers] - size  # of more than fit, the last
        numbers, turn, every = numbers[kept], turn[kept], every[kept]
        self.rows[numbers, (self.pushed[numbers] + turn) % size] = every
        self.pushed += came

    def content(self) -> tuple[Tensor, Tensor]:
        """What is there, `[F, D]` and labels `[F]`, class by class; the same on every rank."""
        classes, size = self.rows.shape[:2]
        there = torch.arange(size, device=self.rows.device)[None] < self.pushed[:, None]
        labels = torch.arange(classes, device=self.rows.device)[:, None].expand(classes, size)
        return self.rows[there], labels[there]

    def share(self) -> tuple[Tensor, Tensor]:
        """This rank's part of the content; see :meth:`Queue.share`."""
        rows, labels = share_of(*self.content())
        return rows, labels


def share_of(*kept: Tensor) -> tuple[Tensor, ...]:
    """Every ``size``-th row of each from this rank's number on; nothing where some rank would have none."""
    ranks = Ranks.current()
    return tuple(one[:0] if len(one) < ranks.size else one[ranks.index :: ranks.size] for one in kept)


def checked_push(rows: Tensor, labels: Tensor | None, dim: int) -> tuple[Tensor, Tensor]:
    """Rows without gradient and their labels.

    Raises:
        InputError: Shapes do not fit.
    """
    if rows.ndim != 2 or rows.shape[1] != dim:
        raise InputError(f"rows must have shape [N, {dim}] to be kept here, got {list(rows.shape)}")
    nobody = torch.full((len(rows),), -1, device=rows.device)
    return rows.detach(), nobody if labels is None else row_keys(labels, rows)
