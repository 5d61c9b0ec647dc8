import pytest

from counterpoint.experiments.report import Comparison, ComparisonRow
from counterpoint.experiments.report.scores import card
from counterpoint.experiments.report.text import number, shorten, signed, tick_label, ticks


def compare(*rows: tuple, greater_is_better: bool = True) -> Comparison:
    made = tuple(
        ComparisonRow(system=f"s{i}", value=r[0], low=r[1], high=r[2], is_model=i == 0) for i, r in enumerate(rows)
    )
    return Comparison(measure="m", explanation="e", rows=made, greater_is_better=greater_is_better)


def test_dots_and_whiskers_stand_where_the_numbers_are(comparison: Comparison) -> None:
    drawn = card(comparison)
    span = 0.97 - 0.672
    low, high = 0.672 - 0.08 * span, 0.97 + 0.08 * span
    for line, row in zip(drawn.lines, comparison.rows, strict=True):
        assert line.dot == pytest.approx(100 * (row.value - low) / (high - low), abs=0.02)
        assert line.whisker is not None
        assert line.whisker[0] == pytest.approx(100 * (row.low - low) / (high - low), abs=0.02)
        assert line.whisker[1] == pytest.approx(100 * (row.high - row.low) / (high - low), abs=0.02)
    assert [label for _, label in drawn.axis] == ["0.7", "0.8", "0.9"]
    assert drawn.axis[0][0] == pytest.approx(100 * (0.7 - low) / (high - low), abs=0.02)


def test_an_axis_of_shares_stays_between_0_and_1() -> None:
    drawn = card(compare((1.0, None, None), (0.0, None, None)))
    assert [line.dot for line in drawn.lines] == [100.0, 0.0]
    drawn = card(compare((1.0, None, None)))
    assert drawn.lines[0].dot == 100.0
    assert drawn.axis[-1] == (100.0, "1")


@pytest.mark.parametrize(
    ("model", "rival", "greater", "tone"),
    [
        ((0.9, 0.85, 0.95), (0.7, 0.6, 0.8), True, "better"),
        ((0.5, 0.4, 0.55), (0.7, 0.6, 0.8), True, "worse"),
        ((0.9, 0.75, 0.95), (0.7, 0.6, 0.8), True, "even"),
        ((0.9, 0.85, 0.95), (0.7, 0.6, 0.8), False, "worse"),
        ((0.5, 0.4, 0.55), (0.7, 0.6, 0.8), False, "better"),
        ((0.9, None, None), (0.7, 0.6, 0.8), True, "better"),
        ((0.7, None, None), (0.7, None, None), True, "even"),
    ],
)
def test_the_verdict_follows_direction_and_intervals(model: tuple, rival: tuple, greater: bool, tone: str) -> None:
    assert card(compare(model, rival, greater_is_better=greater)).tone == tone


def test_the_verdict_is_against_the_strongest_other_system() -> None:
    higher = card(compare((0.9, 0.8, 1.0), (0.5, 0.4, 0.6), (0.7, 0.6, 0.75)))
    assert higher.verdict.startswith("+0.200 against s2")
    lower = card(compare((0.9, 0.8, 1.0), (0.5, 0.4, 0.6), (0.7, 0.6, 0.75), greater_is_better=False))
    assert lower.verdict.startswith("+0.400 against s1")
    assert [line.is_best for line in lower.lines] == [False, True, False]
    assert lower.direction == "lower is better"


def test_without_a_model_or_a_rival_there_is_no_verdict() -> None:
    alone = card(compare((0.9, None, None)))
    assert (alone.headline, alone.verdict) == ("0.900", "")
    baseline = Comparison(measure="m", explanation="", rows=(ComparisonRow(system="raw", value=0.4),))
    assert (card(baseline).headline, card(baseline).verdict) == ("", "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.95371, "0.954"),
        (0.0, "0"),
        (1, "1.000"),
        (12.345, "12.35"),
        (123.45, "123.5"),
        (4096.0, "4,096"),
        (12345.6, "12,346"),
        (1.2e-5, "1.2e-05"),
        (-0.5, "\N{MINUS SIGN}0.500"),
        (float("nan"), "not finite"),
        (2.5e9, "2.5e+09"),
    ],
)
def test_numbers_are_written_for_readers(value: float, text: str) -> None:
    assert number(value) == text


def test_differences_carry_their_sign() -> None:
    assert [signed(x) for x in (0.25, -0.25, 0.0)] == ["+0.250", "\N{MINUS SIGN}0.250", "±0"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.5, 1.0]),
        (0.66, 0.99, [0.7, 0.8, 0.9]),
        (-3.0, 41.0, [0.0, 20.0, 40.0]),
        (0.0, 0.004, [0.0, 0.001, 0.002, 0.003, 0.004]),
    ],
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_tick_labels_have_no_needless_zeros() -> None:
    assert [tick_label(value) for value in (0.5, 20.0, -0.1, 5e6)] == ["0.5", "20", "\N{MINUS SIGN}0.1", "5e+06"]


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert shorten("one  two\nthree", 20) == "one two three"
    assert shorten("one two three", 8) == "one two…"
    assert shorten("x" * 10_000, 5) == "xxxx…"
