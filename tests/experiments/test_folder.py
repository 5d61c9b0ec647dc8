"""The run folder: made once, read back equal, never overwritten unasked."""

import json
from dataclasses import replace

import pytest

from counterpoint.base.errors import CheckpointError, InputError, StorageError
from counterpoint.data import Supervision
from counterpoint.encoders import MLP
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import NTXent
from counterpoint.training import TrainSettings

RECIPE = Recipe(
    encoder=MLP(), objective=NTXent(), supervision=Supervision.VIEWS, training=TrainSettings(steps=2, batch_size=4)
)
SOURCE = DataSource(data="a.csv", columns=(("anchor", "x"),), test="set:digits", rows=3)


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return RunFolder(tmp_path / "deep" / "run")


def test_what_was_written_is_read(folder):
    folder.create(RECIPE, SOURCE)
    assert folder.read() == (RECIPE, SOURCE)
    config = json.loads(folder.config.read_text())
    assert {"counterpoint", "torch", "python"} <= set(config["versions"])
    assert folder.records() == []
    other = RunFolder(folder.path.with_name("python"))
    other.create(RECIPE, None)
    assert other.read() == (RECIPE, None)


def test_a_run_is_replaced_only_when_asked_and_other_files_stay(folder):
    folder.create(RECIPE, SOURCE)
    folder.model.mkdir()
    (folder.initial).mkdir()
    for left in (
        folder.model / "weights",
        folder.initial / "weights",
        folder.metrics,
        folder.report,
        folder.evaluation,
    ):
        left.write_text("old")
    (folder.path / "notes.txt").write_text("mine")
    changed = replace(RECIPE, objective=NTXent(temperature=0.1))
    with pytest.raises(InputError, match=r"already holds a run: .*--replace"):
        folder.create(changed, SOURCE)
    assert folder.read()[0] == RECIPE
    folder.create(changed, SOURCE, replace=True)
    assert folder.read()[0] == changed
    assert {path.name for path in folder.path.iterdir()} == {"config.json", "recipe.py", "notes.txt"}


def test_a_folder_without_any_work_makes_way(folder):
    folder.create(RECIPE, SOURCE)
    changed = replace(RECIPE, objective=NTXent(temperature=0.1))
    folder.create(changed, SOURCE)
    assert folder.read()[0] == changed


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot make the run folder .*file/run: Not a directory"):
        RunFolder(tmp_path / "file" / "run").create(RECIPE, SOURCE)
    with pytest.raises(StorageError, match=r"cannot make the run folder .*file: File exists"):
        RunFolder(tmp_path / "file").create(RECIPE, SOURCE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "config.json is not readable JSON"),
        ("[]", "config.json lacks recipe or data"),
        ('{"recipe": 1, "data": null}', "does not hold a recipe and a data source"),
        ('{"recipe": {"type": "os:system"}, "data": null}', "outside the trusted packages"),
        ('{"recipe": {"type": "counterpoint.nowhere:X"}, "data": null}', "does not exist in this version"),
    ],
)
def test_a_damaged_config_is_named(folder, text, why):
    folder.create(RECIPE, SOURCE)
    folder.config.write_text(text)
    with pytest.raises(CheckpointError, match=why):
        folder.read()


def test_a_folder_that_is_no_run_is_said(folder):
    with pytest.raises(CheckpointError, match=r"deep/run is not a run folder: it has no config\.json"):
        folder.read()
    folder.create(RECIPE, SOURCE)
    with pytest.raises(CheckpointError, match="no encoder here"):
        folder.encoders()


def test_a_record_cut_short_by_a_crash_is_left_out(folder):
    folder.create(RECIPE, SOURCE)
    folder.metrics.write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "lo')
    assert folder.records() == [{"step": 1, "loss": 2.0}]
