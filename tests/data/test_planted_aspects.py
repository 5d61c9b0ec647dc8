import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.planted_aspects import planted_aspects


def values(text):
    """Of each aspect, by the letters that words begin with."""
    found = {}
    for word in text.split():
        if len(word) == 5:
            found.setdefault(word[0], set()).add(word[1:4])
    return found


def test_a_mate_shares_its_aspect_and_the_others_by_chance():
    made = planted_aspects(texts=400, values=20, aspects=3, seed=0)
    assert [len(mates) for mates in made.mates] == [400] * 3
    for aspect, letter in enumerate("bcd"):
        for other in "bcd":
            same = [values(a)[other] == values(b)[other] for a, b in zip(made.texts, made.mates[aspect], strict=True)]
            share = sum(same) / 400
            assert share == 1 if other == letter else share == pytest.approx(1 / 20, abs=0.04)


def test_a_text_has_two_words_of_every_value_and_two_of_none():
    for text in planted_aspects(texts=50, values=1000, seed=1).texts:
        words = text.split()
        assert len(words) == 8
        assert sorted(len(word) for word in words) == [2] * 2 + [5] * 6
        assert [len(found) for found in values(text).values()] == [1, 1, 1]
        assert len({word for word in words if len(word) == 5}) == 6


def test_seeds_decide():
    one, again, other = (planted_aspects(texts=9, seed=seed) for seed in (3, 3, 4))
    assert one.texts == again.texts
    assert one.mates == again.mates
    assert one.texts != other.texts


@pytest.mark.parametrize("sizes", [{"texts": 0}, {"texts": 1, "values": 1001}, {"texts": 1, "aspects": 0}])
def test_sizes_must_fit(sizes):
    with pytest.raises(InputError, match="texts must be at least 1"):
        planted_aspects(**sizes, seed=0)
