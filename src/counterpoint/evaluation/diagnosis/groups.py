"""Who is served worst: accuracy per class and in the long tail."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation.bootstrap import mean_measure, mean_of, measure
from counterpoint.evaluation.diagnosis.figures import Bars
from counterpoint.evaluation.diagnosis.finding import Diagnostic, Found, Range, found
from counterpoint.evaluation.diagnosis.subject import Subject
from counterpoint.evaluation.knn import knn_predict

GROUP = "groups"
MOST = 100
"""Classes that are drawn."""


def correct(subject: Subject) -> np.ndarray:
    """Whether the 20 nearest other sampled rows give each sampled row its label, `[n]`."""
    predicted = knn_predict(subject.varied, subject.classes, subject.varied, leave_one_out=True)
    return predicted == subject.classes


def _worst_group(subject: Subject) -> Found:
    right = correct(subject)
    names, group, count = np.unique(subject.classes, return_inverse=True, return_counts=True)
    if count.max() < 2:
        raise InputError("no two rows of one label")
    accuracy = np.bincount(group, right) / count
    half = 1.96 * np.sqrt(accuracy * (1 - accuracy) / count)
    order = np.argsort(accuracy, kind="stable")[:MOST]
    figure = Bars(
        name="groups", title="Accuracy of the 20 nearest neighbours per class", value_name="accuracy",
        groups=tuple(str(one) for one in names[order]), values=tuple(accuracy[order].tolist()),
        low=tuple(np.clip(accuracy - half, 0, 1)[order].tolist()),
        high=tuple(np.clip(accuracy + half, 0, 1)[order].tolist()), sizes=tuple(count[order].tolist()),
    )  # fmt: skip
    inside = group == order[0]

    def gap(counts: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            own = (counts @ (right & inside)) / (counts @ inside.astype(np.float64))
        return mean_of(right)(counts) - own

    one = measure("worst_group_gap", gap, np.ones(len(right), dtype=np.int64), bootstrap=subject.bootstrap)
    words = f"Class {names[order[0]]} is right {accuracy[order[0]]:.0%} of the time, all rows {right.mean():.0%}."
    return found(one, words, figure)


def _tail(subject: Subject) -> Found:
    """Rows by the size of their class in all data: the rarest third of classes against the most frequent third."""
    right = correct(subject).astype(np.float64)
    assert subject.labels is not None
    names, count = np.unique(subject.labels, return_counts=True)
    if count.max() < 2 * count.min():
        raise InputError("classes are of nearly one size: there is no tail")
    third = max(1, len(names) // 3)
    rank = np.argsort(np.argsort(count, kind="stable"), kind="stable")[np.searchsorted(names, subject.classes)]
    rare, frequent = rank < third, rank >= len(names) - third
    if min(rare.sum(), frequent.sum()) < 2:
        raise InputError("fewer than 2 sampled rows of rare classes")

    def gap(counts: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            head, tail = ((counts @ (right * part)) / (counts @ part.astype(np.float64)) for part in (frequent, rare))
        return head - tail

    one = measure("tail_gap", gap, np.ones(len(right), dtype=np.int64), bootstrap=subject.bootstrap)
    return found(one, f"Frequent classes are right {one.value:+.1%} more often than rare ones.")


def _neighbour_accuracy(subject: Subject) -> Found:
    one = mean_measure("neighbour_accuracy", correct(subject), bootstrap=subject.bootstrap)
    return found(one, f"The 20 nearest other rows give the label {one.value:.1%} of the time.")


MEASURES = (
    Diagnostic(
        name="neighbour_accuracy", group=GROUP, definition="leave-one-out accuracy of 20 weighted neighbours",
        citation="Wu et al. 2018, arXiv:1805.01978, Section 3.4", compute=_neighbour_accuracy,
    ),
    Diagnostic(
        name="worst_group_gap", group=GROUP, definition="accuracy of all rows minus that of the worst class",
        citation="Sagawa et al. 2019, arXiv:1911.08731", compute=_worst_group, healthy=Range(high=0.7),
        change="Look at that class: more of its rows, or hard negatives against what it is taken for.",
    ),
    Diagnostic(
        name="tail_gap", group=GROUP, definition="accuracy in the most frequent third of classes minus the rarest",
        citation="Liu et al. 2019, arXiv:1904.05160", compute=_tail, healthy=Range(high=0.4),
        change="Draw classes evenly (--batches class-balanced) or weight rare ones up.",
    ),
)  # fmt: skip
"""Of groups of rows."""
