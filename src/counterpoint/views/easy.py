"""Easy data augmentation: words replaced, inserted, swapped or left out."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.views.random import uniform_ragged
from counterpoint.views.view import View, check_range, check_seeds

Synonyms = tuple[tuple[str, tuple[str, ...]], ...]
"""Words in small letters, and the words that may stand for each."""
Draw = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class EasyAugmentation(View):
    """One of four edits of a text's words, drawn evenly, on about a share ``rate`` of its L words.

    Wei and Zou, "EDA: Easy Data Augmentation Techniques for Boosting Performance on Text Classification Tasks" (2019),
    arXiv:1901.11196, Section 2. With ``n = max(1, int(rate L))``: n words that have synonyms are replaced by one; a
    synonym of a random word goes to a random place, n times; two random words change places, n times; or every word is
    left out with probability ``rate``, at least one staying. Words are what whitespace separates, and a word is looked
    up in small letters. Where no word of a text has a synonym, the first two edits leave it as it is.

    Attributes:
        rate: Share of words that are edited.
        synonyms: The thesaurus; without any, texts are swapped or shortened only.
    """

    rate: float = 0.1
    synonyms: Synonyms = ()

    def __post_init__(self) -> None:
        check_range("EasyAugmentation: rate", self.rate, least=0, most=1)
        if not all(others for _, others in self.synonyms):
            raise InputError("EasyAugmentation: synonyms must give one word at least for every word it names")

    def __call__(self, content: Content, seeds: Tensor) -> list[str]:
        """Edit each of N texts; see :class:`View`."""
        if isinstance(content, (Tensor, str)):
            raise InputError(f"EasyAugmentation needs a list of texts, not {type(content).__name__}")
        check_seeds(content, seeds)
        texts, known = [text.split() for text in content], dict(self.synonyms)
        numbers = uniform_ragged(seeds, [4 * len(words) + 4 for words in texts], stream="EasyAugmentation")
        edits = [_replaced, _inserted, _swapped, _shortened] if known else [_swapped, _shortened]
        found: list[str] = []
        for words, own, text in zip(texts, numbers, content, strict=True):
            draw = iter(own).__next__
            edit = edits[_below(len(edits), draw)]
            found.append(" ".join(edit(words, self.rate, known, draw)) if words else text)
        return found


def _replaced(words: list[str], rate: float, known: dict[str, tuple[str, ...]], draw: Draw) -> list[str]:
    places = [place for place, word in enumerate(words) if word.lower() in known]
    changed = list(words)
    for _ in range(min(_count(words, rate), len(places))):
        place = places.pop(_below(len(places), draw))
        changed[place] = _other(words[place], known, draw)
    return changed


def _inserted(words: list[str], rate: float, known: dict[str, tuple[str, ...]], draw: Draw) -> list[str]:
    able, changed = [word for word in words if word.lower() in known], list(words)
    for _ in range(_count(words, rate) if able else 0):
        new = _other(able[_below(len(able), draw)], known, draw)
        changed.insert(_below(len(changed) + 1, draw), new)
    return changed


def _swapped(words: list[str], rate: float, known: dict[str, tuple[str, ...]], draw: Draw) -> list[str]:
    changed = list(words)
    for _ in range(_count(words, rate)):
        first, second = _below(len(words), draw), _below(len(words), draw)
        changed[first], changed[second] = changed[second], changed[first]
    return changed


def _shortened(words: list[str], rate: float, known: dict[str, tuple[str, ...]], draw: Draw) -> list[str]:
    kept = [word for word in words if draw() >= rate]
    return kept or [words[_below(len(words), draw)]]


def _other(word: str, known: dict[str, tuple[str, ...]], draw: Draw) -> str:
    others = known[word.lower()]
    return others[_below(len(others), draw)]


def _count(words: list[str], rate: float) -> int:
    return max(1, int(rate * len(words))) if rate else 0


def _below(count: int, draw: Draw) -> int:
    """A whole number from 0 to below ``count``."""
    return min(int(draw() * count), count - 1)
