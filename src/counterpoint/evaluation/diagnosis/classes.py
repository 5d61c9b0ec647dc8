"""What classes look like, and what of the given columns can be read: class collapse, neural collapse, leaks."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import class_geometry
from counterpoint.evaluation.class_geometry import NeuralCollapse
from counterpoint.evaluation.diagnosis.figures import Bars
from counterpoint.evaluation.diagnosis.finding import Diagnostic, Found, Range, found
from counterpoint.evaluation.diagnosis.intervals import half_samples
from counterpoint.evaluation.diagnosis.linear import best_ridge, readable
from counterpoint.evaluation.diagnosis.subject import Subject

GROUP = "classes"
LEAK = "label leak"
PAPYAN = "Papyan, Han and Donoho 2020, arXiv:2008.08186, "
ROWS_PER_CLASS = 4


def _full_classes(subject: Subject) -> np.ndarray:
    labels = subject.classes
    if len(labels) < ROWS_PER_CLASS * len(np.unique(labels)):
        raise InputError(f"{len(np.unique(labels))} classes in {len(labels)} rows: fewer than {ROWS_PER_CLASS} each")
    return labels


def _class_spread(subject: Subject) -> Found:
    one = class_geometry.class_spread(subject.varied, _full_classes(subject), bootstrap=subject.bootstrap)
    return found(one, f"{one.value:.0%} of the variance is within classes; near 0 nothing but the class is left.")


def _neural(subject: Subject, part: str, words: str) -> Found:
    rows, labels = subject.varied, _full_classes(subject)

    def statistic(chosen: np.ndarray) -> float:
        collapse: NeuralCollapse = class_geometry.neural_collapse(rows[chosen], labels[chosen])
        return getattr(collapse, part)

    return half_samples(subject, statistic, len(rows), lambda value: words.format(value))


def _variability(subject: Subject) -> Found:
    return _neural(subject, "variability", "Spread within classes is {:.2f} of that between them (NC1).")


def _angles(subject: Subject) -> Found:
    return _neural(subject, "angles", "Cosines between class means differ by {:.2f} (0 in a simplex).")


def _distance(subject: Subject) -> Found:
    return _neural(subject, "distance", "Cosines between class means are {:.2f} away from those of a simplex.")


def _read(subject: Subject, factor: np.ndarray, *, missed: bool = False) -> Found:
    """What a linear map reads of a factor, or misses; the penalty is chosen once, on all sampled rows."""
    rows = subject.varied.astype(np.float64)
    ridge = best_ridge(rows, factor, seed=subject.seed)

    def statistic(chosen: np.ndarray) -> float:
        share = readable(rows[chosen], factor[chosen], ridge=ridge, seed=subject.seed)
        return 1 - share if missed else share

    words = "On unseen rows a linear map misses {:.1%} of the variance of the label."
    return half_samples(subject, statistic, len(rows), lambda value: words.format(value))


def _leak(subject: Subject) -> Found:
    """What a linear map cannot read of the label: noise that every real label has."""
    return _read(subject, _full_classes(subject), missed=True)


def _factors(subject: Subject) -> Found:
    given = {name: np.asarray(one)[subject.chosen] for name, one in subject.factors.items()}
    if subject.labels is not None:
        given["label"] = subject.classes
    if not given:
        raise InputError("no labels and no further columns")
    parts = {name: _read(subject, one) for name, one in given.items()}
    figure = Bars(
        name="factors", title="What a linear map reads of each column", value_name="R squared, unseen rows",
        groups=tuple(parts), values=tuple(part.value for part in parts.values()),
        low=tuple(part.low for part in parts.values()), high=tuple(part.high for part in parts.values()),
        sizes=tuple(len(np.unique(one)) for one in given.values()),
    )  # fmt: skip
    name, worst = min(parts.items(), key=lambda item: item[1].value)
    words = f"Of {', '.join(parts)}, {name} is read least: {max(worst.value, 0):.0%} of its variance."
    return Found(
        value=worst.value, low=worst.low, high=worst.high, n=worst.n, interval=worst.interval, meaning=words,
        figures=(figure,),
    )  # fmt: skip


MEASURES = (
    Diagnostic(
        name="class_spread", group=GROUP, definition="sum_i |z_i - m_{y_i}|^2 / sum_i |z_i - m|^2, unit rows",
        citation="class collapse: Graf et al. 2021, arXiv:2102.08817; Chen et al. 2022, arXiv:2204.07596",
        compute=_class_spread, healthy=Range(low=0.02),
        fault_below="class collapse",
        change="Add a self-supervised term or fewer epochs of labels if more than the class is to be kept.",
    ),
    Diagnostic(
        name="nc1_variability", group=GROUP, definition="tr(S_W pinv(S_B)) / K", citation=PAPYAN + "NC1",
        compute=_variability,
    ),
    Diagnostic(
        name="nc2_angles", group=GROUP, definition="standard deviation of cosines between centred class means",
        citation=PAPYAN + "NC2", compute=_angles,
    ),
    Diagnostic(
        name="nc2_distance", group=GROUP, definition="mean |cos + 1 / (K - 1)| between centred class means",
        citation=PAPYAN + "NC2", compute=_distance,
    ),
    Diagnostic(
        name="label_noise", group=GROUP,
        definition="1 - R^2 of a linear map from embeddings to class indicators, 5 folds",
        citation="shortcuts: Geirhos et al. 2020, arXiv:2004.07780", compute=_leak,
        healthy=Range(low=0.045, fault_low=0.04), fault_below=LEAK,
        change="Look for the label in the input (a column, a mark, a file name, a prompt) and for rows that training "
        "has seen; no real label is read without an error.",
    ),
    Diagnostic(
        name="least_readable_factor", group=GROUP, definition="least R^2 of a linear map to each given column, 5 folds",
        citation="feature suppression: Chen, Luo and Li 2021, arXiv:2011.02803; Robinson et al. 2021, arXiv:2106.11230",
        compute=_factors, healthy=Range(low=0.05), fault_below="feature suppression",
        change="If that column matters, keep views from destroying it, and take negatives that differ in it alone.",
    ),
)  # fmt: skip
"""Of labels and given columns."""
