"""Recommenders on graphs, trained and judged by full ranking: the trial that papers about them share."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import normalize

from counterpoint.base.checks import check_not_negative, check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, Split
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.evaluation import uniformity
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.recommendation import Group, dot_scores, recommendation
from counterpoint.methods.graph_contrast import GraphContrast, nodes_of, recommendation_loss
from counterpoint.methods.item_ranking import ItemRanking, PairwiseRanking, Triples


@dataclass(frozen=True, kw_only=True)
class RecommenderSettings:
    """How a recommender learns; the defaults are those of LightGCN's and SELFRec's public code.

    Attributes:
        dim: D.
        layers: Of propagation.
        epochs: Passes over the interactions, at most.
        look: Epochs between looks at the validation part; the best of them is kept.
        patience: Looks without a better one after which training ends.
        batch: Interactions a step.
        learning_rate: Of Adam.
        decay: Weight of the squared length of a batch's rows.
        ranking: How the items of a user come before others.
    """

    dim: int = 64
    layers: int = 3
    epochs: int = 100
    look: int = 5
    patience: int = 2
    batch: int = 2048
    learning_rate: float = 1e-3
    decay: float = 1e-4
    ranking: ItemRanking = PairwiseRanking()

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: One is out of its range.
        """
        for name in ("dim", "layers", "epochs", "look", "patience", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
        check_positive_number("learning_rate", self.learning_rate)
        check_not_negative("decay", self.decay)


Vectors = tuple[np.ndarray, np.ndarray]
"""Of users `[U, D]` and of items `[I, D]`; their dot products rank."""


@dataclass(frozen=True)
class Look:
    """What a recommender is like after an epoch.

    Attributes:
        epoch: From 1 on.
        loss: The mean over the epoch.
        recall: Recall@20 on the validation part, where this epoch was looked at.
    """

    epoch: int
    loss: float
    recall: float | None


class Learner:
    """A recommender in training; the same for the same arguments, and torch's global random state is left alone.

    Args:
        train: Learnt from.
        contrast: Beside the ranking.
        settings: Sizes and ranking.
        seed: Of weights, order, draws and noise.

    Raises:
        InputError: A user has taken every item, so that nothing can be drawn for comparison.
    """

    def __init__(
        self, train: Interactions, contrast: GraphContrast, settings: RecommenderSettings, *, seed: int
    ) -> None:
        self.train, self.contrast, self.settings = train, contrast, settings
        self.rng, self.generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        self.draw = NegativeItems(train)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            graph = BipartiteGraph(train.users, train.items, train.shape)
            self.model = contrast.learner(graph, dim=settings.dim, layers=settings.layers)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=settings.learning_rate, fused=True)

    def epoch(self) -> float:
        """One pass over the interactions; the mean of its losses."""
        encode, losses = self.contrast.epoch(self.model, self.rng), []
        for triples in epoch_of_triples(self.train, self.settings.batch, self.rng, self.draw):
            self.optimiser.zero_grad()
            loss = recommendation_loss(
                self.contrast,
                self.model,
                encode(self.generator, nodes_of(triples, self.train.shape[0])),
                triples,
                decay=self.settings.decay,
                ranking=self.settings.ranking,
            )
            loss.backward()
            self.optimiser.step()
            losses.append(loss.detach())
        return float(torch.stack(losses).mean())

    @torch.no_grad()
    def vectors(self) -> Vectors:
        """As they are now."""
        table = self.contrast.table(self.model)
        users, items = self.model.split(normalize(table, dim=1) if self.settings.ranking.by_cosine else table)
        return users.numpy().copy(), items.numpy().copy()


def train_recommender(
    data: Split,
    contrast: GraphContrast,
    settings: RecommenderSettings,
    *,
    seed: int,
    tell: Callable[[Look], None] = lambda look: None,
) -> tuple[Vectors, int]:
    """The vectors with the best Recall@20 on the validation part, and the epoch they are from.

    Args:
        data: Learnt from, and looked at.
        contrast: Beside the ranking.
        settings: Sizes, length and ranking.
        seed: As for :class:`Learner`.
        tell: Told of every epoch.

    Raises:
        InputError: As for :class:`Learner`.
    """
    learner = Learner(data.train, contrast, settings, seed=seed)
    best, found, since = -1.0, (learner.vectors(), 0), 0
    for epoch in range(1, settings.epochs + 1):
        loss = learner.epoch()
        if epoch % settings.look and epoch != settings.epochs:
            tell(Look(epoch, loss, None))
            continue
        vectors = learner.vectors()
        reached = ranking(vectors, data.train, data.validation, groups=())["recall@20"]
        tell(Look(epoch, loss, reached))
        best, found, since = (reached, (vectors, epoch), 0) if reached > best else (best, found, since + 1)
        if since >= settings.patience:
            break
    return found


def ranking(
    vectors: Vectors, known: Interactions, held_out: Interactions, *, groups: Sequence[Group] | None = None
) -> dict[str, float]:
    """Recall and nDCG of full ranking, by name; also for cold users and for items of the tail and of the head."""
    measures = recommendation(
        dot_scores(*vectors), known.matrix, held_out.matrix, groups=groups, bootstrap=Bootstrap(resamples=10)
    )
    return {one.name: one.value for one in measures}


def judged(data: Split, contrast: GraphContrast, settings: RecommenderSettings, *, seed: int) -> dict[str, float]:
    """Train, and rank for the test part all that was not known before it.

    Returns:
        What :func:`ranking` gives, ``uniformity`` of the vectors of users and items that took part in training
        (smaller is more even), and ``epoch``.
    """
    vectors, epoch = train_recommender(data, contrast, settings, seed=seed)
    known = data.known
    taken = [np.unique(numbers) for numbers in (known.users, known.items)]
    rows = np.concatenate([side[there] for side, there in zip(vectors, taken, strict=True)])
    return {**ranking(vectors, known, data.test), "uniformity": uniformity(rows).value, "epoch": float(epoch)}


def epoch_of_triples(
    train: Interactions, batch: int, rng: np.random.Generator, draw: "NegativeItems"
) -> Iterator[Triples]:
    """Every interaction once, in random order, each with an item that ``draw`` gives."""
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
