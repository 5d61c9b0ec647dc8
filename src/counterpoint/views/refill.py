"""Words hidden and filled in anew: a sentence that says less and less of what it said."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterpoint.base.errors import InputError
from counterpoint.views.text import TextView
from counterpoint.views.view import check_range


@dataclass(frozen=True, kw_only=True)
class WordRefill(TextView):
    """Each word is replaced with probability ``rate`` by one drawn from a list.

    The plainest stand-in for a language model that fills in masked words, such as makes the pairs of CLAIF (Cheng,
    Yang, Sun, Li and Qiu 2023, arXiv:2305.01918, Section 3.1).

    Attributes:
        words: To draw from, evenly; name a word several times to draw it more often.
        rate: Share of words replaced.
    """

    words: tuple[str, ...]
    rate: float = 0.3

    def __post_init__(self) -> None:
        check_range("WordRefill: rate", self.rate, least=0, most=1)
        if not self.words:
            raise InputError("WordRefill: words must hold one word at least")

    def change(self, words: list[str], numbers: Sequence[float]) -> list[str]:
        """A number below the rate is, divided by it, another uniform number: the place in the list."""
        return [
            self.words[int(number / self.rate * len(self.words))] if number < self.rate else word
            for word, number in zip(words, numbers, strict=False)
        ]
