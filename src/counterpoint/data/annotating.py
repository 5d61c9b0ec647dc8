"""Synthetic supervision: a callable of yours rates pairs of texts or writes texts, and what it says is checked."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from counterpoint.base.errors import InputError

Annotator = Callable[[Sequence[str], Sequence[str]], "Sequence[float] | np.ndarray"]
"""From the two sides of n pairs of texts to n ratings: a language model, a larger encoder, rules, or a person."""

Writer = Callable[[Sequence[str]], Sequence[str]]
"""From n texts to n others, such as paraphrases, contradictions or questions that each text answers."""


def rated(
    annotator: Annotator,
    first: Sequence[str],
    second: Sequence[str],
    *,
    low: float = 0.0,
    high: float = 1.0,
    at_once: int | None = None,
) -> np.ndarray:
    """Ratings of N pairs, float64 `[N]`, as a column of scores to train on.

    Args:
        annotator: Asked once for every pair. What it raises is not caught.
        first: N texts.
        second: N texts, of which row i is rated with row i of the first.
        low: The least rating there is.
        high: The greatest.
        at_once: Pairs that are asked about in one call, so that a wrong answer shows early; None for all.

    Raises:
        InputError: No pairs, sides of different lengths, or an answer that is not one finite rating within ``low`` and
            ``high`` for each pair.
    """
    if not len(first) or len(first) != len(second):
        raise InputError(
            f"first and second must be the sides of one pair at least, got {len(first)} and {len(second)} texts"
        )
    if not low < high:
        raise InputError(f"low must be below high, got {low} and {high}")
    found = [_ratings(annotator(first[part], second[part]), part, low, high) for part in _parts(len(first), at_once)]
    return np.concatenate(found)


def written(writer: Writer, texts: Sequence[str], *, at_once: int | None = None) -> list[str]:
    """What a writer makes of N texts, as a column of positives or negatives to train on.

    Args:
        writer: Asked once for every text. What it raises is not caught.
        texts: N of them, one at least.
        at_once: Texts that are given in one call, so that a wrong answer shows early; None for all.

    Raises:
        InputError: No texts, or an answer that is not one text with a word in it for each.
    """
    if not len(texts):
        raise InputError("texts must be one at least, got none")
    return [text for part in _parts(len(texts), at_once) for text in _texts(writer(texts[part]), part)]


def one_by_one(rule: Callable[[str], str]) -> Writer:
    """A writer from a rule for one text."""
    return lambda texts: [rule(text) for text in texts]


def _parts(count: int, at_once: int | None) -> Iterator[slice]:
    size = count if at_once is None else at_once
    if size < 1:
        raise InputError(f"at_once must be at least 1, got {at_once}")
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _ratings(answer: object, part: slice, low: float, high: float) -> np.ndarray:
    try:
        found = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"annotator must give numbers, got {answer!r:.80}") from error
    if found.shape != (part.stop - part.start,):
        raise InputError(
            f"annotator must give {part.stop - part.start} ratings, one for each pair, got shape {list(found.shape)}"
        )
    wrong = np.flatnonzero(~((found >= low) & (found <= high)))  # NaN is no number to compare
    if len(wrong):
        raise InputError(
            f"annotator must rate from {low:g} to {high:g}, got {found[wrong[0]]:g} for pair {part.start + wrong[0]}"
        )
    return found


def _texts(answer: object, part: slice) -> list[str]:
    if isinstance(answer, str) or not isinstance(answer, Sequence):
        raise InputError(f"writer must give a list of texts, got {answer!r:.80}")
    if len(answer) != part.stop - part.start:
        raise InputError(f"writer must give {part.stop - part.start} texts, one for each, got {len(answer)}")
    for place, text in enumerate(answer, part.start):
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"writer must give a text with a word in it, got {text!r} for text {place}")
    return list(answer)
