"""Does the space hold what belongs together, and is it used: alignment, uniformity, spread, isotropy, tolerance."""

import numpy as np

from counterpoint.evaluation import space, spectrum
from counterpoint.evaluation.bootstrap import mean_measure
from counterpoint.evaluation.diagnosis.finding import BOOTSTRAP, Diagnostic, Found, Range, found
from counterpoint.evaluation.diagnosis.intervals import half_samples
from counterpoint.evaluation.diagnosis.subject import Subject
from counterpoint.evaluation.separation import tolerance

GROUP = "space"
COLLAPSE = "collapse"
_APART = (
    "Keep rows apart: more negatives, a lower temperature, a term of spread (uniformity, variance), or a stop-gradient "
    "and predictor where there are no negatives; lower the learning rate."
)
WANG_ISOLA = "Wang and Isola 2020, arXiv:2005.10242, Eq. "


def _spread(subject: Subject) -> Found:
    one = space.spread(subject.rows, bootstrap=subject.bootstrap)
    return found(one, f"Rows fill {one.value:.0%} of the spread that a full sphere has.")


def _alignment(subject: Subject) -> Found:
    one = space.alignment(*subject.pairs, bootstrap=subject.bootstrap)
    return found(one, f"Two sides of a positive pair have a mean cosine of {1 - one.value / 2:.2f}.")


def _uniformity(subject: Subject) -> Found:
    one = space.uniformity(subject.rows, bootstrap=subject.bootstrap)
    return found(one, f"A full sphere of many dimensions would be near -4, one point is 0; here {one.value:.2f}.")


def _trade_off(subject: Subject) -> Found:
    """Both parts as one mean over pairs, so that one resample decides both."""
    first, second = subject.pairs
    aligned = np.square(first - second).sum(axis=1).astype(np.float64)
    log_mean = space.uniformity(first, bootstrap=subject.bootstrap)
    one = mean_measure("align_uniform", aligned + log_mean.value, bootstrap=subject.bootstrap)
    half = (log_mean.high - log_mean.low) / 2
    words = f"Alignment {aligned.mean():.2f} and uniformity {log_mean.value:.2f} together; lower is better."
    return Found(
        value=one.value, low=one.value - np.hypot(one.value - one.low, half).item(),
        high=one.value + np.hypot(one.high - one.value, half).item(), n=one.n, interval=BOOTSTRAP, meaning=words,
    )  # fmt: skip


def _tolerance(subject: Subject) -> Found:
    first, second = subject.label_pairs
    similarities = np.einsum("nd,nd->n", subject.unit[first], subject.unit[second])
    one = tolerance(similarities, bootstrap=subject.bootstrap)
    return found(one, f"Two rows of one class have a mean cosine of {one.value:.2f}.")


def _isotropy(subject: Subject) -> Found:
    one = spectrum.isotropy(subject.rows, bootstrap=subject.bootstrap)
    return found(one, f"Two random rows have a mean cosine of {1 - one.value:.2f}.")


def _iso_score(subject: Subject) -> Found:
    rows = subject.varied
    return half_samples(
        subject,
        lambda chosen: spectrum.iso_score(rows[chosen]),
        len(rows),
        lambda value: f"Variance uses the dimensions {value:.0%} as evenly as it could.",
    )


MEASURES = (
    Diagnostic(
        name="spread", group=GROUP, definition="sqrt(D) times the mean standard deviation of coordinates of unit rows",
        citation="Chen and He 2021, arXiv:2011.10566, Section 4.1", compute=_spread,
        healthy=Range(low=0.3, fault_low=0.2), fault_below=COLLAPSE, change=_APART,
    ),
    Diagnostic(
        name="alignment", group=GROUP, definition="mean |x_i - y_i|^2 over positive pairs of unit rows",
        citation=WANG_ISOLA + "1", compute=_alignment, healthy=Range(high=1.3, fault_high=1.9),
        fault="positives not aligned",
        change="Check that the positives belong together; train longer, or with views that keep what matters.",
    ),
    Diagnostic(
        name="uniformity", group=GROUP, definition="log mean over i != j of exp(-2 |x_i - x_j|^2) of unit rows",
        citation=WANG_ISOLA + "2", compute=_uniformity, healthy=Range(high=-0.8, fault_high=-0.18), fault=COLLAPSE,
        change=_APART,
    ),
    Diagnostic(
        name="align_uniform", group=GROUP, definition="alignment + uniformity", citation=WANG_ISOLA + "3 with weight 1",
        compute=_trade_off,
    ),
    Diagnostic(
        name="tolerance", group=GROUP, definition="mean cosine of two rows of one class",
        citation="Wang and Liu 2021, arXiv:2012.09740, Section 3.4", compute=_tolerance, healthy=Range(low=0.1),
        change="Raise the temperature, or let labels say who is positive.",
    ),
    Diagnostic(
        name="isotropy", group=GROUP, definition="1 - mean cosine of two different rows",
        citation="Ethayarajh 2019, arXiv:1909.00512, Section 4.1", compute=_isotropy,
        healthy=Range(low=0.1, fault_low=0.05), fault_below=COLLAPSE, change=_APART,
    ),
    Diagnostic(
        name="iso_score", group=GROUP,
        definition="(D phi - 1) / (D - 1), phi the share of dimensions that the covariance uses evenly",
        citation="Rudman et al. 2022, arXiv:2108.07344, Algorithm 1", compute=_iso_score,
    ),
)  # fmt: skip
"""Of the whole space."""
