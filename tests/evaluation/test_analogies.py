import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation.analogies import EPSILON, analogies, answers
from counterpoint.evaluation.cosine import unit_rows


def test_answers_equal_the_formulas_word_by_word():
    rng = np.random.default_rng(0)
    words = rng.normal(size=(30, 6))
    unit = unit_rows(words)
    questions = np.stack([rng.permutation(30)[:4] for _ in range(25)])
    add, multiply = answers(words, questions)
    for (a, b, c, _), one, two in zip(questions, add, multiply, strict=True):
        left = [w for w in range(30) if w not in (a, b, c)]
        near = {x: (1 + unit @ unit[x]) / 2 for x in (a, b, c)}
        assert one == max(left, key=lambda w: unit[w] @ (unit[b] - unit[a] + unit[c]))
        assert two == max(left, key=lambda w: near[b][w] * near[c][w] / (near[a][w] + EPSILON))


def test_a_planted_offset_is_found():
    rng = np.random.default_rng(1)
    base, offset = rng.normal(size=(20, 40)), 3 * rng.normal(size=40)
    words = np.concatenate([base, base + offset])
    questions = np.array([[i, 20 + i, j, 20 + j] for i in range(20) for j in range(20) if i != j])
    found = analogies(words, questions)
    assert [one.name for one in found] == ["analogy_add", "analogy_multiply"]
    assert min(one.value for one in found) > 0.95
    assert analogies(words, questions[:, [0, 1, 2, 0]])[0].value == 0  # the words of the question are no answer


def test_bad_questions_are_refused():
    with pytest.raises(InputError, match=r"\[Q, 4\]"):
        analogies(np.eye(5), np.zeros((2, 3), dtype=int))
    with pytest.raises(InputError, match="rows 0 to 4"):
        analogies(np.eye(5), np.array([[0, 1, 2, 5]] * 2))
