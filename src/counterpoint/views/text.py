"""Text views: words dropped, repeated, swapped or cut out. Words are what whitespace separates.

Words that stay are joined by single spaces, so runs of whitespace become one. A text without words comes back as it
is; no view makes a text empty. A text of one word (or of a script written without spaces) can only be repeated.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.views.random import uniform_ragged
from counterpoint.views.view import View, check_range, check_seeds


@dataclass(frozen=True, kw_only=True)
class TextView(View):
    """A change of a list of words, given uniform numbers of the text's own."""

    def __call__(self, content: Content, seeds: Tensor) -> list[str]:
        """Change each of N texts; see :class:`View`."""
        if isinstance(content, (Tensor, str)):
            raise InputError(f"{type(self).__name__} needs a list of texts, not {type(content).__name__}")
        check_seeds(content, seeds)
        texts = [text.split() for text in content]
        numbers = uniform_ragged(seeds, [len(words) + 1 for words in texts], stream=type(self).__name__)
        changed = [self.change(words, own) if words else words for words, own in zip(texts, numbers, strict=True)]
        return [" ".join(words) or text for words, text in zip(changed, content, strict=True)]

    @abstractmethod
    def change(self, words: list[str], numbers: Sequence[float]) -> list[str]:
        """The changed words, at least one, of L >= 1 ``words``; ``numbers`` are L + 1 uniforms on (0, 1)."""


@dataclass(frozen=True, kw_only=True)
class WordDrop(TextView):
    """Each word is left out with probability ``rate``; if none would stay, one drawn at random does.

    Word deletion of EDA (Wei and Zou 2019, arXiv:1901.11196, Section 2).
    """

    rate: float = 0.2

    def __post_init__(self) -> None:
        check_range("WordDrop: rate", self.rate, least=0, most=1)

    def change(self, words: list[str], numbers: Sequence[float]) -> list[str]:
        """Keep the words whose number is at least the rate."""
        kept = [word for word, number in zip(words, numbers, strict=False) if number >= self.rate]
        return kept or [words[int(numbers[-1] * len(words))]]


@dataclass(frozen=True, kw_only=True)
class WordRepeat(TextView):
    """A random number of random words is doubled in place.

    Word repetition of ESimCSE (Wu et al. 2022, arXiv:2109.04380): the number of repeated words is uniform
    on 0 .. max(2, int(rate L)) of L words, the positions uniform without replacement. It makes lengths differ, so that
    the model cannot tell positives by length. The paper repeats in one of the two views.
    Deviation: words, where the paper repeats sub-words.
    """

    rate: float = 0.32

    def __post_init__(self) -> None:
        check_range("WordRepeat: rate", self.rate, least=0, most=1)

    def change(self, words: list[str], numbers: Sequence[float]) -> list[str]:
        """Double the words with the smallest numbers."""
        most = min(max(2, int(self.rate * len(words))), len(words))
        count = int(numbers[-1] * (most + 1))
        repeated = set(sorted(range(len(words)), key=numbers.__getitem__)[:count])
        return [word for position, word in enumerate(words) for _ in range(1 + (position in repeated))]


@dataclass(frozen=True, kw_only=True)
class WordSwap(TextView):
    """Neighbouring words change places: from left to right, each pair not yet touched with probability ``rate``.

    A local form of the random swap of EDA (Wei and Zou 2019, arXiv:1901.11196, Section 2): no word moves further
    than one place.
    """

    rate: float = 0.1

    def __post_init__(self) -> None:
        check_range("WordSwap: rate", self.rate, least=0, most=1)

    def change(self, words: list[str], numbers: Sequence[float]) -> list[str]:
        """Swap at the positions whose number is below the rate, then step over the pair."""
        swapped = list(words)
        position = 0
        while position + 1 < len(swapped):
            if numbers[position] < self.rate:
                swapped[position : position + 2] = swapped[position + 1], swapped[position]
                position += 1
            position += 1
        return swapped


@dataclass(frozen=True, kw_only=True)
class SpanCut(TextView):
    """One run of round(``fraction`` L) consecutive words, at least one, is cut out of L words at a random place.

    Span cutoff (Shen et al. 2020, arXiv:2009.13818), removing the words rather than zeroing their
    embeddings. At least one word stays: a single word is left alone.
    """

    fraction: float = 0.2

    def __post_init__(self) -> None:
        check_range("SpanCut: fraction", self.fraction, least=0, most=1)

    def change(self, words: list[str], numbers: Sequence[float]) -> list[str]:
        """Leave out the run that starts where the first number points."""
        length = min(max(round(self.fraction * len(words)), 1), len(words) - 1) if self.fraction > 0 else 0
        start = int(numbers[0] * (len(words) - length + 1))
        return words[:start] + words[start + length :]
