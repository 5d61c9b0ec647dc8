"""What a batch's negatives are worth: how many count, whom the gradient pushes, how the temperature sets that."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation.diagnosis.figures import Curve
from counterpoint.evaluation.diagnosis.finding import Diagnostic, Found, Range
from counterpoint.evaluation.diagnosis.intervals import over_batches
from counterpoint.evaluation.diagnosis.subject import Subject
from counterpoint.evaluation.in_batch import BatchView, batch_views

GROUP = "batch"
BATCHES_DRAWN = 20
LEAST = 16
TOO_LOW, TOO_HIGH = "temperature too low", "temperature too high"
GRID = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_WARMER, _COOLER = "raise it where it is too low", "lower it where it is too high"
WANG_LIU = "Wang and Liu 2021, arXiv:2012.09740, Section 3"


def _views(subject: Subject, temperature: float, batches: int = BATCHES_DRAWN) -> list[BatchView]:
    """Batches of the sample as the run's loss sees them."""
    first, second = subject.compared
    if min(subject.batch, len(first)) < LEAST:
        raise InputError(f"batches of {min(subject.batch, len(first))} rows: at least {LEAST} are needed")
    labels = None if subject.labels is None else subject.classes
    if labels is not None and subject.positives is None:
        labels = labels[subject.label_pairs[0]]
    return batch_views(
        first, second, temperature=temperature, batch_size=min(subject.batch, len(first)), labels=labels,
        labels_are_positives=subject.labels_are_positives, batches=batches, seed=subject.seed,
    )  # fmt: skip


def _effective(subject: Subject) -> Found:
    temperature = subject.known_temperature()
    views = _views(subject, temperature)
    curve = [_views(subject, one, 4) for one in GRID]
    figure = Curve(
        name="temperature", title="What the temperature does to the push on negatives", x_name="temperature", x=GRID,
        series=(
            ("effective share", tuple(float(np.mean([v.effective / v.negatives for v in one])) for one in curve)),
            ("hardest tenth", tuple(float(np.mean([v.hardest_share for v in one])) for one in curve)),
        ),
    )  # fmt: skip
    return over_batches(
        subject, np.array([view.effective for view in views]),
        lambda value: f"Of {views[0].negatives} negatives as many as {value:.1f} push.", figure,
    )  # fmt: skip


def _effective_share(subject: Subject) -> Found:
    views = _views(subject, subject.known_temperature())
    return over_batches(
        subject, np.array([view.effective / view.negatives for view in views]),
        lambda value: f"The push is spread over {value:.0%} of the negatives; at 100 % none is told from another.",
    )  # fmt: skip


def _hardest(subject: Subject) -> Found:
    views = _views(subject, subject.known_temperature())
    return over_batches(
        subject, np.array([view.hardest_share for view in views]),
        lambda value: f"The hardest tenth of the negatives takes {value:.0%} of the gradient.",
    )  # fmt: skip


def _left(subject: Subject) -> Found:
    if subject.labels_are_positives:
        raise InputError("an anchor has many positives")
    views = _views(subject, subject.known_temperature())
    return over_batches(
        subject, np.array([view.positive_probability for view in views]),
        lambda value: f"The softmax gives the positive {value:.0%}; towards 100 % nothing is left to learn.",
    )  # fmt: skip


def _sensitivity(subject: Subject) -> Found:
    temperature = subject.known_temperature()
    low, high = (_views(subject, temperature * factor) for factor in (0.9, 1.1))
    change = [np.log(b.effective / a.effective) / np.log(1.1 / 0.9) for a, b in zip(low, high, strict=True)]
    return over_batches(
        subject, np.array(change),
        lambda value: f"A temperature 10 % higher makes {0.1 * value:+.0%} of the negatives count.",
    )  # fmt: skip


def _false_push(subject: Subject) -> Found:
    if subject.labels_are_positives:
        raise InputError("rows of one label are positives of this objective: none is a false negative")
    views = _views(subject, subject.known_temperature())
    shares = [view.false_share for view in views if view.false_share is not None]
    if not shares:
        raise InputError("no labels to know false negatives by")
    return over_batches(
        subject, np.array(shares), lambda value: f"{value:.0%} of the push hits rows of the anchor's own label."
    )


MEASURES = (
    Diagnostic(
        name="effective_negatives", group=GROUP, definition="exp(entropy of softmax(s / t) over negatives)",
        citation="perplexity of the push of " + WANG_LIU, compute=_effective,
        healthy=Range(low=5, fault_low=3), fault_below=TOO_LOW, change=f"The temperature: {_WARMER}.",
    ),
    Diagnostic(
        name="effective_share", group=GROUP, definition="effective negatives over negatives",
        citation="perplexity of the push of " + WANG_LIU, compute=_effective_share,
        healthy=Range(high=0.95, fault_high=0.98), fault=TOO_HIGH, change=f"The temperature: {_COOLER}.",
    ),
    Diagnostic(
        name="hardest_share", group=GROUP, definition="share of softmax(s / t) over negatives in their hardest tenth",
        citation=WANG_LIU, compute=_hardest,
    ),
    Diagnostic(
        name="positive_probability", group=GROUP, definition="mean softmax(s / t) of the positive among candidates",
        citation="Oord, Li and Vinyals 2018, arXiv:1807.03748, Eq. 4", compute=_left,
    ),
    Diagnostic(
        name="temperature_sensitivity", group=GROUP, definition="d log(effective negatives) / d log t, by differences",
        citation=WANG_LIU, compute=_sensitivity,
    ),
    Diagnostic(
        name="false_negative_push", group=GROUP, definition="share of softmax(s / t) on negatives of one label",
        citation="Chuang et al. 2020, arXiv:2007.00224", compute=_false_push,
        healthy=Range(high=0.7),
        fault="false negatives",
        change="Learn from the labels, filter negatives nearer than the positive, or debias the loss.",
    ),
)  # fmt: skip
"""Of negatives."""
