import io
import json

import pytest
from rich.console import Console

from counterpoint.base.errors import CheckpointError, StorageError
from counterpoint.training import MetricsFile, RichProgress, TensorBoardLog, read_records
from counterpoint.training.progress import numbers, rate

RECORD = {"step": 10, "epoch": 0.5, "loss": 1.25, "positive_similarity": 0.5, "examples_per_second": 1234.5}


def write(path, steps, start=0):
    log = MetricsFile(path)
    log.on_start(start, 100)
    for step in steps:
        log.on_log({"step": step, "loss": step / 7})
    log.on_end(None)


def test_each_record_is_on_disk_at_once(tmp_path):
    log = MetricsFile(tmp_path / "new" / "m.jsonl")
    log.on_start(0, 10)
    log.on_log(RECORD)
    assert read_records(tmp_path / "new" / "m.jsonl") == [RECORD]
    log.on_checkpoint(tmp_path)
    log.on_end(None)


def test_resuming_cuts_back_to_the_checkpoint(tmp_path):
    path = tmp_path / "m.jsonl"
    write(path, [1, 5, 10, 15])
    before = path.read_text().splitlines()[:3]
    write(path, [15, 20], start=10)
    assert [record["step"] for record in read_records(path)] == [1, 5, 10, 15, 20]
    assert path.read_text().splitlines()[:3] == before
    write(path, [1], start=0)
    assert [record["step"] for record in read_records(path)] == [1]


def test_a_line_cut_short_by_a_crash_is_dropped(tmp_path):
    path = tmp_path / "m.jsonl"
    write(path, [1, 5])
    path.write_text(path.read_text() + '{"step": 10, "lo')
    write(path, [10], start=5)
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [1, 5, 10]


def test_a_broken_line_in_the_middle_is_named(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text('{"step": 1}\nnonsense\n{"step": 2}\n')
    with pytest.raises(CheckpointError, match=r"m.jsonl line 2 is not a record with a step: 'nonsense'"):
        read_records(path)


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"m\.jsonl"):
        MetricsFile(tmp_path / "file" / "m.jsonl").on_start(0, 1)


def test_the_line_shows_what_there_is():
    assert numbers(RECORD) == "loss 1.2500  positive +0.50"
    assert rate(RECORD) == "1,234 examples/s"


def test_progress_draws_and_ends():
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    progress = RichProgress(console)
    progress.on_start(0, 20)
    progress.on_log(RECORD)
    progress.on_end(None)
    drawn = console.file.getvalue()
    assert "10/20" in drawn
    assert "1,234 examples/s" in drawn
    assert "loss 1.2500" in drawn


def test_all_that_is_shown_fits_on_a_terminal():
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    progress = RichProgress(console)
    progress.on_start(0, 100_000)
    names = ("positive_similarity", "negative_similarity", "effective_rank", "effective_negatives")
    progress.on_log({**RECORD, **dict.fromkeys(names, 0.5), "effective_negatives": 123.4, "effective_rank": 100.2})
    progress.on_end(None)
    drawn = console.file.getvalue()
    assert all(part in drawn for part in ("10/100000", "positive +0.50", "negative +0.50", "rank 100.2")), drawn
    assert "eff. negatives 123.4" in drawn
    assert "\u2026" not in drawn, "something was cut off"


def test_a_file_gets_a_line_for_each_twentieth_and_the_time_left():
    console = Console(file=io.StringIO(), width=80)
    progress = RichProgress(console)
    progress.on_start(0, 1000)
    for step in [1, *range(10, 1001, 10)]:
        progress.on_log({**RECORD, "step": step, "time": 100 + 3.0 * step})
    progress.on_end(None)
    lines = console.file.getvalue().splitlines()
    assert [int(line.split("/")[0].removeprefix("step ")) for line in lines] == [1, *range(60, 1000, 50), 1000]
    assert lines[0] == "step 1/1000  1,234 examples/s  loss 1.2500  positive +0.50"
    assert lines[1].startswith("step 60/1000  0:47:00 left  1,234 examples/s  loss")
    assert "left" not in lines[-1]


def test_tensorboard_reads_back(tmp_path):
    log = TensorBoardLog(tmp_path)
    log.on_start(0, 20)
    log.on_log(RECORD)
    log.on_end(None)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path)).Reload()
    assert events.Scalars("loss")[0].value == 1.25
    assert events.Scalars("loss")[0].step == 10
    assert "step" not in events.Tags()["scalars"]


def test_tensorboard_hides_the_steps_that_are_done_again(tmp_path):
    for start, value in ((0, 1.0), (10, 2.0)):
        log = TensorBoardLog(tmp_path)
        log.on_start(start, 20)
        for step in (10, 20):
            if step > start:
                log.on_log({"step": step, "loss": value})
        log.on_end(None)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(tmp_path)).Reload().Scalars("loss")
    assert [(one.step, one.value) for one in found] == [(10, 1.0), (20, 2.0)]


def test_tensorboard_says_at_once_that_the_disk_is_full(tmp_path):
    log = TensorBoardLog(tmp_path)
    log.on_start(0, 20)
    assert log._file is not None
    log._file.close()
    log._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115 - closed in on_end
    with pytest.raises(StorageError, match=f"cannot write {tmp_path}.*No space left"):
        log.on_log(RECORD)
    log.on_end(None)
