"""Word analogies: a is to b as c is to which word?"""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure

EPSILON = 1e-3
BLOCK = 256


def analogies(words: np.ndarray, questions: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> list[Measure]:
    """Share of questions whose best word, of all but the three given, is the fourth: by sum and by product of cosines.

    3CosAdd takes the word of largest ``cos(w, b) - cos(w, a) + cos(w, c)`` (Mikolov et al., NAACL 2013, on unit rows);
    3CosMul that of largest ``cos'(w, b) cos'(w, c) / (cos'(w, a) + 0.001)`` with ``cos' = (1 + cos) / 2`` (Levy and
    Goldberg, CoNLL 2014, Eqs. 3 and 5).

    Args:
        words: `[V, D]` one row per word of the vocabulary.
        questions: int `[Q, 4]` rows a, b, c and d of ``words``.
        bootstrap: Resamples, level and seed; questions are drawn.

    Raises:
        InputError: Not four columns, a number that is no row, or fewer than two questions.
    """
    add, multiply = answers(words, questions)
    right = np.asarray(questions)[:, 3]
    return [
        mean_measure("analogy_add", add == right, bootstrap=bootstrap),
        mean_measure("analogy_multiply", multiply == right, bootstrap=bootstrap),
    ]


def answers(words: np.ndarray, questions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows `[Q]` that 3CosAdd and 3CosMul answer with."""
    unit = cosine.unit_rows(checks.dense("words", words, at_least=4))
    asked = np.asarray(questions)
    if asked.ndim != 2 or asked.shape[1] != 4 or asked.dtype.kind not in "iu":
        raise InputError(f"questions must be row numbers [Q, 4], got {asked.dtype} {list(asked.shape)}")
    if asked.size and (asked.min() < 0 or asked.max() >= len(unit)):
        raise InputError(f"questions must name rows 0 to {len(unit) - 1}, got {asked.min()} to {asked.max()}")
    parts = [_answer(unit, asked[start : start + BLOCK]) for start in range(0, len(asked), BLOCK)]
    add, multiply = zip(*parts, strict=True)
    return np.concatenate(add), np.concatenate(multiply)


def _answer(unit: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b, c = (unit[asked[:, place]] @ unit.T for place in range(3))
    total = b - a + c
    product = (1 + b) * (1 + c) / ((1 + a) / 2 + EPSILON)
    for score in (total, product):
        np.put_along_axis(score, asked[:, :3], -np.inf, axis=1)
    return total.argmax(axis=1), product.argmax(axis=1)
