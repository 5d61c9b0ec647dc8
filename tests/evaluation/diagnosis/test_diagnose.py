from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from counterpoint.base.errors import InputError
from counterpoint.evaluation.diagnosis import (
    DIAGNOSTICS,
    LIVE,
    Hubs,
    Pairs,
    Range,
    Spectrum,
    State,
    Subject,
    diagnose,
    read_diagnosis,
    write_diagnosis,
)


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return x[:300].astype(np.float32), y[:300]


def by_name(found):
    return {one.name: one for one in found.findings}


def test_everything_is_written_down_and_read_back_equal(digits, tmp_path):
    x, y = digits
    rng = np.random.default_rng(0)
    subject = Subject(
        anchors=x, positives=x[:, ::-1] + rng.normal(size=x.shape).astype(np.float32), labels=y, two_sides=True,
        temperature=0.1, batch_size=64, factors={"group": y % 2}, nuisances={"length": x.sum(axis=1)},
        against=x[:, :32], projected=x[:, :16], projected_positives=x[:, :16],
    )  # fmt: skip
    found = diagnose(subject)
    assert [one.name for one in found.findings] == [one.name for one in DIAGNOSTICS]
    skipped = {one.name: one.reason for one in found.findings if one.state is State.SKIPPED}
    assert set(skipped) == {"tail_gap", "popularity_bias", "frequency_bias"}
    for one in found.findings:
        if one.state is not State.SKIPPED:
            assert one.low <= one.value <= one.high or one.name == "calibration_error", one
            assert one.meaning
    assert all(one.definition and one.citation for one in found.findings)
    write_diagnosis(tmp_path / "diagnosis.json", found)
    assert read_diagnosis(tmp_path / "diagnosis.json") == found


def test_names_of_measures_are_unique():
    names = [one.name for one in DIAGNOSTICS]
    assert len(names) == len(set(names))
    assert len(LIVE) == 5


def test_another_file_is_no_diagnosis(tmp_path):
    (tmp_path / "x.json").write_text("[1]")
    with pytest.raises(InputError, match="holds no diagnosis"):
        read_diagnosis(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda x: x[:10], "at least 20 rows"),
        (lambda x: np.where(np.arange(x.size).reshape(x.shape) == 700, np.nan, x), "NaN or infinity, first in row 10"),
    ],
)
def test_bad_rows_skip_measures_with_the_reason_and_never_raise(digits, spoil, reason):
    x = spoil(digits[0])
    found = diagnose(Subject(anchors=x, labels=digits[1][: len(x)], temperature=0.1))
    assert reason in by_name(found)["spread"].reason
    assert by_name(found)["false_negative_rate"].state is State.FINE  # of labels alone
    assert found.faults == ()


def test_constant_vectors_are_a_collapse_and_what_is_undefined_is_skipped():
    found = diagnose(Subject(anchors=np.ones((50, 16), dtype=np.float32), temperature=0.1))
    assert [fault.name for fault in found.faults] == ["collapse"]
    assert by_name(found)["effective_rank"].reason == "all embeddings point in one direction"


def test_without_labels_pairs_or_temperature_the_reasons_say_so(digits):
    found = by_name(diagnose(Subject(anchors=digits[0])))
    assert found["tolerance"].reason == "no labels"
    assert "no pairs" in found["beaten_positives"].reason
    assert "no temperature" in found["effective_negatives"].reason
    assert "two encoders" in found["modality_gap"].reason or "one encoder" in found["modality_gap"].reason
    assert found["spread"].state is State.FINE


def test_columns_of_another_length_are_refused(digits):
    with pytest.raises(InputError, match="labels has 299 rows and anchors has 300"):
        Subject(anchors=digits[0], labels=digits[1][1:])


def test_a_range_tells_warnings_from_faults():
    healthy = Range(low=1, high=3, fault_low=0, fault_high=4)
    states = [healthy.state(value) for value in (-1, 0.5, 2, 3.5, 5)]
    assert states == [State.FAULT, State.WARNING, State.FINE, State.WARNING, State.FAULT]
    assert [healthy.is_low(value) for value in (-1, 0.5, 3.5, 5)] == [True, True, False, False]


def test_figures_name_rows_of_the_data(digits):
    x, y = digits
    ids = np.arange(1000, 1300)
    subject = Subject(anchors=np.concatenate([x[:299], x[:1]]), labels=y, ids=ids)
    figures = {one.name: one for one in diagnose(subject).figures}
    assert isinstance(twice := figures["duplicates"], Pairs)
    assert set(zip(twice.rows, twice.others, strict=True)) == {(1000, 1299), (1299, 1000)}
    assert isinstance(hubs := figures["hubs"], Hubs)
    assert sum(hubs.rows) == 300
    assert np.dot(hubs.counts, hubs.rows) == 300 * hubs.k
    assert set(hubs.top) <= set(ids.tolist())
    assert isinstance(spectrum := figures["spectrum"], Spectrum)
    assert sum(spectrum.values) == pytest.approx(1)


def test_the_page_defines_every_measure():
    page = (Path(__file__).parents[3] / "docs" / "diagnose.md").read_text(encoding="utf-8")
    assert [one.name for one in DIAGNOSTICS if f"| `{one.name}` | {one.group} |" not in page] == []
