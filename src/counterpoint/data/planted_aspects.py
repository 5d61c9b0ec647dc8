"""Texts of several aspects, and for each aspect another text that shares it and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError

_SYNONYMS, _TOLD, _NOISE = 3, 2, 2
"""Words of a value, how many of them a text has, and its words of no aspect."""
_LETTERS, _OTHERS = "bcdfghjklm", "npqrstvwxz"


@dataclass(frozen=True, kw_only=True, eq=False)
class AspectTexts:
    """N texts, each with a value of A aspects.

    Attributes:
        texts: N, a few words each, in random order.
        mates: For each aspect N texts, of which row i has the value of text i; its other values are drawn anew.
    """

    texts: list[str]
    mates: list[list[str]]


def planted_aspects(*, texts: int, values: int = 40, aspects: int = 3, seed: int) -> AspectTexts:
    """Texts to tell apart by one aspect or another: to an encoder that minds all of them every mate is as near.

    Each value has three words, of which a text has two, so that mates need not have the same ones.

    Args:
        texts: N.
        values: Of every aspect, all as likely; at most 1,000.
        aspects: A, at most 10.
        seed: Of everything but what the words are called, which is always the same.

    Raises:
        InputError: A size below 1 or above what there are words for.
    """
    if texts < 1 or not 1 <= values <= 1000 or not 1 <= aspects <= 10:
        raise InputError(
            "texts must be at least 1, values lie in 1..1000 and aspects in 1..10, got "
            f"texts={texts}, values={values}, aspects={aspects}"
        )
    rng = np.random.default_rng(seed)
    own = rng.integers(0, values, (texts, aspects))
    mates = []
    for aspect in range(aspects):
        other = rng.integers(0, values, own.shape)
        other[:, aspect] = own[:, aspect]
        mates.append([_told(row, rng) for row in other])
    return AspectTexts(texts=[_told(row, rng) for row in own], mates=mates)


def _told(values: Sequence[int] | np.ndarray, rng: np.random.Generator) -> str:
    words = [
        _word(_LETTERS, f"{aspect}{value:03d}{word}")
        for aspect, value in enumerate(values)
        for word in rng.choice(_SYNONYMS, _TOLD, replace=False)
    ]
    words += [_word(_OTHERS, f"{number:02d}") for number in rng.integers(0, 45, _NOISE)]
    return " ".join(rng.permutation(words))


def _word(letters: str, digits: str) -> str:
    return "".join(letters[int(digit)] for digit in digits)
