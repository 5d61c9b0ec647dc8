import math

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments.claim import Claim, Paper, Verdict, decide

CLAIM = Claim(measure="m", statement="It helps.", cost="none")
PAPER = {
    "short": "Toy-1", "title": "A Title", "authors": "Ash, Birch and Cedar", "year": 2020,
    "identifier": "arXiv:2001.00001", "implements": "Eq. 1", "deviates": "nothing",
}  # fmt: skip


def test_the_interval_is_students():
    """Three pairs that differ by 1, 2, 3: mean 2, deviation 1, and t(0.975, 2 degrees of freedom) = 4.302653."""
    result = decide(CLAIM, [11, 12, 13], [10, 10, 10], greater_is_better=True)
    half = 4.302653 / math.sqrt(3)
    assert result.difference == pytest.approx(2)
    assert (result.low, result.high) == (pytest.approx(2 - half, abs=1e-5), pytest.approx(2 + half, abs=1e-5))
    assert result.verdict is Verdict.UNDECIDED
    two = decide(CLAIM, [1.0, 1.2], [0.0, 0.0], greater_is_better=True)
    assert two.high - two.difference == pytest.approx(12.7062 * 0.1 * math.sqrt(2) / math.sqrt(2), rel=1e-4)


@pytest.mark.parametrize(
    ("method", "baseline", "greater", "at_least", "verdict"),
    [
        ([0.9, 0.91, 0.92], [0.5, 0.51, 0.5], True, 0.0, Verdict.HOLDS),
        ([0.9, 0.91, 0.92], [0.5, 0.51, 0.5], False, 0.0, Verdict.FAILS),
        ([0.9, 0.91, 0.92], [0.5, 0.51, 0.5], True, 0.5, Verdict.FAILS),
        ([0.9, 0.91, 0.92], [0.5, 0.51, 0.5], True, 0.41, Verdict.UNDECIDED),
        ([0.9, 0.1, 0.5], [0.5, 0.5, 0.4], True, 0.0, Verdict.UNDECIDED),
        ([1.0, 1.0], [1.0, 1.0], True, 0.0, Verdict.UNDECIDED),
        ([1.0, 1.0], [0.5, 0.5], True, 0.0, Verdict.HOLDS),
    ],
)
def test_verdicts(method, baseline, greater, at_least, verdict):
    claim = Claim(measure="m", statement="It helps.", cost="none", at_least=at_least)
    assert decide(claim, method, baseline, greater_is_better=greater).verdict is verdict


def test_pairing_counts():
    """The same values in another order are other differences, hence another interval."""
    together = decide(CLAIM, [1, 2, 3.1], [0, 1, 2], greater_is_better=True)
    crossed = decide(CLAIM, [1, 2, 3.1], [2, 1, 0], greater_is_better=True)
    assert together.difference == pytest.approx(crossed.difference)
    assert together.verdict is Verdict.HOLDS
    assert crossed.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("method", "baseline", "why"),
    [([1], [1], "two or more paired"), ([1, 2], [1], "two or more paired"), ([1, np.nan], [1, 2], "finite")],
)
def test_no_verdict_without_two_pairs_of_numbers(method, baseline, why):
    with pytest.raises(InputError, match=why):
        decide(CLAIM, method, baseline, greater_is_better=True)


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
    with pytest.raises(InputError, match="must say its measure, cost"):
        Claim(measure="", statement="It helps.", cost="")
    with pytest.raises(InputError, match="two or more seeds, got 1"):
        Claim(measure="m", statement="It helps.", cost="none", seeds=1)
