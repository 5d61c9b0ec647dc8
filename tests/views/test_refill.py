import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.views import row_seeds
from counterpoint.views.refill import WordRefill

TEXTS = ["a b c d e f g h i j"] * 400


def filled(view: WordRefill) -> list[list[str]]:
    seeds = row_seeds(torch.arange(len(TEXTS)), seed=0, epoch=0)
    return [str(text).split() for text in view(TEXTS, seeds)]


def test_words_are_replaced_at_the_rate_and_drawn_evenly():
    found = [word for text in filled(WordRefill(words=("X", "Y", "Y"), rate=0.3)) for word in text]
    assert len(found) == 4000  # no word is lost
    assert found.count("X") + found.count("Y") == pytest.approx(1200, abs=90)
    assert found.count("Y") / found.count("X") == pytest.approx(2, abs=0.3)


def test_a_rate_of_zero_changes_nothing_and_one_changes_all():
    assert filled(WordRefill(words=("X",), rate=0.0)) == [text.split() for text in TEXTS]
    assert filled(WordRefill(words=("X",), rate=1.0)) == [["X"] * 10] * len(TEXTS)


def test_nothing_to_draw_from_is_refused():
    with pytest.raises(InputError, match="one word at least"):
        WordRefill(words=())
