"""What protocols do to texts before anything is embedded."""

import gzip

import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments.protocols.captions import other_captions
from counterpoint.experiments.protocols.counting import recounted
from counterpoint.experiments.protocols.prompts import filled, no_words
from counterpoint.experiments.protocols.words import read_analogies


@pytest.mark.parametrize(
    ("caption", "other"),
    [
        ("two dogs and three cats", "three dogs and three cats"),
        ("Four men run", "Five men run"),
        ("ten people", "nine people"),
        ("one of seven boats", "one of eight boats"),
        ("someone often stones a twofold net", None),
        ("one man", None),
    ],
)
def test_the_first_number_word_from_two_on_is_changed(caption, other):
    assert recounted(caption) == other


def test_a_different_caption_of_the_same_image_is_asked():
    anchors, rows = other_captions(["a", "b", "a", "c", "d"], ["1", "1", "1", "2", "2"])
    assert (anchors, rows) == (["b", "a", "b", "d", "c"], [0, 1, 2, 3, 4])
    assert other_captions(["a", "a", "b"], ["1", "1", "2"]) == ([], [])


def test_templates_are_filled_with_words():
    assert filled(["{}", "a {}."], ["card_lost", "pin"]) == [["card lost", "pin"], ["a card lost.", "a pin."]]
    for wrong in ("a photo", "{} {}"):
        with pytest.raises(InputError, match="once, where the class goes"):
            filled([wrong], ["cat"])


def test_numbers_are_no_words():
    assert no_words(["cat", "dog"]) is None
    assert "numbers" in (no_words(["cat", "7"]) or "")
    assert "two classes" in (no_words(["cat"]) or "")


def test_analogies_are_lines_of_four_words(tmp_path):
    path = tmp_path / "q.txt"
    path.write_text(": capitals\nAthens Greece Oslo Norway\n\nParis France Rome Italy\n", encoding="utf-8")
    assert read_analogies(path)[0] == ("athens", "greece", "oslo", "norway")
    path.write_text("a b c\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1: four words"):
        read_analogies(path)
    path.write_text("a b c d\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds 1 analogies"):
        read_analogies(path)
    damaged = tmp_path / "q.txt.gz"
    damaged.write_bytes(gzip.compress(b"a b c d\n" * 50)[:-12])
    with pytest.raises(InputError, match="compression is damaged"):
        read_analogies(damaged)
