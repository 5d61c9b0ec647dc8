"""How well similarities tell pairs that belong together from pairs that do not."""

import numpy as np
from scipy import stats

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure, measure


def score_auc(positive: np.ndarray, negative: np.ndarray, *, level: float = 0.95) -> Measure:
    """Chance that a positive pair scores above a negative one, ties counting half: 1 is best, 0.5 is chance.

    The interval is normal, with the variance of DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or
    more correlated receiver operating characteristic curves" (1988), Biometrics 44.

    Args:
        positive: `[P]` similarities of pairs that belong together.
        negative: `[Q]` similarities of pairs that do not.
        level: Coverage the interval aims at.

    Raises:
        InputError: Fewer than two of either, or numbers that are not finite.
    """
    positive, negative = _scores(positive, negative)
    p, q = len(positive), len(negative)
    joint = stats.rankdata(np.concatenate([positive, negative]))
    above = (joint[:p] - stats.rankdata(positive)) / q  # share of negatives below each positive
    below = 1 - (joint[p:] - stats.rankdata(negative)) / p
    value = float(above.mean())
    error = np.sqrt(above.var(ddof=1) / p + below.var(ddof=1) / q)
    half = float(stats.norm.ppf((1 + level) / 2) * error)
    return Measure("score_auc", value, max(0.0, value - half), min(1.0, value + half), p + q, level)


def score_overlap(positive: np.ndarray, negative: np.ndarray, *, bins: int = 50) -> float:
    """Share of the two distributions that lies on top of each other: 0 apart, 1 the same.

    Formula: ``sum_b min(p_b, q_b)`` over bins of equal width that span both.

    Args:
        positive: `[P]`.
        negative: `[Q]`.
        bins: How many; few rows and many bins make the overlap look small.

    Raises:
        InputError: Fewer than two of either, or numbers that are not finite.
    """
    positive, negative = _scores(positive, negative)
    checks.at_least("bins", bins, 1)
    edges = np.histogram_bin_edges(np.concatenate([positive, negative]), bins)
    p, q = (np.histogram(one, edges)[0] / len(one) for one in (positive, negative))
    return float(np.minimum(p, q).sum())


def tolerance(similarities: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """Mean cosine of pairs of one class: high where what belongs together stays together.

    Wang and Liu, "Understanding the Behaviour of Contrastive Loss" (2021), arXiv:2012.09740, Section 3.4. It trades off
    with uniformity, and the temperature decides.

    Args:
        similarities: `[P]` cosines of pairs of equal label.
        bootstrap: Resamples, level and seed; pairs are drawn.
    """
    return mean_measure("tolerance", similarities, bootstrap=bootstrap)


def calibration_error(
    probability: np.ndarray, correct: np.ndarray, *, bins: int = 15, bootstrap: Bootstrap = DEFAULT
) -> Measure:
    """Expected calibration error: how far confidence lies from accuracy, averaged over bins of confidence.

    Formula: ``sum_b n_b / N |mean correct_b - mean probability_b|`` over bins of equal width.

    Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks" (2017), arXiv:1706.04599, Eq. 3.

    Args:
        probability: `[N]` in [0, 1], such as the softmax of an anchor's best candidate at the model's temperature.
        correct: `[N]` truth values: whether that candidate was the right one.
        bins: How many.
        bootstrap: Resamples, level and seed; the interval is centred, since resampled bins differ by chance alone.

    Raises:
        InputError: Lengths differ, or a probability is outside [0, 1].
    """
    probability = checks.numbers("probability", probability, len(probability))
    correct = checks.numbers("correct", correct, len(probability))
    checks.at_least("bins", bins, 1)
    if probability.min() < 0 or probability.max() > 1:
        raise InputError(f"probability must lie in [0, 1], got {probability.min():g} to {probability.max():g}")
    bin_of = np.minimum((probability * bins).astype(np.int64), bins - 1)
    gaps = np.zeros((len(probability), bins))
    gaps[np.arange(len(probability)), bin_of] = correct - probability

    def error(counts: np.ndarray) -> np.ndarray:
        return np.abs(counts @ gaps).sum(axis=1) / counts.sum(axis=1)

    ones = np.ones(len(probability), dtype=np.int64)
    return measure("calibration_error", error, ones, bootstrap=bootstrap, greater_is_better=False, centred=True)


def _scores(positive: np.ndarray, negative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    checked = [checks.numbers(name, one, len(one)) for name, one in (("positive", positive), ("negative", negative))]
    for name, one in zip(("positive", "negative"), checked, strict=True):
        checks.at_least(f"the number of {name} pairs", len(one), 2)
    return checked[0], checked[1]
