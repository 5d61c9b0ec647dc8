"""Rewording: whole phrases only, the longest first, drawn evenly from their group."""

from collections import Counter

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.views.reword import QUESTIONS, Reworded

GROUPS = (("how many", "what number of", "how large a number of"), ("how", "in what way"), ("car", "auto"))


def reworded(text, count=1):
    return Reworded(groups=GROUPS)([text] * count, torch.arange(count))


def test_phrases_are_replaced_wherever_they_stand_as_whole_words():
    assert reworded("How does a CAR move , how ?") == ["in what way does a auto move , in what way ?"]
    assert reworded("carpet , scar , somehow") == ["carpet , scar , somehow"]


def test_the_longer_phrase_counts_and_others_are_drawn_evenly():
    found = Counter(reworded("how many cars", 2000))
    assert set(found) == {"what number of cars", "how large a number of cars"}
    assert found["what number of cars"] == pytest.approx(1000, abs=90)


def test_each_phrase_is_drawn_by_itself():
    assert len(set(reworded("how many or how many", 200))) == 4


def test_questions_of_the_list_change_and_other_texts_do_not():
    texts = ["What is the largest city ?", "How do I get my money ?", "Yes ."]
    found = Reworded()(texts, torch.arange(3))
    assert found[0] != texts[0]
    assert found[1] != texts[1]
    assert found[2] == texts[2]
    assert len({phrase for group in QUESTIONS for phrase in group}) == sum(map(len, QUESTIONS))


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ((), "two phrases or more"),
        ((("a",),), "two phrases or more"),
        ((("a", "b"), ("b", "c")), "in one group only"),
        ((("A", "b"),), "in small letters"),
    ],
)
def test_lists_that_make_no_sense_are_refused(groups, told):
    with pytest.raises(InputError, match=told):
        Reworded(groups=groups)


def test_another_kind_of_content_is_refused():
    with pytest.raises(InputError, match="needs a list of texts, not Tensor"):
        Reworded()(torch.zeros(2, 3), torch.arange(2))
