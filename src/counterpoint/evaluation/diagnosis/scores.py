"""Do similarities tell positive pairs from others: AUC, overlap, calibration."""

import numpy as np
from scipy import special

from counterpoint.base.errors import InputError
from counterpoint.evaluation import separation
from counterpoint.evaluation.bootstrap import mean_measure
from counterpoint.evaluation.diagnosis.figures import Histogram, Pairs
from counterpoint.evaluation.diagnosis.finding import FORMULA, Diagnostic, Found, Range, found
from counterpoint.evaluation.diagnosis.intervals import half_samples
from counterpoint.evaluation.diagnosis.subject import Subject

GROUP = "scores"
BINS = 50
SHOWN = 24
"""Pairs that are listed to be looked at."""


def _auc(subject: Subject) -> Found:
    positive, negative = subject.scores
    one = separation.score_auc(positive, negative, level=subject.bootstrap.level)
    edges = np.linspace(-1, 1, BINS + 1)
    series = tuple(
        (name, tuple(np.histogram(np.clip(values, -1, 1), edges, density=True)[0].tolist()))
        for name, values in (("positive", positive), ("negative", negative))
    )
    figure = Histogram(
        name="scores", title="Cosines of positive and of negative pairs", edges=tuple(edges.tolist()), series=series
    )
    return found(one, f"A positive pair beats a random one {one.value:.1%} of the time.", figure, interval=FORMULA)


def _overlap(subject: Subject) -> Found:
    positive, negative = subject.scores

    def overlap(chosen: np.ndarray) -> float:
        first, second = chosen[chosen < len(positive)], chosen[chosen >= len(positive)] - len(positive)
        return separation.score_overlap(positive[first], negative[second], bins=20)

    n = len(positive) + len(negative)
    return half_samples(subject, overlap, n, lambda value: f"{value:.0%} of the two distributions coincide.")


def _in_batch_choice(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Softmax of the best candidate of each anchor in batches, and whether that is its positive."""
    if subject.positives is None:
        raise InputError("no pairs: the data have no positive column and the run makes no views")
    first, second = subject.compared
    temperature, n = subject.known_temperature(), subject.batch
    order = np.random.default_rng(subject.seed).permutation(len(first))
    probability, correct = [], []
    for start in range(0, len(order) - n + 1, n):
        chosen = order[start : start + n]
        p = special.softmax((first[chosen] @ second[chosen].T).astype(np.float64) / temperature, axis=1)
        probability.append(p.max(axis=1))
        correct.append(p.argmax(axis=1) == np.arange(n))
    return np.concatenate(probability), np.concatenate(correct)


def _calibration(subject: Subject) -> Found:
    probability, correct = _in_batch_choice(subject)
    one = separation.calibration_error(probability, correct, bootstrap=subject.bootstrap)
    side = "more" if probability.mean() > correct.mean() else "less"
    return found(
        one,
        f"In a batch of {subject.batch} the best candidate is right {correct.mean():.0%} of the time, and the softmax "
        f"is {side} sure than that ({probability.mean():.0%}).",
    )


def _margin(subject: Subject) -> Found:
    """Pairs that a stranger beats: the value is their share, the figure shows the worst."""
    first, second = subject.sides
    cosines = (first @ second.T).astype(np.float64)
    own = np.diag(cosines).copy()
    np.fill_diagonal(cosines, -np.inf)
    if subject.labels is not None:
        cosines[subject.classes[:, None] == subject.classes[None, :]] = -np.inf
    rival = cosines.argmax(axis=1)
    nearest = cosines[np.arange(len(own)), rival]
    if not np.isfinite(nearest).all():
        raise InputError("a row has no candidate of another label")
    worst = np.argsort(own - nearest, kind="stable")[:SHOWN]
    ids = subject.chosen
    figure = Pairs(
        name="hardest_pairs", title="Positive pairs that a stranger beats by most", side="positives",
        rows=subject.named(ids[worst]), others=subject.named(ids[worst]), similarities=tuple(own[worst].tolist()),
        rivals=subject.named(ids[rival[worst]]), rival_similarities=tuple(nearest[worst].tolist()),
    )  # fmt: skip
    one = mean_measure("beaten", own < nearest, bootstrap=subject.bootstrap)
    return found(one, f"{one.value:.0%} of the positives are beaten by one of {len(own) - 1} strangers.", figure)


MEASURES = (
    Diagnostic(
        name="score_auc", group=GROUP, definition="P(positive > negative) + P(equal) / 2",
        citation="DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44", compute=_auc,
        healthy=Range(low=0.75, fault_low=0.55), fault_below="positives not told apart",
        change="Check the pairs; train longer; a stronger encoder or harder negatives.",
    ),
    Diagnostic(
        name="score_overlap", group=GROUP, definition="sum over bins of min(p_b, q_b)",
        citation="Inman and Bradley 1989, the overlapping coefficient", compute=_overlap, healthy=Range(high=0.6),
        change="As for score_auc.",
    ),
    Diagnostic(
        name="calibration_error", group=GROUP, definition="sum_b n_b / N |accuracy_b - confidence_b|",
        citation="Guo et al. 2017, arXiv:1706.04599, Eq. 3", compute=_calibration,
    ),
    Diagnostic(
        name="beaten_positives", group=GROUP, definition="share of anchors with a wrong candidate above their positive",
        citation="1 - recall@1 of the sample", compute=_margin,
    ),
)  # fmt: skip
"""Of similarities."""
