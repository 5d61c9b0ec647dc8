"""Coherence and diversity of topics: closed forms, and every pair counted by hand."""

import math

import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.evaluation import topic_coherence, topic_diversity


def by_hand(topics, bags) -> float:
    """Documents counted one pair at a time."""
    n, values = len(bags), []
    for words in topics:
        for place, a in enumerate(words):
            for b in words[:place]:
                both = sum(1 for row in bags if row[a] > 0 and row[b] > 0) / n
                alone = [sum(1 for row in bags if row[word] > 0) / n for word in (a, b)]
                if both == 0:
                    values.append(-1.0)
                elif both == 1:
                    values.append(1.0)
                else:
                    values.append(math.log(both / (alone[0] * alone[1])) / -math.log(both))
    return float(np.mean(values))


def test_words_that_are_always_together_and_never():
    bags = np.array([[2, 1, 0, 0], [1, 3, 0, 0], [0, 0, 1, 1], [0, 0, 4, 1]])
    assert topic_coherence([[0, 1], [2, 3]], bags).value == pytest.approx(1)
    assert topic_coherence([[0, 2], [1, 3]], bags).value == pytest.approx(-1)


def test_independent_words_are_at_zero():
    bags = np.array([[1, 1], [1, 0], [0, 1], [0, 0]])
    assert topic_coherence([[0, 1], [1, 0]], bags).value == pytest.approx(0)


def test_words_of_every_document_or_of_none():
    bags = np.array([[1, 1, 0], [1, 1, 0]])
    assert topic_coherence([[0, 1], [1, 0]], bags).value == 1
    assert topic_coherence([[0, 2], [1, 2]], bags).value == -1


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_every_pair_counts_the_same(form):
    draw = np.random.default_rng(0)
    bags = draw.poisson(0.7, size=(40, 12))
    topics = np.array([draw.permutation(12)[:5] for _ in range(4)])
    found = topic_coherence(topics, form(bags))
    assert found.value == pytest.approx(by_hand(topics, bags))
    assert found.low <= found.value <= found.high
    assert found.n == 4


def test_diversity():
    assert topic_diversity([[0, 1], [2, 3]]) == 1
    assert topic_diversity([[0, 1], [1, 0], [0, 1], [0, 1]]) == 0.25
    assert topic_diversity([[0, 1, 2], [2, 3, 4]]) == pytest.approx(5 / 6)


@pytest.mark.parametrize(
    ("topics", "message"),
    [
        ([[0, 1]], "both at least 2"),
        ([[0], [1]], "both at least 2"),
        ([[0.0, 1.0], [1.0, 2.0]], "integers"),
        ([[0, 5], [1, 2]], "columns from 0 to 3, got 0 to 5"),
        ([[0, -1], [1, 2]], "got -1"),
        ([[0, 0], [1, 2]], "a word twice"),
    ],
)
def test_bad_topics(topics, message):
    with pytest.raises(InputError, match=message):
        topic_coherence(topics, np.ones((4, 3)))


def test_no_documents():
    with pytest.raises(InputError, match="one document at least"):
        topic_coherence([[0, 1], [1, 2]], np.ones((0, 3)))
