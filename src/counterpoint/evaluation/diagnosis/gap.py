"""Do the two sides of pairs share one space: the modality gap, what holds it open, and what closing it does."""

import numpy as np
from scipy import special

from counterpoint.base.errors import InputError
from counterpoint.evaluation.bootstrap import mean_measure
from counterpoint.evaluation.diagnosis.finding import Diagnostic, Found, Range, found
from counterpoint.evaluation.diagnosis.intervals import half_samples
from counterpoint.evaluation.diagnosis.subject import Subject
from counterpoint.evaluation.modality_gap import gain_without_gap, modality_gap, relative_gap, without_gap

GROUP = "modality gap"
GAP = "modality gap"
LIANG = "Liang et al. 2022, arXiv:2203.02053, "


def _sides(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    if not subject.two_sides:
        raise InputError("both sides are of one kind and one encoder")
    return subject.sides


def _gap(subject: Subject) -> Found:
    one = modality_gap(*_sides(subject), bootstrap=subject.bootstrap)
    return found(one, f"The means of both sides are {one.value:.2f} apart on a sphere of radius 1.")


def _share(subject: Subject) -> Found:
    first, second = _sides(subject)
    return half_samples(
        subject, lambda chosen: relative_gap(first[chosen], second[chosen]), len(first),
        lambda value: f"Which side a row is of makes up {value:.0%} of all squared distance.",
    )  # fmt: skip


def _contrastive(subject: Subject) -> Found:
    """Loss of each anchor without the gap minus its loss with it, in batches."""
    first, second = _sides(subject)
    temperature, n = subject.known_temperature(), subject.batch
    closed = without_gap(first, second)
    order = np.random.default_rng(subject.seed).permutation(len(first))
    differences = []
    for start in range(0, len(order) - n + 1, n):
        chosen = order[start : start + n]
        as_is, without = (_losses(a[chosen], b[chosen], temperature) for a, b in ((first, second), closed))
        differences.append(without - as_is)
    one = mean_measure("gap_contrastive", np.concatenate(differences), bootstrap=subject.bootstrap)
    verb = "rises: the loss itself holds it open" if one.low > 0 else "does not rise: the loss does not need it"
    return found(one, f"With the gap closed the loss {verb} ({one.value:+.3f} nats).")


def _losses(first: np.ndarray, second: np.ndarray, temperature: float) -> np.ndarray:
    logits = (first @ second.T).astype(np.float64) / temperature
    return special.logsumexp(logits, axis=1) - np.diag(logits)


def _gain(subject: Subject) -> Found:
    one = gain_without_gap(*_sides(subject), bootstrap=subject.bootstrap)
    return found(one, f"Moving both means to 0 changes recall@1 by {one.value:+.1%}.")


MEASURES = (
    Diagnostic(
        name="modality_gap", group=GROUP, definition="|mean x - mean y| of unit rows",
        citation=LIANG + "Section 4.1", compute=_gap,
    ),
    Diagnostic(
        name="relative_gap", group=GROUP, definition="|mean x - mean y|^2 / 4 / E|z - mean|^2 of unit rows",
        citation="the gap's share of variance, after " + LIANG + "Section 4.1", compute=_share,
        healthy=Range(high=0.25, fault_high=0.5), fault=GAP,
        change="Move both means to 0 before searching, raise the temperature, share layers between the sides, or add a "
        "term that aligns the two distributions.",
    ),
    Diagnostic(
        name="gap_contrastive", group=GROUP,
        definition="mean InfoNCE with both means moved to 0, minus as it is, at the run's temperature",
        citation=LIANG + "Section 4.2 (loss landscape of the gap)", compute=_contrastive,
    ),
    Diagnostic(
        name="gain_without_gap", group=GROUP, definition="recall@1 with both means moved to 0, minus as it is",
        citation=LIANG + "Section 5", compute=_gain,
    ),
)  # fmt: skip
"""Of two modalities."""
