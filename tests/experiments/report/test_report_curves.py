import math

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments.report.curves import panels


def lines(records: list[dict]) -> dict:
    return {line["role"]: line for panel in panels(records) for line in panel["lines"]}


def test_known_quantities_come_first_and_others_get_a_panel_of_their_own() -> None:
    record = {"step": 1, "epoch": 0.1, "time": 2.0, "temperature": 0.1, "loss": 2.0, "learning_rate": 0.1}
    record |= {"negative_similarity": 0.1, "positive_similarity": 0.9, "name": "x", "flag": True, "effective_rank": 3}
    drawn = panels([record])
    assert [panel["title"] for panel in drawn] == [
        "Loss",
        "Similarity",
        "Effective rank",
        "Learning rate",
        "Temperature",
    ]
    assert [line["name"] for line in drawn[1]["lines"]] == ["positives", "negatives"]
    assert drawn[1]["summary"].startswith("positives: 0.900 at the first record, 0.900 at the last")


def test_a_quantity_recorded_now_and_then_keeps_its_own_steps() -> None:
    found = lines([{"step": 1, "loss": 3.0}, {"step": 2, "loss": 2.0, "recall": 0.5}, {"step": 3, "loss": 1.0}])
    assert (found["recall"]["x"], found["recall"]["y"]) == ([2.0], [0.5])
    assert (found["loss"]["first"], found["loss"]["last"]) == ("3.000", "1.000")


def test_what_is_not_finite_is_a_gap_and_is_told() -> None:
    found = lines([{"step": 1, "loss": 3.0}, {"step": 2, "loss": math.nan}, {"step": 3, "loss": math.inf}])
    assert found["loss"]["y"] == [3.0, None, None]
    assert (found["loss"]["gaps"], found["loss"]["last"]) == (2, "not finite")
    assert panels([{"step": 1, "loss": math.nan}]) == []


def test_no_records_no_panels_and_a_record_needs_a_step() -> None:
    assert panels([]) == []
    with pytest.raises(InputError, match="training record 1 has no step"):
        panels([{"step": 1, "loss": 1.0}, {"loss": 1.0}])


def test_a_long_run_is_thinned_without_losing_a_spike() -> None:
    y = np.random.default_rng(0).normal(size=50_000)
    y[31_337], y[777] = 99.0, -99.0
    found = lines([{"step": step, "loss": float(value)} for step, value in enumerate(y)])["loss"]
    assert len(found["x"]) <= 1_300
    assert found["x"] == sorted(found["x"])
    assert (found["x"][0], found["x"][-1]) == (0.0, 49_999.0)
    assert found["x"][found["y"].index(99.0)] == 31_337
    assert found["x"][found["y"].index(-99.0)] == 777


def test_the_thick_line_is_the_moving_average_of_the_thin_one() -> None:
    y = np.random.default_rng(0).normal(size=240)
    y[100] = np.nan
    found = lines([{"step": step, "loss": float(value)} for step, value in enumerate(y)])["loss"]
    half = 240 // 60
    expected = [np.nanmean(y[max(0, i - half) : i + half + 1]) for i in range(240)]
    assert found["smooth"] == pytest.approx(expected, rel=1e-4)
    assert lines([{"step": step, "loss": 1.0} for step in range(59)])["loss"]["smooth"] is None
