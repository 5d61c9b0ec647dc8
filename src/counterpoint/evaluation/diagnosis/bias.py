"""Do similarities depend on what should not matter: length, class frequency, popularity; and can it be taken out."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.nullspace import nullspace_projection
from counterpoint.evaluation.bootstrap import measure
from counterpoint.evaluation.diagnosis.finding import FORMULA, Diagnostic, Found, Range, found
from counterpoint.evaluation.diagnosis.linear import accuracy_in_halves, directions
from counterpoint.evaluation.diagnosis.subject import Subject
from counterpoint.evaluation.sts import spearman_of

GROUP = "bias"
ROUNDS = 10
_CHANGE = "Balance the training pairs for it, or take its directions out (bias_rounds says how many rounds it takes)."


def _centrality(subject: Subject) -> np.ndarray:
    """Mean cosine of each sampled row to the others: what makes it come up in searches."""
    unit = subject.varied.astype(np.float64)
    return (unit @ unit.sum(axis=0) - np.square(unit).sum(axis=1)) / (len(unit) - 1)


def _nuisance(subject: Subject, *, name: str) -> Found:
    if name not in subject.nuisances:
        raise InputError(f"no column {name}")
    values = np.asarray(subject.nuisances[name], dtype=np.float64)[subject.chosen]
    if not np.isfinite(values).all() or values.min() == values.max():
        raise InputError(f"{name} does not vary, or is not finite")
    return _correlated(subject, values, name)


def _frequency(subject: Subject) -> Found:
    if subject.labels is None:
        raise InputError("no labels")
    _, group, count = np.unique(subject.labels, return_inverse=True, return_counts=True)
    if count.max() < 1.5 * count.min():
        raise InputError("classes are of nearly one size")
    return _correlated(subject, count[group][subject.chosen].astype(np.float64), "frequency of the class")


def _correlated(subject: Subject, values: np.ndarray, name: str) -> Found:
    central = _centrality(subject)
    ones = np.ones(len(values), dtype=np.int64)
    one = measure(f"{name}_bias", spearman_of(central, values), ones, bootstrap=subject.bootstrap)
    side = "nearer to" if one.value > 0 else "farther from"
    return found(one, f"Rows of more {name} are {side} all others (rank correlation {one.value:+.2f}).")


def _removal(subject: Subject) -> Found:
    """Iterative nullspace projection: classifier directions are taken out until a new classifier is at chance."""
    groups = subject.factors.get("group")
    if groups is None:
        raise InputError("no column group to be removed")
    factor = np.asarray(groups)[subject.chosen]
    if factor.dtype.kind == "f" or len(np.unique(factor)) < 2:
        raise InputError("group must hold two classes or more")
    rows = subject.varied.astype(np.float64)
    share = np.unique(factor, return_counts=True)[1].max() / len(factor)
    chance = share + 2 * np.sqrt(share * (1 - share) / len(factor))
    before = accuracy_in_halves(rows, factor, seed=subject.seed).mean()
    gone, cleared, now, rounds = np.empty((0, rows.shape[1])), rows, before, 0
    while now > chance and rounds < ROUNDS and len(gone) < rows.shape[1]:
        gone = np.concatenate([gone, directions(cleared, factor)])
        cleared = rows @ nullspace_projection(torch.from_numpy(gone)).numpy()
        now = accuracy_in_halves(cleared, factor, seed=subject.seed).mean()
        rounds += 1
    cost = _cost(subject, rows, cleared)
    words = f"A linear map reads group {before:.0%} of the time; {rounds} rounds bring that to {now:.0%}{cost}."
    return Found(value=rounds, low=rounds, high=rounds, n=len(rows), interval=FORMULA, meaning=words)


def _cost(subject: Subject, rows: np.ndarray, cleared: np.ndarray) -> str:
    if subject.labels is None:
        return ""
    before, after = (accuracy_in_halves(one, subject.classes, seed=subject.seed).mean() for one in (rows, cleared))
    return f", and take the label from {before:.0%} to {after:.0%}"


def _nuisance_diagnostic(name: str, citation: str) -> Diagnostic:
    compute: Callable[[Subject], Found] = partial(_nuisance, name=name)
    return Diagnostic(
        name=f"{name}_bias", group=GROUP, definition=f"rank correlation of {name} and mean cosine to other rows",
        citation=citation, compute=compute, healthy=Range(low=-0.6, high=0.6), fault=f"{name} bias",
        fault_below=f"{name} bias", change=_CHANGE,
    )  # fmt: skip


MEASURES = (
    _nuisance_diagnostic("length", "length: Xiao et al. 2023, arXiv:2310.16193"),
    _nuisance_diagnostic("popularity", "popularity: Abdollahpouri et al. 2019, arXiv:1901.07555"),
    Diagnostic(
        name="frequency_bias", group=GROUP,
        definition="rank correlation of the size of a row's class and mean cosine to other rows",
        citation="frequency: Li et al. 2020, arXiv:2011.05864, Section 2.2", compute=_frequency,
        healthy=Range(low=-0.6, high=0.6), fault="frequency bias", fault_below="frequency bias", change=_CHANGE,
    ),
    Diagnostic(
        name="bias_rounds", group=GROUP,
        definition="rounds of nullspace projection until a classifier of column group is at chance",
        citation="Ravfogel et al. 2020, arXiv:2004.07667", compute=_removal,
    ),
)  # fmt: skip
"""Of what should not matter."""
