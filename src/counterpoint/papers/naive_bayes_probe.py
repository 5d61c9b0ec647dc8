"""Naive Bayes against logistic probes: fewer labels to its own best error, which is the worse one."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from counterpoint.evaluation import fit_classifier, fit_naive_bayes, labels_needed, learning_curve
from counterpoint.evaluation.learning_curve import Classifier, Fit
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.small_digits import train_digits
from counterpoint.objectives import InfoNCE

paper = Paper(
    short="NaiveBayesProbe",
    title="Revisiting Discriminative vs. Generative Classifiers: Theory and Implications",
    authors="Zheng, Wu, Bao, Cao, Li and Zhu",
    year=2023,
    identifier="arXiv:2302.02334",
    wing=Wing.EVALUATION,
    implements="labels that naive Bayes and logistic regression need for their own best error, as features grow, and "
    "both learning curves on learnt features",
    deviates="Two made classes in features that all share a noise: the best rule is known, and one for both. The "
    "logistic regression of the law is almost unpenalised (C = 1000); on learnt features of 8 x 8 digits its C is "
    "chosen on a fifth of the labels. The bounds of multiclass calibration are left out.",
)
claim = Claim(
    statement="Naive Bayes needs about log n labels for n features and logistic regression about n; on learnt features "
    "naive Bayes wins with few labels and loses with many.",
    checks=(
        Within(measure="growth", below=0.35, statement="Labels of naive Bayes grow far slower than features."),
        Within(
            measure="growth",
            side="logistic",
            above=0.65,
            below=1.35,
            statement="Those of logistic regression grow in proportion.",
        ),
        Better(measure="error_few", than="logistic", lower=True, statement="Naive Bayes wins with two of each digit."),
        Better(measure="error_many", side="logistic", than="method", lower=True, statement="And loses with all."),
    ),
    minutes=1,
)

_FEATURES = {Setting.TINY: (4, 8), Setting.SMALL: (8, 16, 32, 64, 128), Setting.FULL: (8, 32, 128, 512, 2048)}
_REPEATS = {Setting.TINY: 1, Setting.SMALL: 5, Setting.FULL: 50}
_STEPS = {Setting.TINY: 1, Setting.SMALL: 300, Setting.FULL: 20_000}
_TEST = 10_000
_WITHIN = 0.03
"""How near to the best error counts as there."""
_SIGNAL, _SHARED = 0.5, 0.4
"""Half the distance of class means in every feature, and the loading of every feature on the noise they share."""
_FEWEST = 20


@dataclass(frozen=True)
class _World:
    """Two classes in n features: ``x_d = y s + a u + e_d`` with a sign y and the noise u that is shared."""

    features: int

    def draw(self, rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Rows, and labels 0 and 1 as often."""
        labels = rng.permutation(np.arange(rows) % 2)
        noise = _SHARED * rng.standard_normal((rows, 1)) + rng.standard_normal((rows, self.features))
        return _SIGNAL * (2 * labels[:, None] - 1) + noise, labels

    def least_error(self) -> float:
        """Of the best rule, the sum of all features; both classifiers tend to it."""
        n = self.features
        return float(stats.norm.cdf(-_SIGNAL * n**0.5 / (1 + _SHARED**2 * n) ** 0.5))


def _unpenalised(rows: np.ndarray, labels: np.ndarray) -> Classifier:
    return fit_classifier(rows, labels, strengths=(1000.0,))


def trial(setting: Setting, seed: int) -> Figures:
    """How labels grow with features, and both probes of learnt digits with few and with all labels."""
    learnt = train_digits(InfoNCE(temperature=0.1), steps=_STEPS[setting], seed=seed)
    train, test = (learnt.train, learnt.train_labels), (learnt.test, learnt.test_labels)
    sides: dict[str, tuple[Fit, Fit]] = {
        "method": (fit_naive_bayes, fit_naive_bayes),
        "logistic": (_unpenalised, fit_classifier),
    }
    found: dict[str, dict[str, float]] = {}
    for name, (plain, chosen) in sides.items():
        # Draws of 20 labels differ more than those of all, and cost next to nothing.
        few = learning_curve(chosen, train, test, sizes=[_FEWEST], repeats=10 * _REPEATS[setting], seed=seed)
        many = learning_curve(chosen, train, test, sizes=[len(learnt.train)], repeats=1)
        errors = {"error_few": float(few[0]), "error_many": float(many[0])}
        found[name] = {"growth": _growth(plain, setting, seed), **errors}
    return found


def _growth(fit: Fit, setting: Setting, seed: int) -> float:
    """Slope of the logarithm of the labels needed over that of the features: 0 for log n nearly, 1 for n."""
    counts = _FEATURES[setting]
    needed = [_needed(fit, _World(n), _REPEATS[setting], seed) for n in counts]
    return float(np.polyfit(np.log(counts), np.log(needed), 1)[0])


def _needed(fit: Fit, world: _World, repeats: int, seed: int) -> float:
    """Labels until the error is near its least; the most that are tried where it never gets there."""
    sizes = np.unique(np.geomspace(4, 64 * world.features, 14).astype(int)).tolist()
    rng = np.random.default_rng(seed)
    train, test = world.draw(2 * sizes[-1], rng), world.draw(_TEST, rng)
    errors = learning_curve(fit, train, test, sizes=sizes, repeats=repeats, seed=seed)
    return min(labels_needed(sizes, errors.tolist(), world.least_error() + _WITHIN), float(sizes[-1]))
