import math

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments.claim import Better, Claim, Paper, Verdict, Wing, Within, verdict_of

PAPER = {
    "short": "Toy-1", "title": "A Title", "authors": "Ash, Birch and Cedar", "year": 2020,
    "identifier": "arXiv:2001.00001", "wing": Wing.PAIRS, "implements": "Eq. 1", "deviates": "nothing",
}  # fmt: skip


def figures(method, baseline) -> list[dict[str, dict[str, float]]]:
    return [{"method": {"m": a}, "baseline": {"m": b}} for a, b in zip(method, baseline, strict=True)]


def decide(check, method, baseline):
    return check.decide(figures(method, baseline))


def test_the_interval_is_students():
    """Three pairs that differ by 1, 2, 3: mean 2, deviation 1, and t(0.975, 2 degrees of freedom) = 4.302653."""
    found = decide(Better(measure="m"), [11, 12, 13], [10, 10, 10])
    half = 4.302653 / math.sqrt(3)
    assert found.mean == pytest.approx(2)
    assert (found.low, found.high) == (pytest.approx(2 - half, abs=1e-5), pytest.approx(2 + half, abs=1e-5))
    assert found.verdict is Verdict.UNDECIDED
    assert (found.values, found.against) == ((11, 12, 13), (10, 10, 10))
    two = decide(Better(measure="m"), [1.0, 1.2], [0.0, 0.0])
    assert two.high - two.mean == pytest.approx(12.7062 * 0.1 * math.sqrt(2) / math.sqrt(2), rel=1e-4)


@pytest.mark.parametrize(
    ("method", "baseline", "lower", "by", "verdict"),
    [
        ([0.9, 0.91, 0.92], [0.5, 0.51, 0.5], False, 0.0, Verdict.HOLDS),
        ([0.9, 0.91, 0.92], [0.5, 0.51, 0.5], True, 0.0, Verdict.FAILS),
        ([0.9, 0.91, 0.92], [0.5, 0.51, 0.5], False, 0.5, Verdict.FAILS),
        ([0.9, 0.91, 0.92], [0.5, 0.51, 0.5], False, 0.41, Verdict.UNDECIDED),
        ([0.9, 0.1, 0.5], [0.5, 0.5, 0.4], False, 0.0, Verdict.UNDECIDED),
        ([1.0, 1.0], [1.0, 1.0], False, 0.0, Verdict.UNDECIDED),
        ([1.0, 1.0], [1.0, 1.0], False, -0.1, Verdict.HOLDS),
        ([1.0, 1.0], [0.5, 0.5], False, 0.0, Verdict.HOLDS),
    ],
)
def test_verdicts_of_a_comparison(method, baseline, lower, by, verdict):
    assert decide(Better(measure="m", by=by, lower=lower), method, baseline).verdict is verdict


@pytest.mark.parametrize(
    ("above", "below", "verdict"),
    [(None, 3.1, Verdict.HOLDS), (None, 3.0, Verdict.FAILS), (0.9, None, Verdict.HOLDS), (1.0, 4.0, Verdict.FAILS)],
)
def test_bounds_are_for_every_seed(above, below, verdict):
    found = decide(Within(measure="m", above=above, below=below), [1.0, 3.0, 2.0], [9, 9, 9])
    assert (found.verdict, found.mean, found.low, found.high) == (verdict, 2.0, 1.0, 3.0)


def test_pairing_counts():
    """The same values in another order are other differences, hence another interval."""
    together = decide(Better(measure="m"), [1, 2, 3.1], [0, 1, 2])
    crossed = decide(Better(measure="m"), [1, 2, 3.1], [2, 1, 0])
    assert together.mean == pytest.approx(crossed.mean)
    assert together.verdict is Verdict.HOLDS
    assert crossed.verdict is Verdict.UNDECIDED


def test_a_claim_is_as_good_as_its_worst_check():
    holds, fails, open_ = (
        Better(measure="m", by=by) for by in (0.0, 5.0, 0.9)
    )  # fmt: skip
    for checks, verdict in (
        ((holds,), Verdict.HOLDS), ((holds, open_), Verdict.UNDECIDED), ((open_, fails, holds), Verdict.FAILS),
    ):  # fmt: skip
        claim = Claim(statement="It helps.", checks=checks, minutes=1)
        assert verdict_of(claim.decide(figures([1.0, 1.1, 0.9], [0.0, 0.05, 0.1]))) is verdict


@pytest.mark.parametrize(
    ("seeds", "why"),
    [
        (figures([1], [1]), "two or more seeds, got 1"),
        (figures([1, np.nan], [1, 2]), "finite values, and 'm' of 'method' is nan"),
        ([{"method": {"m": 1.0}}] * 2, "about the side 'baseline'; there are: method"),
        ([{"method": {"n": 1.0}, "baseline": {}}] * 2, "about 'm'; measured of 'method' were n"),
    ],
)
def test_no_verdict_without_figures(seeds, why):
    with pytest.raises(InputError, match=why):
        Claim(statement="It helps.", checks=(Better(measure="m"),), minutes=1).decide(seeds)


def test_a_bibliography_entry_has_every_field():
    lines = Paper(**PAPER).bibtex().splitlines()
    assert lines[0] == "@misc{toy-12020,"
    assert lines[-1] == "}"
    fields = dict(line.strip().rstrip(",").split(" = ") for line in lines[1:-1])
    assert fields == {
        "title": "{{A Title}}", "author": "{Ash and Birch and Cedar}", "year": "{2020}", "note": "{arXiv:2001.00001}",
    }  # fmt: skip


@pytest.mark.parametrize("blank", ["title", "authors", "identifier", "implements", "deviates"])
def test_a_paper_says_everything(blank):
    with pytest.raises(InputError, match=f"must say its {blank}"):
        Paper(**{**PAPER, blank: " "})


def test_a_claim_says_everything():
    with pytest.raises(InputError, match="short name"):
        Paper(**{**PAPER, "short": "a/b"})
    with pytest.raises(InputError, match="must say its statement, checks"):
        Claim(statement="", checks=(), minutes=1)
    with pytest.raises(InputError, match="two or more seeds, got 1"):
        Claim(statement="It helps.", checks=(Better(measure="m"),), minutes=1, seeds=1)
    with pytest.raises(InputError, match="check of 'm' needs a bound"):
        Within(measure="m")
