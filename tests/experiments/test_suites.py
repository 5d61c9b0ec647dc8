import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments import suites
from counterpoint.experiments.judge import System
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.suites import SuiteTask, run_suite


def _flat(content):
    return np.asarray(content, dtype=np.float32).reshape(len(content), -1)


def _noise(content):
    return np.random.default_rng(len(content)).normal(size=(len(content), 8)).astype(np.float32)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "images.npz"
    np.savez(path, image=np.zeros((12, 8, 8, 1), dtype=np.uint8), label=np.arange(12) % 2)
    return DataSource(data=str(path), test_fraction=0)


def test_pixels_of_digits_beat_noise_and_missing_sets_are_told(monkeypatch, source):
    tasks = (SuiteTask("digits", "drawn"), SuiteTask("nowhere", "natural"))
    monkeypatch.setitem(suites.SUITES, "images", tasks)
    systems = [System(name, encode, encode, encode) for name, encode in (("pixels", _flat), ("noise", _noise))]
    found, left_out = run_suite(systems, source, "images", labels=200)
    assert [one.measure for one in found] == ["digits", "mean/drawn", "mean/all"]
    pixels, noise = (row.value for row in found[0].rows)
    assert pixels > 0.8
    assert noise < 0.3
    assert found[2].rows[0].value == pixels
    assert [one.name for one in left_out] == ["nowhere"]


def test_a_suite_that_is_not_there_is_refused(source):
    with pytest.raises(InputError, match="--suite must be one of images, texts"):
        run_suite([], source, "sounds")
