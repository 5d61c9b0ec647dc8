"""Embedding that is killed without warning, again and again, ends with the same bytes."""

import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

WORK = Path(__file__).with_name("embedding_work.py")


@pytest.fixture(scope="module")
def work():
    spec = importlib.util.spec_from_file_location("embedding_work", WORK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def server():
    with subprocess.Popen(
        [sys.executable, str(WORK)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        yield process
        process.stdin.close()
        assert process.wait(60) == 0


def rows_in(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def wait_until(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_killed_and_resumed_equals_unbroken(kit, work, server, tmp_path) -> None:
    whole, broken, log = tmp_path / "whole", tmp_path / "broken", tmp_path / "rows.log"
    work.work(whole, tmp_path / "whole.log", 0.0)
    assert rows_in(tmp_path / "whole.log") == list(range(work.ROWS))
    generator, kills = random.Random(0), 5
    for goal in range(20, 20 + kills * 20, 20):  # each child gets about one shard further
        server.stdin.write(json.dumps([str(broken), str(log), 0.01]) + "\n")
        child = int(server.stdout.readline())
        wait_until(lambda goal=goal: len(set(rows_in(log))) > goal - 5)
        time.sleep(generator.random() * 0.03)  # in a batch, in the writing of a shard or of the manifest
        os.kill(child, signal.SIGKILL)
        assert int(server.stdout.readline()) == -signal.SIGKILL
    assert kit.files(broken) != kit.files(whole)
    assert (broken / "manifest.json").exists()
    work.work(broken, log, 0.0)
    assert kit.files(broken) == kit.files(whole)
    times = Counter(rows_in(log))
    assert set(times) == set(range(work.ROWS))
    assert max(times.values()) > 1, "no kill hit a shard: the test shows nothing"
    # A kill repeats one shard at most, whichever moment it comes at.
    assert sum(times.values()) <= work.ROWS + kills * work.SHARD_ROWS


def test_a_whole_shard_is_not_repeated(kit, work, server, tmp_path) -> None:
    folder, log = tmp_path / "store", tmp_path / "rows.log"
    server.stdin.write(json.dumps([str(folder), str(log), 0.05]) + "\n")
    child = int(server.stdout.readline())
    wait_until(lambda: len(rows_in(log)) >= 50)  # half of the third shard
    os.kill(child, signal.SIGKILL)
    assert int(server.stdout.readline()) == -signal.SIGKILL
    before = len(rows_in(log))
    work.work(folder, log, 0.0)
    assert rows_in(log)[before:] == list(range(40, work.ROWS))
