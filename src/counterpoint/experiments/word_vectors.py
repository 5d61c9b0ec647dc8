"""Vectors of words from running text, by what occurs beside them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.encoders.id_vectors import IdTables, id_table
from counterpoint.experiments.push_pull import Pairs, PushPull

_AT_A_TIME = 2_000_000


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors.

    Attributes:
        words: V words, the most frequent first.
        vectors: float32 `[V, D]`.
    """

    words: tuple[str, ...]
    vectors: np.ndarray

    def encoder(self) -> IdTables:
        """An encoder of texts of one word each, spelled as here, to be saved, loaded and compared like any other.

        It refuses a word that is not among these.
        """
        return id_table(self.vectors, self.words, side="words")


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Which words count as occurring together, as word2vec has it.

    A frequent word is left out of a pass with probability ``1 - min(1, sqrt(t / s) + t / s)``, s its share of all
    words; each word's window is drawn anew, evenly from 1 to the reach. Mikolov and others (2013), arXiv:1310.4546.

    Attributes:
        reach: Words on either side, at most.
        least: Times that a word must occur.
        share: t, the share of all words from which on a word is frequent.

    Raises:
        InputError: A number that is not positive.
    """

    reach: int = 5
    least: int = 5
    share: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("reach", "least", "share"):
            check_positive_number(name, getattr(self, name))


WINDOWS, LEARNER = Windows(), PushPull()


def learn_word_vectors(
    texts: Sequence[Sequence[str]],
    *,
    windows: Windows = WINDOWS,
    learner: PushPull = LEARNER,
    epochs: int = 5,
    seed: int = 0,
) -> WordVectors:
    """Vectors of all words that occur often enough.

    Args:
        texts: Sentences or paragraphs as lists of words; windows end where they do.
        windows: Which words occur together.
        learner: What is learnt from that.
        epochs: Passes over the texts, 2,000,000 words of which are shuffled at a time.
        seed: Decides windows, what is left out, the first vectors and the strangers.

    Raises:
        InputError: No pass, or no two words that are frequent enough beside each other.
    """
    check_positive_number("epochs", epochs)
    counts = Counter(word for text in texts for word in text)
    words = tuple(word for word, count in counts.most_common() if count >= windows.least)
    if len(words) < 2:
        raise InputError(
            f"{len(words)} words occur {windows.least} times or more, and two are needed; give more text or a smaller "
            "least"
        )
    place = {word: number for number, word in enumerate(words)}
    numbers = np.array([place.get(word, -1) for text in texts for word in text], dtype=np.int64)
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    known = numbers >= 0
    text, parts = _Text(numbers[known], owners[known], windows), -(-int(known.sum()) // _AT_A_TIME)
    each = text.pairs(parts * epochs, parts, np.random.default_rng(seed))
    return WordVectors(words, learner.passes(each, parts * epochs, len(words), seed=seed))


class _Text:
    """T words by number, and the text that each is of."""

    def __init__(self, numbers_T: np.ndarray, owners_T: np.ndarray, windows: Windows) -> None:
        self.numbers, self.owners, self.reach = numbers_T, owners_T, windows.reach
        ratio = windows.share / (np.bincount(numbers_T) / len(numbers_T))
        self.kept = np.sqrt(ratio) + ratio

    def pairs(self, number: int, parts: int, rng: np.random.Generator) -> Iterator[Pairs]:
        """Of one part after the other, again and again, the pairs of the words that are not left out."""
        cuts = np.linspace(0, len(self.numbers), parts + 1).astype(np.int64)
        for part in range(number):
            here = slice(cuts[part % parts], cuts[part % parts + 1])
            kept = rng.random(here.stop - here.start) < self.kept[self.numbers[here]]
            words, owners = self.numbers[here][kept], self.owners[here][kept]
            reach = rng.integers(1, self.reach + 1, len(words))
            sides = list(zip(*_at_all_distances(words, owners, reach, self.reach), strict=True))
            centres, contexts = (np.concatenate(side) for side in sides)
            if not len(centres):
                raise InputError("no two words that occur often enough stand beside each other in a text")
            yield centres, contexts


def _at_all_distances(words: np.ndarray, owners: np.ndarray, reach: np.ndarray, most: int) -> Iterator[Pairs]:
    """Words with those before and after them, where their own window goes as far."""
    for apart in range(1, most + 1):
        together = owners[:-apart] == owners[apart:]
        for ends, reaching in ((slice(None, -apart), reach[:-apart]), (slice(apart, None), reach[apart:])):
            chosen = np.flatnonzero(together & (reaching >= apart))
            first, second = words[:-apart][chosen], words[apart:][chosen]
            yield (first, second) if ends.start is None else (second, first)
