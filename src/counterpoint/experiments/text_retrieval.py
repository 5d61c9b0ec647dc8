"""A small text encoder that learns to find abstracts for claims, with negatives of whatever source."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.data import Table, named
from counterpoint.encoders import Encoder, Inputs, StaticText
from counterpoint.evaluation import NDCG, Qrels, retrieval_values
from counterpoint.experiments.descend import Step, descend
from counterpoint.objectives import InfoNCE


@dataclass(frozen=True, eq=False)
class RetrievalTexts:
    """Queries to learn from, queries to judge by, and documents.

    Attributes:
        documents: M texts.
        train: N queries.
        positive: int64 `[N]`, the document that answers each.
        test: Q queries.
        judged: Which documents answer those.
    """

    documents: list[str]
    train: list[str]
    positive: np.ndarray
    test: list[str]
    judged: Qrels


def scifact_texts(*, queries: int, documents: int, seed: int) -> RetrievalTexts:
    """The first claims of each part, all abstracts that answer them, and others drawn up to a number.

    Args:
        queries: Claims to learn from and as many to judge by, at most.
        documents: Abstracts, at least those that are answers.
        seed: Draws the others.
    """
    found = named("scifact")
    assert found.retrieval is not None
    assert found.test is not None
    train, test = (_head(part, queries) for part in (found.train, found.test))
    corpus = found.retrieval.corpus.take(np.arange(len(found.retrieval.corpus)))
    held = [f"{title} {text}".strip() for title, text in zip(corpus["title"], corpus["text"], strict=True)]
    known = dict.fromkeys([*train["positive"], *test["positive"]])
    needed = list(known)
    others = [text for text in held if text not in known]
    drawn = np.random.default_rng(seed).permutation(len(others))[: max(0, documents - len(needed))]
    texts = [*needed, *(others[i] for i in drawn)]
    place = {text: row for row, text in enumerate(texts)}
    relevant: dict[str, set[int]] = {query: set() for query in test["query"]}
    for query, answer in zip(test["query"], test["positive"], strict=True):
        relevant[query].add(place[answer])
    judged = Qrels.of_lists([sorted(rows) for rows in relevant.values()], n_candidates=len(texts))
    positive = np.array([place[answer] for answer in train["positive"]])
    return RetrievalTexts(texts, list(train["query"]), positive, list(relevant), judged)


@dataclass(frozen=True, kw_only=True)
class TextLoop:
    """What a run is made of besides its negatives.

    Attributes:
        steps: Optimiser steps.
        batch_size: Queries a step.
        temperature: Of the loss.
        learning_rate: Of Adam, at its start.
        encoder: Embeds queries and documents.
    """

    steps: int
    batch_size: int = 32
    temperature: float = 0.05
    learning_rate: float = 3e-3
    encoder: StaticText = field(
        default_factory=lambda: StaticText(dim=64, vocabulary_size=5000, max_length=96, sif=1e-3)
    )


class TextLearner:
    """An encoder with its queries and documents as tokens, and further texts to draw negatives from.

    Args:
        data: Queries and documents; the vocabulary is theirs.
        loop: The settings.
        seed: Decides weights and batches.
        further: Texts that are no documents, numbered after them.
    """

    def __init__(self, data: RetrievalTexts, loop: TextLoop, *, seed: int, further: Sequence[str] = ()) -> None:
        self.data, self.loop, self.seed = data, loop, seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.encoder: Encoder = loop.encoder.build([*data.documents, *data.train])
        self.queries = self.encoder.collate(data.train)
        self.pool = self.encoder.collate([*data.documents, *further])
        self.loss = InfoNCE(temperature=loop.temperature)

    def retrieving(self, negatives: Callable[[int, Tensor], Tensor]) -> Step:
        """Steps that tell answers from other answers of the batch and from negatives.

        Args:
            negatives: From the number of a step and the queries int64 `[B]` to rows of the pool, int64 `[B, H]`.
        """
        draw = torch.Generator().manual_seed(self.seed)
        positive = torch.from_numpy(self.data.positive)

        def step(number: int) -> Tensor:
            chosen = torch.randperm(len(positive), generator=draw)[: self.loop.batch_size]
            hard = negatives(number, chosen)
            made = self.encoder(picked(self.pool, hard.flatten())).view(*hard.shape, -1)
            queries = self.encoder(picked(self.queries, chosen))
            return self.loss(queries, self.encoder(picked(self.pool, positive[chosen])), negatives=made)

        return step

    def learn(self, step: Step) -> None:
        """All steps of the settings."""
        descend(self.encoder, step, steps=self.loop.steps, learning_rate=self.loop.learning_rate)

    @torch.no_grad()
    def scores(self, queries_B: Tensor, pool_M: Tensor) -> Tensor:
        """Cosines of queries and texts of the pool as the encoder sees them now, `[B, M]`."""
        left, right = self.encoder(picked(self.queries, queries_B)), self.encoder(picked(self.pool, pool_M))
        return normalize(left) @ normalize(right).T

    def ndcg(self) -> np.ndarray:
        """NDCG at 10 of every query to judge by, `[Q]`."""
        return ndcg_values(self.encoder, self.data)


def ndcg_values(encoder: Encoder, data: RetrievalTexts) -> np.ndarray:
    """NDCG at 10 of every query to judge by, `[Q]`."""
    documents, queries = encoder.encode(data.documents), encoder.encode(data.test)
    measure = NDCG(k=10)
    return retrieval_values(queries, documents, data.judged, measures=[measure])[0][measure.name]


def picked(inputs: Inputs, rows_n: Tensor) -> Inputs:
    """Some rows of what an encoder takes."""
    return {name: values[rows_n] for name, values in inputs.items()}


def _head(table: Table, queries: int) -> dict[str, list[str]]:
    held = table.head(queries, ["query", "positive"])
    return {name: [str(text) for text in values] for name, values in held.items()}
