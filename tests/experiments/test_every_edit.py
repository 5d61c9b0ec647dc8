"""All four edits in turn: each leaves its trace, and what none of them may do does not happen."""

from collections import Counter

import numpy as np

from counterpoint.experiments.every_edit import every_edit

SYNONYMS = (("quick", ("fast", "rapid")), ("dog", ("hound",)))
TEXT = "The quick brown Fox's 2 paws jump over the lazy dog-house, and quick it is!"
SHOWN = "the quick brown foxs paws jump over the lazy dog house and quick it is"
PLAIN = SHOWN.split()


def test_without_synonyms_words_only_change_places_or_are_left_out():
    drawn = [every_edit(TEXT, np.random.default_rng(seed), synonyms=()).split() for seed in range(300)]
    assert all(Counter(words) <= Counter(PLAIN) for words in drawn)
    assert any(words != PLAIN for words in drawn if len(words) == len(PLAIN))
    left = np.mean([len(words) / len(PLAIN) for words in drawn])
    assert abs(left - 0.9) < 0.02


def test_a_word_gives_way_everywhere_and_another_synonym_is_put_in():
    whole = [every_edit(TEXT, np.random.default_rng(seed), synonyms=SYNONYMS, rate=0.0).split() for seed in range(20)]
    assert {len(words) for words in whole} == {len(PLAIN) + 1}
    for seed in range(50):
        words = every_edit(TEXT, np.random.default_rng(seed), synonyms=SYNONYMS, rate=0.01).split()
        replaced = {"quick", "dog"} - set(words)
        put_in = Counter(words) - Counter(PLAIN)
        assert replaced <= {"quick", "dog"}
        assert 1 <= sum(put_in.values()) <= 3
        assert set(put_in) <= {"fast", "rapid", "hound"}


def test_nothing_is_left_of_signs_and_one_word_at_least_of_words():
    assert every_edit("42 ?!", np.random.default_rng(0), synonyms=SYNONYMS) == ""
    assert every_edit("Why ?", np.random.default_rng(0), synonyms=(), rate=1.0) == "why"
