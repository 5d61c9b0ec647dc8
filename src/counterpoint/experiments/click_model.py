"""Guessing clicks: does a user, of whom a few items are known, take an item?"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from counterpoint.base.marks import ABSENT
from counterpoint.data.interactions import Interactions, Split
from counterpoint.encoders.sequences import padded
from counterpoint.evaluation.recommendation import COLD
from counterpoint.experiments.next_item import sequences_of
from counterpoint.experiments.recommend import NegativeItems
from counterpoint.methods.quantised_contrast import QuantisedContrast


@dataclass(frozen=True, kw_only=True)
class ClickSettings:
    """How a model of clicks learns.

    Attributes:
        steps: Optimiser steps.
        dim: D, of items and of what the click is read from.
        longest: Known items of a user that count.
        batch: Clicks a step, with as many items that were not clicked.
        hidden: Share of a user's known items that a view hides.
        learning_rate: Of Adam.
    """

    steps: int
    dim: int = 32
    longest: int = 20
    batch: int = 256
    hidden: float = 0.3
    learning_rate: float = 2e-3


class ClickModel(nn.Module):
    """The mean of a user's items, the item in question and their product, through a perceptron to a logit.

    Args:
        items: How many.
        dim: D.
    """

    def __init__(self, items: int, *, dim: int) -> None:
        super().__init__()
        self.known, self.asked = nn.Embedding(items, dim), nn.Embedding(items, dim)
        for table in (self.known, self.asked):
            nn.init.normal_(table.weight, std=dim**-0.5)
        self.hidden = nn.Sequential(nn.Linear(3 * dim, 2 * dim), nn.ReLU(), nn.Linear(2 * dim, dim), nn.ReLU())
        self.click = nn.Linear(dim, 1)

    def forward(self, history: Tensor, items: Tensor) -> Tensor:
        """What the click is read from, `[N, D]`.

        Args:
            history: int64 `[N, L]`, ``ABSENT`` where there is none.
            items: int64 `[N]`.
        """
        there = (history != ABSENT).unsqueeze(-1)
        user = (self.known(history.clamp(min=0)) * there).sum(1) / there.sum(1).clamp(min=1)
        item = self.asked(items)
        return self.hidden(torch.cat([user, item, user * item], dim=1))


@dataclass(frozen=True, kw_only=True)
class QuantisedSettings:
    """What is contrasted beside the clicks.

    Attributes:
        weight: Of the contrast.
        codes: Of the codebook.
        adaptive: Active users have a larger share of the instance; all shares are 1 otherwise, and the codebook idle.
    """

    weight: float = 0.1
    codes: int = 64
    adaptive: bool = True


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Where learning ends: at the look with the highest AUC.

    Attributes:
        by: Clicks by which it is measured, of users of whom the training part is known.
        look: Steps from one look to the next.
    """

    by: Interactions
    look: int


Buckets = Mapping[str, tuple[int, int]]
"""By name, the least and the largest number of known items of a user in it."""


def click_figures(
    data: Split,
    settings: ClickSettings,
    contrast: QuantisedSettings | None,
    *,
    buckets: Buckets | None = None,
    stop: Stop | None = None,
    seed: int,
) -> dict[str, float]:
    """Learn from the training part, and judge clicks of the test part.

    Args:
        data: Learnt from, and judged by.
        settings: Sizes and steps.
        contrast: Beside the clicks; None for none.
        buckets: Of users, judged by themselves.
        stop: The best look is kept; all steps are taken, and the last one is, where there is none.
        seed: Of weights, batches, views and draws.

    Returns:
        ``auc`` of all and ``auc/name`` of every bucket that anybody is in; by default ``auc/cold`` of the quarter of
        users with fewest known items and ``auc/active`` of the others.
    """
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = ClickModel(data.train.shape[1], dim=settings.dim)
        both = None if contrast is None else QuantisedContrast(contrast.codes, settings.dim)
        best, kept = -1.0, None
        for step in _learn(model, both, data.train, settings, contrast, rng):
            if stop is not None and step % stop.look == 0:
                judge = np.random.default_rng(seed + 2)
                auc = _judged(model, data.train, stop.by, settings, {}, judge)["auc"]
                best, kept = (auc, copy.deepcopy(model.state_dict())) if auc > best else (best, kept)
    if kept is not None:
        model.load_state_dict(kept)
    return _judged(model, data.known, data.test, settings, buckets, np.random.default_rng(seed + 1))


def _learn(
    model: ClickModel,
    both: QuantisedContrast | None,
    train: Interactions,
    settings: ClickSettings,
    contrast: QuantisedSettings | None,
    rng: np.random.Generator,
) -> Iterator[int]:
    # Gives the number of steps after each.
    sequences, draw = sequences_of(train), NegativeItems(train)
    sizes = np.diff(train.starts)
    usual = float(np.median(sizes))
    optimiser = torch.optim.Adam(
        [*model.parameters(), *([] if both is None else both.parameters())], lr=settings.learning_rate
    )
    for step in range(settings.steps):
        rows = rng.integers(len(train), size=settings.batch)
        users, taken = train.users[rows], train.items[rows]
        # What is asked for is not among what is known.
        known = [sequences[user][sequences[user] != item] for user, item in zip(users, taken, strict=True)]
        history = padded(known, settings.longest).repeat(2, 1)
        items = torch.from_numpy(np.concatenate([taken, draw(users, rng)]))
        clicked = torch.cat([torch.ones(len(rows)), torch.zeros(len(rows))])
        optimiser.zero_grad()
        loss = binary_cross_entropy_with_logits(model.click(model(history, items)).squeeze(1), clicked)
        if both is not None and contrast is not None:
            views = [model(_hidden(history, settings.hidden), items) for _ in range(2)]
            size = torch.from_numpy(np.tile(sizes[users], 2)).float()
            share = size / (size + usual) if contrast.adaptive else torch.ones(len(items))
            loss = loss + contrast.weight * both(*views, share)
        loss.backward()
        optimiser.step()
        yield step + 1


def _hidden(history: Tensor, share: float) -> Tensor:
    return history.masked_fill(torch.rand(history.shape) < share, ABSENT)


@torch.no_grad()
def _judged(
    model: ClickModel,
    known: Interactions,
    test: Interactions,
    settings: ClickSettings,
    buckets: Buckets | None,
    rng: np.random.Generator,
) -> dict[str, float]:
    sequences, sizes = sequences_of(known), np.diff(known.starts)
    history = padded([sequences[user] for user in test.users], settings.longest)
    drawn = NegativeItems(known)(test.users, rng)
    scores = [model.click(model(history, torch.from_numpy(items))).squeeze(1).numpy() for items in (test.items, drawn)]
    bound, size = int(np.quantile(sizes, COLD)), sizes[test.users]
    buckets = {"cold": (0, bound), "active": (bound + 1, int(sizes.max()))} if buckets is None else buckets
    parts = {f"auc/{name}": (size >= least) & (size <= most) for name, (least, most) in buckets.items()}
    parts = {"auc": np.ones(len(test), dtype=bool), **parts}
    return {name: _auc(scores, rows) for name, rows in parts.items() if rows.any()}


def _auc(scores: list[np.ndarray], rows: np.ndarray) -> float:
    clicked = np.repeat([1, 0], int(rows.sum()))
    return float(roc_auc_score(clicked, np.concatenate([one[rows] for one in scores])))
