"""Who is better than whom, and who only looks so: the table, and the sentences under it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoint.evaluation import Difference, Estimate, compare_systems
from counterpoint.experiments.compare.candidate import LeftOut, R
from counterpoint.experiments.compare.contest import Contest

LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """What is known of a candidate when all has run.

    Attributes:
        name: In tables.
        values: What tuning chose.
        validation: The measure on the rows held out for tuning, of the best trial.
        seconds: Of training, for every seed.
        peak_bytes: The most bytes of tensors held while training.
        per_example: `[S, N]` for every seed what each example of the test has to do with the measure.
    """

    name: str
    values: Mapping[str, float]
    validation: float
    seconds: Sequence[float]
    peak_bytes: int
    per_example: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table.

    Attributes:
        candidate: Its name.
        estimate: The measure on the test rows: mean over seeds, interval of examples and seeds.
        seeds: The measure with every seed.
        behind: How much it is behind the best one, and the interval of that; None for the best one.
        p: Of that difference, corrected for all pairs that were compared.
        tied: It is not significantly worse than the best one.
        values: What tuning chose.
        validation: The measure of the best trial, on training rows.
        seconds: Of training one run, the median over seeds.
        peak_bytes: The most bytes of tensors held while training.
    """

    candidate: str
    estimate: Estimate
    seeds: tuple[float, ...]
    behind: Estimate | None
    p: float | None
    tied: bool
    values: Mapping[str, float]
    validation: float
    seconds: float
    peak_bytes: int


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came out.

    Attributes:
        measure: What it was decided by; greater is better.
        examples: Of the test: rows, users or pairs.
        rows: Best first.
        differences: Every pair of rows, by their place in ``rows``.
        left_out: Who did not take part, or had to stop, and why.
        sentences: The same in words.
    """

    measure: str
    examples: int
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]
    left_out: tuple[LeftOut, ...]
    sentences: tuple[str, ...]


def decide(entrants: Sequence[Entrant], contest: Contest[R], left_out: Sequence[LeftOut]) -> Verdict:
    """Compare every pair over the same examples of the test and the same seeds."""
    statistics = [[contest.statistic(seed) for seed in one.per_example] for one in entrants]
    n = entrants[0].per_example.shape[1]
    everyone = np.ones((1, n))
    values = [[float(run(everyone)[0]) for run in runs] for runs in statistics]
    # Equal ones stay in the order in which they were named: no clock may decide what is recommended.
    order = sorted(range(len(entrants)), key=lambda i: -np.mean(values[i]))
    estimates, differences = compare_systems([statistics[i] for i in order], n)
    to_best = {one.second: one for one in differences if one.first == 0}
    rows = tuple(
        _row(entrants[i], tuple(values[i]), estimates[place], to_best.get(place)) for place, i in enumerate(order)
    )
    return Verdict(
        measure=contest.measure,
        examples=n,
        rows=rows,
        differences=tuple(differences),
        left_out=tuple(left_out),
        sentences=(*_sentences(rows, len(differences), contest), *_untrained(contest)),
    )


def _row(entrant: Entrant, seeds: tuple[float, ...], estimate: Estimate, to_best: Difference | None) -> Row:
    return Row(
        candidate=entrant.name,
        estimate=estimate,
        seeds=seeds,
        behind=None if to_best is None else to_best.estimate,
        p=None if to_best is None else to_best.corrected,
        tied=to_best is None or to_best.corrected > LEVEL,
        values=entrant.values,
        validation=entrant.validation,
        seconds=float(np.median(entrant.seconds)),
        peak_bytes=entrant.peak_bytes,
    )


def _sentences(rows: Sequence[Row], pairs: int, contest: Contest[R]) -> tuple[str, ...]:
    best, others = rows[0], rows[1:]
    found = [f"{best.candidate} has the best {contest.measure}: {_interval(best.estimate)}."]
    if not others:
        return (*found, "Nobody else took part, so it is compared with nobody.")
    tied, worse = [one for one in others if one.tied], [one for one in others if not one.tied]
    if tied:
        names = ", ".join(f"{one.candidate} ({_interval(one.behind)}, p {one.p:.2g})" for one in tied if one.behind)
        found.append(f"Not significantly different from it, by how much they are behind: {names}.")
        quickest = min((best, *tied), key=lambda one: one.seconds)
        if quickest is not best:
            found.append(
                f"Of these {quickest.candidate} trains in the shortest time, {quickest.seconds:.3g} s against "
                f"{best.seconds:.3g} s of {best.candidate}."
            )
    if worse:
        found.append(f"Significantly worse: {', '.join(one.candidate for one in worse)}.")
    found.append(
        f"p-values are of the paired bootstrap over {contest.terms.examples}{_seeds(best)}, corrected for {pairs} "
        f"{'pair' if pairs == 1 else 'pairs'} by Holm's method; significant means below {LEVEL:g}."
    )
    if len(best.seeds) == 1:
        found.append("There was one seed: what a difference owes to its luck is not known.")
    return tuple(found)


def _untrained(contest: Contest[R]) -> list[str]:
    values = ", ".join(f"{name} {value:.3f}" for name, value in contest.references.items())
    return [f"Without training, for reference: {values}."] if values else []


def _seeds(row: Row) -> str:
    return "" if len(row.seeds) == 1 else f" and {len(row.seeds)} seeds"


def _interval(estimate: Estimate | None) -> str:
    assert estimate is not None
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
