"""A bake-off on edges from end to end: who wins, and that a kill changes nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from counterpoint.experiments.compare import (
    Candidate,
    CompareFolder,
    ComparisonResult,
    NodeContest,
    Request,
    compare,
)
from counterpoint.experiments.graph_job.opened import OpenedGraph
from counterpoint.experiments.graph_job.recipe import LOOP, NodeLearner
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.experiments.source import DataSource

LEARNS = NodeLearner(loop=replace(LOOP, steps=20, dim=16, hidden=16, projection=16, learning_rate=0.01))
NARROW = replace(LEARNS, loop=replace(LEARNS.loop, dim=1))
"""Vectors of one number, whose cosines are 1 or -1."""
REQUEST = Request(
    source=DataSource(data="edges"),
    candidates=(Candidate(name="narrow", recipe=NARROW), Candidate(name="learns", recipe=LEARNS)),
    left_out=(), budget=600, seeds=(0, 1), usual_steps=100, steps=30, trials=3, test_rows=1000,
)  # fmt: skip


class Killed(Exception):
    """As if the process had died."""


def run(graph: OpenedGraph, folder: Path, say: Callable[[str], None]) -> ComparisonResult[NodeLearner]:
    return compare(REQUEST, NodeContest(graph), CompareFolder(folder), say=say, on_plan=lambda plan: None)


def lines(path: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return [{name: value for name, value in one.items() if name != "seconds"} for one in found]


@pytest.fixture(scope="module")
def finished(
    graph: OpenedGraph, tmp_path_factory: pytest.TempPathFactory
) -> tuple[CompareFolder, ComparisonResult[NodeLearner]]:
    folder = tmp_path_factory.mktemp("compare") / "whole"
    return CompareFolder(folder), run(graph, folder, lambda text: None)


def test_the_better_one_wins_by_much(finished: tuple[CompareFolder, ComparisonResult[NodeLearner]]) -> None:
    folder, result = finished
    best, worse = result.verdict.rows
    assert (best.candidate, worse.candidate, worse.tied) == ("learns", "narrow", False)
    assert best.estimate.low > worse.estimate.value
    assert load_recipe(folder.recipe) == result.recommended
    assert result.recommended.loop.learning_rate == best.values["learning_rate"]
    assert result.recommended.seed == 0


def test_everybody_got_the_same(finished: tuple[CompareFolder, ComparisonResult[NodeLearner]]) -> None:
    folder, _ = finished
    for name in ("learns", "narrow"):
        trials = [one for one in lines(folder.trials) if one["candidate"] == name]
        assert [one["trial"] for one in trials] == [0, 1, 2]
        assert max(one["steps"] for one in trials) <= 30
        assert [one["seed"] for one in lines(folder.runs) if one["candidate"] == name] == [0, 1]
    rates = {one["values"]["learning_rate"] for one in lines(folder.trials) if one["trial"] == 1}
    assert len(rates) == 1, "random trials stand at the same place for everybody"


@pytest.mark.parametrize("after", [2, 8])
def test_killed_and_run_again_comes_out_the_same(
    graph: OpenedGraph,
    finished: tuple[CompareFolder, ComparisonResult[NodeLearner]],
    tmp_path: Path,
    after: int,
) -> None:
    whole, result = finished
    said: list[str] = []

    def die(text: str) -> None:
        said.append(text)
        if len([one for one in said if "trial" in one or "test with" in one]) == after:
            raise Killed

    with pytest.raises(Killed):
        run(graph, tmp_path, die)
    again: list[str] = []
    found = run(graph, tmp_path, again.append)
    assert len(again) == 10 - after, "what was finished was not run again"
    broken = CompareFolder(tmp_path)
    assert lines(broken.trials) == lines(whole.trials)
    assert lines(broken.runs) == lines(whole.runs)
    assert [one.seeds for one in found.verdict.rows] == [one.seeds for one in result.verdict.rows]
    assert broken.recipe.read_text() == whole.recipe.read_text()
