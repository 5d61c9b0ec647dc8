"""In how many directions do embeddings lie: effective rank, dead directions, coding rate, LiDAR, utilisation."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import space, spectrum
from counterpoint.evaluation.diagnosis.figures import Spectrum
from counterpoint.evaluation.diagnosis.finding import Diagnostic, Found, Range, found
from counterpoint.evaluation.diagnosis.intervals import half_samples
from counterpoint.evaluation.diagnosis.subject import Subject

GROUP = "rank"
DIMENSIONAL = "dimensional collapse"
DEAD = 1e-3
"""Singular values below this share of the largest count as none."""
LEAST = 8
"""Fewer dimensions are all needed: their rank is not judged."""
_WIDER = (
    "Decorrelate dimensions (a covariance or whitening term, a projection head), weaken the views, or use fewer "
    "dimensions: the others carry nothing."
)


def _enough(subject: Subject) -> np.ndarray:
    rows = subject.varied
    if rows.shape[1] < LEAST:
        raise InputError(f"{rows.shape[1]} dimensions: a rank is judged from {LEAST} on")
    return rows


def _effective_rank(subject: Subject) -> Found:
    rows = _enough(subject)
    one = space.effective_rank(rows - rows.mean(axis=0), bootstrap=subject.bootstrap)
    figure = Spectrum(
        name="spectrum", title="Singular values of centred unit rows",
        values=tuple(spectrum.singular_spectrum(rows).tolist()),
    )  # fmt: skip
    return found(one, f"The rows lie in about {one.value:.0f} of {rows.shape[1]} directions.", figure)


def _rank_me(subject: Subject) -> Found:
    one = space.effective_rank(subject.rows, bootstrap=subject.bootstrap)
    return found(one, f"As many equal directions would carry the rows as they are: {one.value:.1f}.")


def _participation(subject: Subject) -> Found:
    one = spectrum.participation_ratio(subject.varied, bootstrap=subject.bootstrap)
    return found(one, f"About {one.value:.0f} directions carry most of the variance.")


def _dead(subject: Subject) -> Found:
    rows = _enough(subject)

    def share(chosen: np.ndarray) -> float:
        value = spectrum.singular_spectrum(rows[chosen])
        return float((value < DEAD * value[0]).mean())

    return half_samples(subject, share, len(rows), lambda value: f"{value:.0%} of the directions carry nothing.")


def _utilisation(subject: Subject) -> Found:
    rows = subject.varied

    def share(chosen: np.ndarray) -> float:
        variance = np.square(spectrum.singular_spectrum(rows[chosen]))
        return (1 + int((np.cumsum(variance) < 0.99 * variance.sum()).sum())) / rows.shape[1]

    return half_samples(
        subject, share, len(rows), lambda value: f"{value:.0%} of the dimensions hold 99 % of the variance."
    )


def _coding_rate(subject: Subject) -> Found:
    rows = subject.unit
    return half_samples(
        subject, lambda chosen: spectrum.coding_rate(rows[chosen]), len(rows),
        lambda value: f"A row takes {value:.1f} nats to code to within 0.5.",
    )  # fmt: skip


def _lidar(subject: Subject) -> Found:
    """Classes where there are labels, the two sides of pairs otherwise."""
    if subject.labels is None:
        rows = np.stack(subject.sides, axis=1)
        n, label = len(rows), "pairs"

        def rank(chosen: np.ndarray) -> float:
            return spectrum.lidar(rows[chosen].reshape(-1, rows.shape[2]), np.repeat(np.arange(len(chosen)), 2))
    else:
        label, (first, _) = "classes", subject.label_pairs
        unit, classes, n = subject.varied[first], subject.classes[first], len(first)

        def rank(chosen: np.ndarray) -> float:
            kept, count = np.unique(classes[chosen], return_counts=True)
            several = np.isin(classes[chosen], kept[count > 1])
            return spectrum.lidar(unit[chosen][several], classes[chosen][several])

    return half_samples(subject, rank, n, lambda value: f"{value:.1f} directions tell {label} apart.")


MEASURES = (
    Diagnostic(
        name="effective_rank", group=GROUP,
        definition="exp(entropy of singular values over their sum) of centred unit rows",
        citation="Roy and Vetterli 2007; dimensional collapse: Jing et al. 2021, arXiv:2110.09348",
        compute=_effective_rank, healthy=Range(low=5, fault_low=3.5), fault_below=DIMENSIONAL, change=_WIDER,
    ),
    Diagnostic(
        name="rank_me", group=GROUP, definition="exp(entropy of singular values over their sum) of rows as they are",
        citation="Garrido et al. 2023, arXiv:2210.02885, Eq. 1", compute=_rank_me,
    ),
    Diagnostic(
        name="participation_ratio", group=GROUP, definition="(sum l)^2 / sum l^2 over eigenvalues of the covariance",
        citation="Gao et al. 2017, bioRxiv 214262", compute=_participation,
    ),
    Diagnostic(
        name="dead_directions", group=GROUP, definition="share of singular values below 1e-3 of the largest",
        citation="Jing et al. 2021, arXiv:2110.09348, Section 3", compute=_dead,
        healthy=Range(high=0.6, fault_high=0.8), fault=DIMENSIONAL, change=_WIDER,
    ),
    Diagnostic(
        name="utilisation", group=GROUP, definition="share of principal directions that hold 99 % of the variance",
        citation="Hua et al. 2021, arXiv:2105.00470", compute=_utilisation,
    ),
    Diagnostic(
        name="coding_rate", group=GROUP, definition="1/2 log det(I + D / (N e^2) Z^T Z), e = 0.5",
        citation="Yu et al. 2020, arXiv:2006.08558, Eq. 1", compute=_coding_rate,
    ),
    Diagnostic(
        name="lidar", group=GROUP, definition="exp(entropy) of the eigenvalues of S_w^(-1/2) S_b S_w^(-1/2)",
        citation="Thilak et al. 2023, arXiv:2312.04000, Section 3", compute=_lidar,
    ),
)  # fmt: skip
"""Of the spectrum."""
