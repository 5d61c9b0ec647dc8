"""Pairs of texts from different domains, and how well an encoder tells them from strangers: for trials of experts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoint.data import Table, named
from counterpoint.encoders import Encoder
from counterpoint.evaluation import Qrels, retrieval_values, score_auc
from counterpoint.evaluation.retrieval import MRR


@dataclass(frozen=True, eq=False)
class Pairs:
    """Two sides of N texts; row i of one belongs to row i of the other."""

    first: list[str]
    second: list[str]

    def __len__(self) -> int:
        """N."""
        return len(self.first)


@dataclass(frozen=True, eq=False)
class Domain:
    """Pairs to learn from and pairs to judge by."""

    train: Pairs
    test: Pairs


def titles(count: int, tests: int) -> Domain:
    """Titles of SciFact's abstracts with their first sentence."""
    found = named("scifact").retrieval
    assert found is not None
    held = found.corpus.take(np.arange(count + tests))
    sentences = [str(text).split(". ")[0] for text in held["text"]]
    return _split([str(title) for title in held["title"]], sentences, tests)


def neighbours(count: int, tests: int) -> Domain:
    """Sentences of novels with the sentence after them; those of another novel to judge by."""
    found = named("novels")
    return Domain(*(_columns(*part, ("anchor", "positive")) for part in ((found.train, count), (found.test, tests))))


def captions(count: int, tests: int) -> Domain:
    """English captions with their French translation."""
    found = named("multi30k")
    return Domain(*(_columns(*part, ("en", "fr")) for part in ((found.train, count), (found.test, tests))))


def intents(count: int, tests: int) -> Domain:
    """Questions to a bank with the name of their intent; the test part's, 77 names."""
    found, names = named("banking77"), ("text", "category")
    pairs = [_columns(*part, names) for part in ((found.train, 10**6), (found.test, 10**6))]
    order = np.random.default_rng(0)
    chosen = [order.permutation(len(one))[:size] for one, size in zip(pairs, (count, tests), strict=True)]
    return Domain(*(_rows(one, rows) for one, rows in zip(pairs, chosen, strict=True)))


def pair_auc(encoder: Encoder, pairs: Pairs) -> float:
    """Chance that a pair scores above two strangers: a first side with the second one half of the list away."""
    first, second = (encoder.encode(side, batch_size=64) for side in (pairs.first, pairs.second))
    paired, strange = ((first * other).sum(1) for other in (second, np.roll(second, len(second) // 2, axis=0)))
    return score_auc(paired, strange).value


def reciprocal_rank(encoder: Encoder, pairs: Pairs) -> float:
    """Mean reciprocal rank, up to 10, of the second side of each pair among all different ones."""
    candidates = list(dict.fromkeys(pairs.second))
    place = {text: row for row, text in enumerate(candidates)}
    judged = Qrels.of_lists([[place[text]] for text in pairs.second], n_candidates=len(candidates))
    queries, found = (encoder.encode(side, batch_size=64) for side in (pairs.first, candidates))
    return float(retrieval_values(queries, found, judged, measures=[MRR(k=10)])[0]["mrr@10"].mean())


def _columns(table: Table, count: int, names: Sequence[str]) -> Pairs:
    found = table.head(count, list(names))
    first, second = ([str(text) for text in found[name]] for name in names)
    return Pairs(first, second)


def _rows(pairs: Pairs, rows: np.ndarray) -> Pairs:
    return Pairs([pairs.first[row] for row in rows], [pairs.second[row] for row in rows])


def _split(first: list[str], second: list[str], tests: int) -> Domain:
    return Domain(Pairs(first[tests:], second[tests:]), Pairs(first[:tests], second[:tests]))
