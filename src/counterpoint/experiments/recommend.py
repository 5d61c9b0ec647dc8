"""Recommenders on graphs, trained and judged by full ranking: the trial that papers about them share."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions
from counterpoint.encoders.light_gcn import BipartiteGraph, LightGCN
from counterpoint.methods.graph_contrast import GraphContrast, recommendation_loss


@dataclass(frozen=True, kw_only=True)
class RecommenderSettings:
    """How long and how a recommender learns; the defaults are those of LightGCN's and SELFRec's public code.

    Attributes:
        dim: D.
        layers: Of propagation.
        epochs: Passes over the interactions.
        batch: Interactions a step.
        learning_rate: Of Adam.
        decay: Weight of the squared length of a batch's rows.
    """

    dim: int = 64
    layers: int = 3
    epochs: int = 20
    batch: int = 2048
    learning_rate: float = 1e-3
    decay: float = 1e-4


def train_recommender(
    train: Interactions, contrast: GraphContrast, settings: RecommenderSettings, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of users `[U, D]` and of items `[I, D]`, whose dot products rank.

    The same for the same arguments; torch's global random state is left as it was found.

    Raises:
        InputError: A user has taken every item, so that nothing can be drawn for comparison.
    """
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    graph = BipartiteGraph(train.users, train.items, train.shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LightGCN(graph, dim=settings.dim, layers=settings.layers)
    optimiser = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
    for _ in range(settings.epochs):
        encode = contrast.epoch(model, rng)
        for triples in epoch_of_triples(train, settings.batch, rng):
            optimiser.zero_grad()
            recommendation_loss(contrast, model, encode(generator), triples, decay=settings.decay).backward()
            optimiser.step()
    with torch.no_grad():
        users, items = model.split(contrast.table(model))
    return users.numpy(), items.numpy()


Triples = tuple[Tensor, Tensor, Tensor]
"""int64 `[B]` each: users, items that they took, and items drawn evenly from those that they did not."""


def epoch_of_triples(train: Interactions, batch: int, rng: np.random.Generator) -> Iterator[Triples]:
    """Every interaction once, in random order."""
    draw = NegativeItems(train)
    for rows in np.array_split(rng.permutation(len(train)), -(-len(train) // batch)):
        users, items = train.users[rows], train.items[rows]
        triple = (users, items, draw(users, rng))
        yield torch.from_numpy(triple[0]), torch.from_numpy(triple[1]), torch.from_numpy(triple[2])


class NegativeItems:
    """Draws items that a user did not take, evenly.

    Attributes:
        known: `user * I + item` of every interaction, ascending.
        items: I.
    """

    def __init__(self, train: Interactions) -> None:
        """Remember who took what.

        Raises:
            InputError: A user took all items.
        """
        self.items = train.shape[1]
        full = np.flatnonzero(np.diff(train.starts) >= self.items)
        if full.size:
            raise InputError(f"user {train.user_names[full[0]]!r} took all {self.items} items: none is left")
        self.known = np.sort(train.users * self.items + train.items)

    def __call__(self, users: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One item for each user, int64; drawn again where it was taken."""
        drawn = np.zeros(len(users), dtype=np.int64)
        todo = np.arange(len(users))
        while todo.size:
            drawn[todo] = rng.integers(self.items, size=todo.size)
            keys = users[todo] * self.items + drawn[todo]
            place = np.searchsorted(self.known, keys).clip(max=len(self.known) - 1)
            todo = todo[self.known[place] == keys]
        return drawn
