"""Recommenders of sequences: the next item, learnt at every place and judged by full ranking."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.marks import ABSENT
from counterpoint.data.interactions import Interactions, Split
from counterpoint.encoders.sequences import LearntItems, SequenceEncoder, padded
from counterpoint.experiments.recommend import Vectors
from counterpoint.methods.sequence_contrast import Augmenters, MetaAugmentation, SequenceContrast
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import Dot, SameKey
from counterpoint.views.sequences import OneOf


@dataclass(frozen=True, kw_only=True)
class SequenceSettings:
    """How a recommender of sequences learns.

    Attributes:
        steps: Optimiser steps.
        dim: D.
        longest: Items of a sequence that count.
        layers: Blocks.
        batch: Sequences a step.
        dropout: Of the encoder.
        learning_rate: Of Adam.
        from_end: Places are counted from the last item that the next one is asked after.
    """

    steps: int
    dim: int = 64
    longest: int = 20
    layers: int = 2
    batch: int = 128
    dropout: float = 0.2
    learning_rate: float = 2e-3
    from_end: bool = False


Further = Callable[[Tensor, Tensor], Tensor]
"""From states `[n, D]` and the items that came next, int64 `[n]`, to a further loss."""
After = Callable[[int, Tensor], bool]
"""Told how many steps are done and the loss of the last; whether that is enough."""


class SequenceLearner:
    """An encoder of sequences and its training.

    Args:
        data: Learnt from.
        settings: Sizes and length.
        seed: Of weights, batches, views and dropout.
        items: From torch's random state to what gives the items' vectors; a vector for each item by default.
        contrast: Of two views of each sequence, beside the next item; none by default.

    Attributes:
        left_out: How many sequences have no item after their first, and teach nothing.

    Raises:
        InputError: No sequence has two items.
    """

    def __init__(
        self,
        data: Split,
        settings: SequenceSettings,
        *,
        seed: int,
        items: Callable[[], nn.Module] | None = None,
        contrast: SequenceContrast | None = None,
    ) -> None:
        self.data, self.settings, self.seed, self.contrast = data, settings, seed, contrast
        sequences = sequences_of(data.train)
        self.sequences = [one for one in sequences if len(one) > 1]
        self.left_out = len(sequences) - len(self.sequences)
        if not self.sequences:
            raise InputError(f"none of {len(sequences):,} sequences has two items, and the next one cannot be learnt")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            made = LearntItems(data.train.shape[1], dim=settings.dim) if items is None else items()
            self.encoder = SequenceEncoder(
                made, dim=settings.dim, longest=settings.longest, layers=settings.layers, dropout=settings.dropout,
                from_end=settings.from_end,
            )  # fmt: skip
            self.augmenters: Augmenters | None = None if contrast is None else contrast.augmenters(settings.dim)

    def learn(
        self, further: Further | None = None, *, heads: nn.Module | None = None, after: After | None = None
    ) -> None:
        """All steps.

        Args:
            further: A loss beside that of the next item.
            heads: What it learns beside the encoder.
            after: Asked after every step, and ends learning where it says so; it must leave random state and modes of
                modules as they are.
        """
        learners = nn.ModuleList([self.encoder, *([] if heads is None else [heads])])
        rate = self.settings.learning_rate
        optimiser = torch.optim.Adam(learners.parameters(), lr=rate)
        meta = None if self.augmenters is None else torch.optim.Adam(self.augmenters.parameters(), lr=rate)
        rng = np.random.default_rng(self.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            learners.train()
            for step in range(self.settings.steps):
                rows = rng.integers(len(self.sequences), size=self.settings.batch)
                chosen = [self.sequences[row] for row in rows]
                loss = self._step(chosen, rng, further, (optimiser, meta))
                if after is not None and after(step + 1, loss):
                    break
            learners.eval()

    def _step(
        self,
        chosen: list[np.ndarray],
        rng: np.random.Generator,
        further: Further | None,
        optimisers: tuple[torch.optim.Optimizer, torch.optim.Optimizer | None],
    ) -> Tensor:
        optimiser, meta = optimisers
        optimiser.zero_grad()
        table = self.encoder.items()
        loss = self._next(chosen, table, further)
        views = None if self.contrast is None else [self._views(chosen, rng) for _ in range(2)]
        if self.contrast is not None and views is not None:
            first, second = (self.encoder.last(view, table) for view in views)
            loss = loss + self.contrast.loss(first, second, self.augmenters)
        loss.backward()
        optimiser.step()
        if meta is not None and views is not None and isinstance(self.contrast, MetaAugmentation):
            with torch.no_grad():
                first, second = (self.encoder.last(view) for view in views)
            meta.zero_grad()
            self.contrast.meta(first, second, self.augmenters).backward()
            meta.step()
        return loss.detach()

    def _next(self, chosen: list[np.ndarray], table: Tensor, further: Further | None) -> Tensor:
        whole = padded(chosen, self.settings.longest + 1)
        there = whole[:, 1:] != ABSENT
        # The last item of a shorter sequence is asked for and not asked after, as that of the longest.
        asked = whole[:, :-1].where(there, ABSENT)
        states, targets = self.encoder(asked, table)[there], whole[:, 1:][there]
        relation = SameKey(targets, torch.arange(len(table)))
        loss = InfoNCE(temperature=1.0, similarity=Dot())(states, table, relation=relation)
        return loss if further is None else loss + further(states, targets)

    def _views(self, chosen: list[np.ndarray], rng: np.random.Generator) -> Tensor:
        view = OneOf()
        return padded([view(one[-self.settings.longest :], rng) for one in chosen], self.settings.longest)

    @torch.no_grad()
    def vectors(self, known: Interactions) -> Vectors:
        """Of users, after what is known of them, and of items; their dot products rank what comes next."""
        table, sequences = self.encoder.items(), sequences_of(known)
        parts = [
            self.encoder.last(padded(sequences[start : start + 512], self.settings.longest), table)
            for start in range(0, len(sequences), 512)
        ]
        return torch.cat(parts).numpy(), table.numpy()

    @torch.no_grad()
    def alike(self) -> float:
        """Mean cosine of the two views that the augmenters make, over the sequences learnt from."""
        assert self.augmenters is not None  # asked of a contrast that has them
        rng = np.random.default_rng(self.seed)
        chosen = self.sequences[:1024]
        made = self.augmenters(*(self.encoder.last(self._views(chosen, rng)) for _ in range(2)))
        return float(torch.cosine_similarity(*made).mean())


def sequences_of(taken: Interactions) -> list[np.ndarray]:
    """The items of every user, in order."""
    return np.split(taken.items, taken.starts[1:-1])
