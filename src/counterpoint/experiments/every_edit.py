"""Easy data augmentation as some papers run it: all four edits in turn, on letters alone."""

import re

import numpy as np

from counterpoint.views.easy import Synonyms


def every_edit(text: str, draw: np.random.Generator, *, synonyms: Synonyms, rate: float = 0.1) -> str:
    """A text in small letters, without signs and digits, of which about a share of the words is edited four times.

    :class:`~counterpoint.views.easy.EasyAugmentation` draws one of these edits; here each follows the last: words give
    way to synonyms, synonyms of others are put in, pairs change places, and words are left out.

    Args:
        text: Words are what is left between other signs than letters.
        draw: Decides all edits.
        synonyms: The thesaurus; where no word of the text has any, the first two edits leave it as it is.
        rate: With L words, each of the first three edits is made ``max(1, int(rate L))`` times, and every word is left
            out with this probability, at least one staying.
    """
    known, words = dict(synonyms), _letters(text).split()
    if not words:
        return ""
    count = max(1, int(rate * len(words)))
    able = sorted({word for word in words if word in known})
    for word in [able[place] for place in draw.permutation(len(able))[:count].tolist()]:
        other = known[word][int(draw.integers(len(known[word])))]
        words = [other if one == word else one for one in words]
    able = [word for word in words if word in known]
    for _ in range(count if able else 0):
        others = known[able[int(draw.integers(len(able)))]]
        words.insert(int(draw.integers(len(words) + 1)), others[int(draw.integers(len(others)))])
    for _ in range(count):
        first, second = draw.integers(len(words), size=2).tolist()
        words[first], words[second] = words[second], words[first]
    kept = [word for word in words if draw.random() >= rate]
    return " ".join(kept or [words[int(draw.integers(len(words)))]])


def _letters(text: str) -> str:
    return re.sub("[^a-z]+", " ", text.lower().replace("'", ""))
