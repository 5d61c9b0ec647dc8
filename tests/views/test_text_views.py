import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.views import SpanCut, WordDrop, WordRepeat, WordSwap

N = 3000
SEEDS = torch.arange(N)
TEN = "a b c d e f g h i j"
WORDS = TEN.split()


def many(view, text=TEN):
    return [out.split() for out in view([text] * N, SEEDS)]


def test_drop_keeps_order_and_its_rate():
    outs = many(WordDrop(rate=0.3))
    assert all(out == sorted(out) for out in outs)
    for word in WORDS:
        assert abs(sum(word not in out for out in outs) / N - 0.3) < 0.04


def test_drop_of_everything_leaves_one_word_drawn_at_random():
    outs = many(WordDrop(rate=1.0))
    assert {len(out) for out in outs} == {1}
    assert all(abs(sum(out == [word] for out in outs) / N - 0.1) < 0.03 for word in WORDS)


def test_repeat_doubles_in_place_a_uniform_number_of_distinct_words():
    outs = many(WordRepeat(rate=0.45))
    counts = [len(out) - 10 for out in outs]
    assert all(sorted(set(out)) == WORDS and out == sorted(out) for out in outs)
    assert all(max(map(out.count, WORDS)) <= 2 for out in outs)
    # 0 .. max(2, int(0.45 * 10)) = 0 .. 4, each with probability 1/5.
    assert all(abs(counts.count(number) / N - 0.2) < 0.04 for number in range(5))
    assert max(counts) == 4
    # Positions are uniform: 2 repeats on average over 10 words.
    assert all(abs(sum(out.count(word) == 2 for out in outs) / N - 0.2) < 0.04 for word in WORDS)


def test_repeat_of_short_texts_follows_the_papers_minimum():
    assert {len(out) for out in many(WordRepeat(rate=0.1), "a b c")} == {3, 4, 5}
    assert {tuple(out) for out in many(WordRepeat(), "a")} == {("a",), ("a", "a")}


def test_swap_moves_no_word_further_than_one_place():
    outs = many(WordSwap(rate=0.4))
    assert all(sorted(out) == WORDS for out in outs)
    assert all(abs(out.index(word) - place) <= 1 for out in outs for place, word in enumerate(WORDS))
    assert abs(sum(out[0] == "b" for out in outs) / N - 0.4) < 0.04
    # The second pair is free only when the first was not swapped.
    assert abs(sum(out[1] == "c" for out in outs) / N - 0.6 * 0.4) < 0.04
    assert many(WordSwap(rate=1.0))[0] == ["b", "a", "d", "c", "f", "e", "h", "g", "j", "i"]


def test_cut_removes_one_run_at_a_uniform_place():
    outs = many(SpanCut(fraction=0.3))
    starts = []
    for out in outs:
        assert len(out) == 7
        start = next(place for place in range(8) if WORDS[:place] + WORDS[place + 3 :] == out)
        starts.append(start)
    assert all(abs(starts.count(place) / N - 1 / 8) < 0.03 for place in range(8))


def test_cut_removes_at_least_one_word_and_leaves_at_least_one():
    assert {len(out) for out in many(SpanCut(fraction=0.01))} == {9}
    assert {tuple(out) for out in many(SpanCut(fraction=1.0), "a b c")} == {("a",), ("c",)}
    assert many(SpanCut(fraction=1.0), "alone")[0] == ["alone"]


@pytest.mark.parametrize("view", [WordDrop(rate=0), WordSwap(rate=0), SpanCut(fraction=0)], ids=str)
def test_nothing_asked_nothing_changed(view):
    assert many(view)[0] == WORDS


def test_unicode_whitespace_separates():
    assert WordDrop(rate=0)(["un\u00a0deux\u3000trois\n"], SEEDS[:1]) == ["un deux trois"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WordDrop(rate=1.2), "WordDrop: rate must be between 0 and 1, not 1.2"),
        (lambda: WordRepeat(rate=-0.1), "WordRepeat: rate"),
        (lambda: WordSwap(rate=2), "WordSwap: rate"),
        (lambda: SpanCut(fraction=float("nan")), "SpanCut: fraction .* not nan"),
    ],
)
def test_meaningless_rates_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
