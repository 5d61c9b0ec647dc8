import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.evaluation import mean_measure
from counterpoint.experiments.judge import System
from counterpoint.experiments.protocols.task import LeftOut, Task, run_tasks


def _systems(*names):
    return [System(name, len, len, len) for name in names]


def _right(system):
    return [mean_measure("right", np.array([1.0, 0.0]))]


def _only_dense(system):
    if system.name == "raw":
        raise InputError("too wide")
    return [mean_measure("dense", np.array([1.0, 1.0]))]


def _never(system):
    raise InputError("too few")


def test_what_one_system_cannot_do_is_left_out_for_it_alone():
    tasks = [Task("a", _right), Task("b", _only_dense), Task("c", _never), LeftOut("d", "no labels")]
    found, left_out = run_tasks(_systems("raw", "trained"), tasks)
    assert [(one.measure, [row.system for row in one.rows]) for one in found] == [
        ("right", ["raw", "trained"]),
        ("dense", ["trained"]),
    ]
    assert left_out == [LeftOut("b of raw", "too wide"), LeftOut("c", "too few"), LeftOut("d", "no labels")]


def test_only_what_is_asked_for_is_run():
    tasks = [Task("a", _right), Task("b", _never), LeftOut("c", "no labels")]
    found, left_out = run_tasks(_systems("trained"), tasks, only=["a", "c"])
    assert [one.measure for one in found] == ["right"]
    assert left_out == [LeftOut("c", "no labels")]
    with pytest.raises(InputError, match="--protocol x: no such protocol for these data; there are a, b, c"):
        run_tasks(_systems("trained"), tasks, only=["x"])
