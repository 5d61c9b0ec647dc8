"""Easy data augmentation: each edit as it is described, all four as often, and none that empties a text."""

from collections import Counter

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.views.easy import EasyAugmentation

N = 4000
SEEDS = torch.arange(N)
TEN = "a b c d e f g h i j"
WORDS = TEN.split()
SYNONYMS = (("a", ("x", "y")), ("b", ("z",)))


def many(view, text=TEN):
    return [out.split() for out in view([text] * N, SEEDS)]


def kind(words):
    """Which edit made it of ten words."""
    if len(words) > 10:
        return "inserted"
    if set(words) - set(WORDS):
        return "replaced"
    return "swapped" if len(words) == 10 and words != WORDS else "shortened or not"


def test_four_edits_are_drawn_evenly():
    counts = Counter(map(kind, many(EasyAugmentation(rate=0.2, synonyms=SYNONYMS))))
    assert counts["inserted"] == pytest.approx(N / 4, abs=120)
    assert counts["replaced"] == pytest.approx(N / 4, abs=120)
    # 2 swaps of two places drawn from ten leave all as it was with 1/100 + 9/10 * 9/10 * 1/45
    assert counts["swapped"] == pytest.approx(N / 4 * (1 - 0.01 - 0.018), abs=120)


def test_replaced_words_are_those_with_synonyms_as_many_as_there_are_and_evenly_by_which():
    found = [out for out in many(EasyAugmentation(rate=0.5, synonyms=SYNONYMS)) if kind(out) == "replaced"]
    assert all(out[1:] == ["z", *WORDS[2:]] for out in found)  # 5 are asked for and 2 can be
    firsts = Counter(out[0] for out in found)
    assert set(firsts) == {"x", "y"}
    assert firsts["x"] / len(found) == pytest.approx(0.5, abs=0.06)
    one = [out for out in many(EasyAugmentation(rate=0.1, synonyms=SYNONYMS)) if kind(out) == "replaced"]
    assert all((out[0] != "a") + (out[1] != "b") == 1 for out in one)


def test_synonyms_are_inserted_anywhere():
    found = [out for out in many(EasyAugmentation(rate=0.1, synonyms=SYNONYMS)) if kind(out) == "inserted"]
    assert all(len(out) == 11 and [word for word in out if word in WORDS] == WORDS for out in found)
    places = Counter(next(place for place, word in enumerate(out) if word not in WORDS) for out in found)
    assert all(places[place] / len(found) == pytest.approx(1 / 11, abs=0.035) for place in range(11))
    which = Counter(next(word for word in out if word not in WORDS) for out in found)
    assert which["z"] / len(found) == pytest.approx(0.5, abs=0.06)  # words with synonyms are drawn first


def test_without_a_thesaurus_words_are_swapped_or_left_out_at_the_rate():
    found = many(EasyAugmentation(rate=0.3))
    swapped = [out for out in found if len(out) == 10]
    shortened = [out for out in found if len(out) < 10]
    assert all(sorted(out) == WORDS for out in swapped)
    assert all(out == sorted(out) for out in shortened)
    lost = sum(10 - len(out) for out in shortened) / 10
    assert lost / (N / 2) == pytest.approx(0.3, abs=0.03)


def test_a_rate_of_zero_changes_nothing_and_capitals_are_looked_up_in_small_letters():
    assert many(EasyAugmentation(rate=0.0, synonyms=SYNONYMS)) == [WORDS] * N
    assert {out[0] for out in many(EasyAugmentation(synonyms=(("big", ("large",)),)), "Big")} >= {"Big", "large"}
    assert {len(out) for out in many(EasyAugmentation(rate=1.0), "a b c")} == {1, 3}


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InputError, match="EasyAugmentation: rate"):
        EasyAugmentation(rate=1.5)
    with pytest.raises(InputError, match="one word at least"):
        EasyAugmentation(synonyms=(("a", ()),))
    with pytest.raises(InputError, match="needs a list of texts, not str"):
        EasyAugmentation()("a sentence", SEEDS)
