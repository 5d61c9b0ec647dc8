"""Annotators and writers that need no language model: cosines of an encoder, and rules for words."""

from collections.abc import Sequence

import numpy as np

from counterpoint.data import Annotator
from counterpoint.encoders import Encoder

_PAIRS = (
    "man/guy woman/lady boy/kid girl/child baby/infant people/persons dog/puppy cat/kitten big/large small/little "
    "car/vehicle road/street running/racing walking/strolling jumping/leaping eating/consuming near/beside "
    "talking/speaking looking/gazing sitting/seated cutting/slicing said/stated killed/slain begin/start "
    "buy/purchase house/home police/officers says/states country/nation attack/assault"
)
_SAME = tuple(pair.split("/") for pair in _PAIRS.split())
_SYNONYMS = {first: second for first, second in _SAME} | {second: first for first, second in _SAME}
_EMPTY = {"a", "an", "the", "is", "are", "was", "were", "of", "to", "that", "and"}


def cosine_annotator(encoder: Encoder) -> Annotator:
    """Rates a pair by the cosine of the encoder's embeddings, from 0 to 1; below 0 counts as 0.

    Args:
        encoder: Of texts, such as a larger one than that which is to learn. Each different text is encoded once a call.
    """

    def rate(first: Sequence[str], second: Sequence[str]) -> np.ndarray:
        distinct = list(dict.fromkeys([*first, *second]))
        row = dict(zip(distinct, encoder.encode(distinct, batch_size=64), strict=True))
        return np.array([row[a] @ row[b] for a, b in zip(first, second, strict=True)]).clip(0, 1)

    return rate


def paraphrased(text: str) -> str:
    """Near-synonyms for the words that have one, and no words without content; as it is where nothing would be left."""
    words = [_SYNONYMS.get(word.lower(), word) for word in text.split()]
    return " ".join(word for word in words if word.lower() not in _EMPTY) or text
