"""Word vectors by push and pull: a hinge on one co-occurrence and one stranger recovers analogies as parallel lines."""

import numpy as np

from counterpoint.evaluation import analogies
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.push_pull import PushPull
from counterpoint.experiments.skip_gram import SkipGram

paper = Paper(
    short="Analogies",
    title="Contrastive Loss is All You Need to Recover Analogies as Parallel Lines",
    authors="Ri, Lee and Verma",
    year=2023,
    identifier="arXiv:2306.08221",
    wing=Wing.TEXT,
    implements="the contrastive word model: a word is pulled to a word that occurs beside it and pushed from a random "
    "one; and that offsets of its vectors are set by differences of co-occurrence, against skip-gram",
    deviates="The loss is our reading, max(0, m - u_i . v_j + u_i . v_k) with unit context vectors, as the text was "
    "not at hand. Co-occurrences are drawn from a planted distribution in which 60 roots have two attributes each (240 "
    "words, 124 contexts), so that the analogies are known; what is predicted for an offset is the difference of the "
    "shares of contexts. Work is counted in products of D numbers; skip-gram draws 5 strangers, the model one.",
)
claim = Claim(
    statement="It recovers analogies as well as skip-gram for less work, and its offsets are those that co-occurrence "
    "predicts.",
    checks=(
        Better(measure="accuracy", by=-0.02, statement="At most 2 points less accurate than skip-gram."),
        Within(measure="work_saved", above=2.0, statement="For less than half of the products."),
        Within(measure="predicted", above=0.7, statement="Cosines of offsets correlate with the predicted ones."),
        Better(measure="parallel", than="first", statement="Offsets of one attribute are more parallel than at first."),
    ),
    minutes=2,
    seeds=10,
)

_PAIRS = {Setting.TINY: 4_000, Setting.SMALL: 600_000, Setting.FULL: 10_000_000}
ROOTS, DIM = 60, 32
PUSH, SKIP = PushPull(dim=DIM, learning_rate=0.05), SkipGram(dim=DIM, batch=4_000)


def trial(setting: Setting, seed: int) -> Figures:
    """Both models on the same co-occurrences."""
    shares = planted(seed)
    rng = np.random.default_rng(seed)
    count = sum(shares.shape)
    drawn = rng.choice(shares.size, _PAIRS[setting], p=shares.ravel() / shares.sum())
    words, contexts = drawn // shares.shape[1], drawn % shares.shape[1] + len(shares)
    found = {
        "method": PUSH(words, contexts, count, seed=seed),
        "baseline": SKIP(words, contexts, count, seed=seed),
        "first": np.random.default_rng(seed).normal(size=(count, DIM)),
    }
    counted = np.bincount(drawn, minlength=shares.size).reshape(shares.shape) + 1e-9
    predicted = counted / counted.sum(1, keepdims=True) - counted.sum(0) / counted.sum()
    figures = {side: _judged(vectors[: len(shares)], predicted, seed) for side, vectors in found.items()}
    # A score of each pair and of each stranger, and two gradients of both.
    figures["method"]["work_saved"] = (1 + SKIP.negatives) / 2
    return figures


def planted(seed: int) -> np.ndarray:
    """Shares of contexts `[4 ROOTS, 2 ROOTS + 4]`: each word's are a product of its root's and its two attributes'.

    Words are numbered root by root: neither attribute, the second, the first, both.
    """
    rng = np.random.default_rng(seed)
    width = 2 * ROOTS + 4
    roots, attributes = rng.normal(size=(ROOTS, 1, width)) * 1.5, rng.normal(size=(2, width)) * 1.0
    flags = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    shares = np.exp(roots + flags @ attributes)
    return (shares / shares.sum(-1, keepdims=True)).reshape(4 * ROOTS, width)


def _judged(vectors: np.ndarray, predicted: np.ndarray, seed: int) -> dict[str, float]:
    """Accuracy over analogies of two roots, how parallel offsets are, and how well co-occurrence predicts that."""
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, ROOTS, (2, 2_000))
    apart = first != second
    first, second, bit = first[apart] * 4, second[apart] * 4, rng.integers(1, 3, apart.sum())
    questions = np.stack([first, first + bit, second, second + bit], 1)
    cosines = _offset_cosines(vectors, questions)
    others = np.concatenate([questions, rng.integers(0, len(vectors), questions.shape)])
    others = others[(others[:, 0] != others[:, 1]) & (others[:, 2] != others[:, 3])]
    fit = np.corrcoef(_offset_cosines(vectors, others), _offset_cosines(predicted, others))[0, 1]
    accuracy = analogies(vectors, questions)[0].value
    return {"accuracy": accuracy, "parallel": float(cosines.mean()), "predicted": float(fit)}


def _offset_cosines(vectors: np.ndarray, questions: np.ndarray) -> np.ndarray:
    """Of b - a and d - c."""
    a, b, c, d = (vectors[questions[:, place]] for place in range(4))
    left, right = b - a, d - c
    return (left * right).sum(1) / (np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1))
