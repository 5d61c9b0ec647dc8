"""What ``train``, ``evaluate`` and ``report`` do with the edges of a graph."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import typer

from counterpoint.base.errors import InputError
from counterpoint.base.spec import to_json
from counterpoint.cli import console
from counterpoint.cli.options import columns_of, named_one, objective_named, only_options
from counterpoint.encoders.graph import Layer
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.job import NODES, Look, judge_graph, train_into
from counterpoint.experiments.graph_job.opening import OpenedGraph, open_graph, other_edges
from counterpoint.experiments.graph_job.page import write_page
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.graph_job.spread import Spread
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.judgement import write_judgement
from counterpoint.experiments.source import DataSource
from counterpoint.training import MetricsFile, ranks
from counterpoint.views import Diffusion

ONLY_EDGES = ("nodes", "views")
"""Options that mean nothing for other data."""
APPLY = {
    *(*ONLY_EDGES, "data", "out", "test", "test_fraction", "column", "encoder", "objective", "temperature", "layers"),
    *("steps", "batch_size", "learning_rate", "seed", "dry_run", "replace_run", "judge", "json"),
}
VIEWS: dict[str, Diffusion | None] = {"drop": None, "diffusion": Diffusion()}
"""What the second view of a graph is; the first leaves out edges and features."""
_LAYERS = {layer.value: layer for layer in (Layer.GCN, Layer.GAT, Layer.GIN)}
_SPREAD = {"linear": Spread(linear=True), "mlp": Spread(linear=False)}


def train_graph(context: typer.Context, source: DataSource) -> None:
    """Train on edges, judge and report.

    Raises:
        InputError: An option does not apply to edges, or the data cannot be used.
    """
    given = context.params
    only_options(context, APPLY, "the edges of a graph")
    if ranks.current().size > 1:
        raise InputError("edges are learnt by one process: run train without torchrun")
    recipe = _recipe(given)
    opened = open_graph(source, recipe.nodes)
    console.say(opened.told)
    recipe = recipe.fitted(len(opened.names))
    if given["dry_run"]:
        _say_plan(recipe, opened, json=given["json"])
        return
    folder = RunFolder(given["out"])
    folder.create(recipe, source, replace=given["replace_run"])
    began = time.perf_counter()
    best = _trained(recipe, opened, folder)
    seconds = time.perf_counter() - began
    console.say(f"best of up to {recipe.loop.steps} steps: step {best}; {seconds:.0f} s")
    found = _judged(folder, opened) if given["judge"] and opened.judged else []
    if given["json"]:
        console.machine({"run": folder.path, "step": best, "seconds": seconds, "measures": found})
    elif found:
        console.comparisons(found)
    told = f", report: {folder.report}" if found else ""
    console.say(f"model: {folder.model}, nodes: {folder.path / NODES}{told}")


def evaluate_graph(run: Path, on: str | None, columns: list[str], *, json: bool) -> None:
    """Judge a run on what it held out, or on other edges between the same nodes.

    Raises:
        InputError: Nothing was held out, or there are too few other edges.
    """
    source, opened = _opened(run)
    held = opened.split.test
    if on is not None:
        held, notes = other_edges(on, opened, (*source.columns, *columns_of(columns)))
        for note in notes:
            console.say(f"{note}.")
    elif not opened.judged:
        raise InputError(f"{run} held nothing out: name edges with --on")
    console.measures(_measured(RunFolder(run), opened, held), json=json)


def report_graph(run: Path, *, json: bool) -> None:
    """Judge a run again and make its page again.

    Raises:
        InputError: Nothing was held out, and no node has a label.
    """
    _, opened = _opened(run)
    if not opened.judged:
        raise InputError(f"{run} held nothing out: there is nothing to report on")
    console.measures(_judged(RunFolder(run), opened), json=json)
    console.say(f"report: {RunFolder(run).report}")


def _opened(run: Path) -> tuple[DataSource, OpenedGraph]:
    found = RunFolder(run).graph()
    assert found is not None  # asked before
    recipe, source = found
    return source, open_graph(source, recipe.nodes)


def _judged(folder: RunFolder, opened: OpenedGraph) -> list[Comparison]:
    found = _measured(folder, opened, opened.split.test)
    write_judgement(folder, found)
    write_page(folder, opened, found)
    return found


def _measured(folder: RunFolder, opened: OpenedGraph, held: np.ndarray) -> list[Comparison]:
    found, left_out = judge_graph(folder, opened, held)
    console.not_judged(left_out)
    return found


def _recipe(given: dict[str, Any]) -> NodeLearner:
    plan = NodeLearner(seed=given["seed"] or 0)
    name, temperature = given["objective"], given["temperature"]
    if name is not None:
        plan = replace(plan, objective=objective_named(name, temperature))
    elif temperature is not None:
        plan = replace(plan, objective=replace(plan.objective, temperature=temperature))  # pyright: ignore[reportCallIssue]
    sizes = {"steps": given["steps"], "batch": given["batch_size"], "learning_rate": given["learning_rate"]}
    loop = replace(plan.loop, **{name: value for name, value in sizes.items() if value is not None})
    if given["encoder"] is not None:
        known = {**_LAYERS, **dict.fromkeys(_SPREAD, Layer.NONE)}
        loop = replace(loop, layer=named_one(known, "--encoder", given["encoder"], "the edges of a graph"))
    nodes = None if given["nodes"] is None else str(Path(given["nodes"]).resolve())
    spread, diffusion = _spread(given), None
    if given["views"] is not None:
        diffusion = named_one(VIEWS, "--views", given["views"], "the edges of a graph")
    if diffusion is not None and spread is not None:
        raise InputError(
            f"--views diffusion goes with --encoder {', '.join(_LAYERS)}: {given['encoder']} sees no edges"
        )
    return replace(plan, loop=loop, nodes=nodes, spread=spread, diffusion=diffusion)


def _spread(given: dict[str, Any]) -> Spread | None:
    spread, layers = _SPREAD.get(given["encoder"]), given["layers"]
    if layers is None:
        return spread
    if spread is None:
        raise InputError(f"--layers goes with --encoder {' or '.join(_SPREAD)} for the edges of a graph")
    if layers < 0:
        raise InputError(f"--layers must be at least 0, got {layers}")
    return replace(spread, hops=layers)


def _say_plan(recipe: NodeLearner, opened: OpenedGraph, *, json: bool) -> None:
    split, loop = opened.split, recipe.loop
    if json:
        console.machine({"recipe": to_json(recipe), "rows": len(split.train.edges), "held_out": len(split.test)})
        return
    rows = min(loop.batch or len(opened.names), len(opened.names))
    console.result(
        f"would train {_encoder(recipe)} with {type(recipe.objective).__name__}: up to {loop.steps} steps on "
        f"{len(split.train.edges):,} edges, {rows:,} of {len(opened.names):,} nodes contrasted at a step"
        + ("" if loop.neighbours is None else f", with {loop.neighbours[0]} x {loop.neighbours[1]} neighbours of each")
    )


def _encoder(recipe: NodeLearner) -> str:
    if (spread := recipe.spread) is None:
        return recipe.loop.layer.value.upper() + (" on a diffused view" if recipe.diffusion is not None else "")
    return f"{'a linear map' if spread.linear else 'an MLP'} of features spread over {spread.hops} hops"


def _trained(recipe: NodeLearner, opened: OpenedGraph, folder: RunFolder) -> int:
    kept, began = MetricsFile(folder.metrics), time.perf_counter()

    def tell(look: Look) -> None:
        found = {} if look.auc is None else {"link_auc": look.auc}
        kept.on_log({"step": look.step, "loss": look.loss, **found, "time": time.perf_counter() - began})
        if look.auc is not None:
            console.say(f"step {look.step}  loss {look.loss:.4f}  validation AUC of links {look.auc:.4f}")

    kept.on_start(0, recipe.loop.steps)
    try:
        return train_into(recipe, opened, folder, tell=tell)
    except KeyboardInterrupt:
        console.say("stopped; a run on edges is not resumed, and begins again")
        raise typer.Exit(130) from None
    finally:
        kept.on_end(None)
