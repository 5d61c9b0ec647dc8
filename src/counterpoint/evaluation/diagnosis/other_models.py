"""Next to another space: behind the training head, and another run's."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, two_models
from counterpoint.evaluation.bootstrap import mean_of, paired_difference
from counterpoint.evaluation.diagnosis.finding import Diagnostic, Found, found
from counterpoint.evaluation.diagnosis.groups import correct
from counterpoint.evaluation.diagnosis.intervals import half_samples
from counterpoint.evaluation.diagnosis.subject import Subject
from counterpoint.evaluation.knn import knn_predict

GROUP = "other spaces"


def _head_gain(subject: Subject) -> Found:
    if subject.projected is None:
        raise InputError("no training head is known")
    behind = checks.dense("the projected embeddings", np.asarray(subject.projected[subject.chosen]))
    right = knn_predict(behind, subject.classes, behind, leave_one_out=True) == subject.classes
    one = paired_difference(
        "head_gain", mean_of(correct(subject)), mean_of(right), len(right), bootstrap=subject.bootstrap
    )
    return found(one, f"Leaving the head off changes the accuracy of neighbours by {one.value:+.1%}.")


def _other(subject: Subject) -> np.ndarray:
    if subject.against is None:
        raise InputError("no other run was given (--against)")
    return checks.dense("the other embeddings", np.asarray(subject.against[subject.chosen]))


def _overlap(subject: Subject) -> Found:
    other = _other(subject)
    one = two_models.neighbour_overlap(subject.varied, other, bootstrap=subject.bootstrap)
    return found(one, f"The two runs share {one.value:.0%} of the 10 nearest neighbours.")


def _cka(subject: Subject) -> Found:
    rows, other = subject.varied, _other(subject)
    return half_samples(
        subject, lambda chosen: two_models.linear_cka(rows[chosen], other[chosen]), len(rows),
        lambda value: f"Up to rotation and scale the two spaces agree to {value:.2f} of 1.",
    )  # fmt: skip


def _explained(subject: Subject) -> Found:
    rows, other = subject.varied, _other(subject)
    return half_samples(
        subject, lambda chosen: two_models.explained(rows[chosen], other[chosen]), len(rows),
        lambda value: f"A linear map from this run predicts {value:.0%} of the other's variance.",
    )  # fmt: skip


MEASURES = (
    Diagnostic(
        name="head_gain", group=GROUP, definition="accuracy of 20 neighbours before the head minus behind it",
        citation="Chen et al. 2020, arXiv:2002.05709, Section 4.2", compute=_head_gain,
        change="Where it is below 0, keep the head: embed with what was trained.",
    ),
    Diagnostic(
        name="neighbour_overlap", group=GROUP, definition="mean share of 10 nearest neighbours in both spaces",
        citation="Wang et al. 2020, arXiv:2003.12218 (k-NN overlap)", compute=_overlap,
    ),
    Diagnostic(
        name="linear_cka", group=GROUP, definition="|Y^T X|_F^2 / (|X^T X|_F |Y^T Y|_F), centred",
        citation="Kornblith et al. 2019, arXiv:1905.00414, Section 3", compute=_cka,
    ),
    Diagnostic(
        name="explained_by_map", group=GROUP, definition="R^2 of a ridge map from this space to the other, 5 folds",
        citation="model stitching: Lenc and Vedaldi 2015, arXiv:1411.5908", compute=_explained,
    ),
)  # fmt: skip
"""Of two spaces."""
