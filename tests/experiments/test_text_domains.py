import numpy as np
import pytest

from counterpoint.experiments.text_domains import Pairs, captions, intents, pair_auc, reciprocal_rank, titles


class Table:
    """Embeds by looking up."""

    def __init__(self, rows: dict[str, list[float]]) -> None:
        self.rows = rows

    def encode(self, texts, *, batch_size: int) -> np.ndarray:
        return np.array([self.rows[text] for text in texts])


EYE = {"a": [1.0, 0.0], "b": [0.0, 1.0], "A": [1.0, 0.0], "B": [0.0, 1.0]}


def test_pairs_are_told_from_strangers():
    assert pair_auc(Table(EYE), Pairs(["a", "b"], ["A", "B"])) == 1.0
    assert pair_auc(Table(EYE), Pairs(["a", "b"], ["B", "A"])) == 0.0


def test_rank_is_among_different_second_sides():
    pairs = Pairs(["a", "b", "a"], ["A", "B", "A"])
    assert reciprocal_rank(Table(EYE), pairs) == 1.0
    assert reciprocal_rank(Table(EYE), Pairs(["a", "b"], ["B", "A"])) == 0.5


@pytest.mark.parametrize("domain", [titles, captions, intents])
def test_domains_have_what_is_asked_for_and_share_no_pair(domain):
    found = domain(40, 15)
    assert (len(found.train), len(found.test)) == (40, 15)
    assert len(found.train.second) == 40
    both = [set(zip(part.first, part.second, strict=True)) for part in (found.train, found.test)]
    assert not both[0] & both[1]
