"""Runs killed without warning and resumed end in exactly the same place."""

import json
import os
import random
import signal
import time

import pytest

from counterpoint.training import list_checkpoints, read_records

NAMES = ("step", "loss", "learning_rate", "positive_similarity", "negative_similarity", "effective_rank")


def last_step(folder):
    records = read_records(folder / "metrics.jsonl")
    return records[-1]["step"] if records else 0


def results(folder):
    records = [[record[name] for name in NAMES] for record in read_records(folder / "metrics.jsonl")]
    return json.loads((folder / "final-0.json").read_text()), records


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.mark.parametrize("kind", ["plain", "full"])
def test_killed_and_resumed_equals_unbroken(server, tmp_path, kind):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir(), broken.mkdir()
    server.start(folder=str(whole), kind=kind, delay=0.0)
    assert server.wait() == [0]
    generator = random.Random(kind)
    codes = []
    for goal in sorted(generator.sample(range(1, 37), 5)):
        (run,) = server.start(folder=str(broken), kind=kind, delay=0.01)
        wait_until(lambda goal=goal: last_step(broken) >= goal)
        time.sleep(generator.random() * 0.03)
        os.kill(run, signal.SIGKILL)
        codes += server.wait()
    assert codes == [-signal.SIGKILL] * 5
    assert list_checkpoints(broken / "checkpoints")
    assert not (broken / "final-0.json").exists()
    server.start(folder=str(broken), kind=kind, delay=0.0)
    assert server.wait() == [0]
    assert results(broken) == results(whole)
    assert results(whole)[0]["steps"] == 40
