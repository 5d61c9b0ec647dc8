"""A bake-off that takes seconds: two classes told apart by one direction under much noise. And a graph of teams."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from counterpoint.data import MemoryTable
from counterpoint.data.planted_graphs import blocks
from counterpoint.experiments.compare import (
    Candidate,
    CompareFolder,
    ComparisonResult,
    ContentContest,
    Grounds,
    Request,
    compare,
    open_grounds,
)
from counterpoint.experiments.graph_job.opened import OpenedGraph
from counterpoint.experiments.graph_job.opening import open_graph
from counterpoint.experiments.presets import recipe_for, with_objective, with_training
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, DataSource, data_from
from counterpoint.objectives import SupCon, Uniformity
from counterpoint.training import AdamW

SOURCE = DataSource(data="planted", test_fraction=0.3)


def planted(n: int = 500, dim: int = 24) -> Data:
    """Labels follow the first four of ``dim`` numbers; the others are noise of six times their spread."""
    rng = np.random.default_rng(0)
    label = np.arange(n) % 4
    vector = 6 * rng.normal(size=(n, dim))
    vector[:, :4] = 3 * np.eye(4)[label] + rng.normal(size=(n, 4))
    table = MemoryTable({"vector": vector.astype(np.float32), "label": label}, description="planted")
    return data_from(table, None, SOURCE, {})


@pytest.fixture(scope="session")
def data() -> Data:
    return planted()


@pytest.fixture(scope="session")
def grounds(data: Data) -> Grounds:
    return open_grounds(data, SOURCE)


@pytest.fixture(scope="session")
def base(data: Data) -> Recipe:
    return with_training(recipe_for(data), batch_size=64, optimiser=AdamW(learning_rate=3e-3))


@dataclass
class Bench:
    """A comparison of three: twins that learn, and one that only spreads rows."""

    grounds: Grounds
    request: Request

    def run(
        self,
        folder: Path,
        *,
        request: Request | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> ComparisonResult:
        contest = ContentContest(self.grounds)
        return compare(request or self.request, contest, CompareFolder(folder), say=say, on_plan=lambda plan: None)


@pytest.fixture(scope="session")
def bench(grounds: Grounds, base: Recipe) -> Bench:
    learning = replace(base, objective=SupCon(temperature=0.1))
    candidates = (
        Candidate(name="spread", recipe=with_objective(base, Uniformity())),
        Candidate(name="learns", recipe=learning),
        Candidate(name="twin", recipe=learning),
    )
    request = Request(
        source=SOURCE, candidates=candidates, left_out=(), budget=600, seeds=(0, 1, 2), usual_steps=1000, steps=15,
        trials=2, test_rows=1000,
    )  # fmt: skip
    return Bench(grounds, request)


@pytest.fixture(scope="session")
def finished(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ComparisonResult]:
    """The whole of it, uninterrupted."""
    folder = tmp_path_factory.mktemp("compare") / "whole"
    return folder, bench.run(folder)


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> OpenedGraph:
    """Three teams."""
    file, rng = tmp_path_factory.mktemp("edges") / "edges.csv", np.random.default_rng(0)
    edges, _ = blocks([30, 30, 30], inside=0.25, between=0.02, rng=rng)
    file.write_text("\n".join(["source,target", *(f"p{one},p{other}" for one, other in edges)]) + "\n")
    return open_graph(DataSource(data=str(file)), None)
