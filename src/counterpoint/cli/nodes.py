"""What ``train``, ``evaluate`` and ``report`` do with the edges of a graph."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import typer

from counterpoint.base.errors import InputError
from counterpoint.base.spec import to_json
from counterpoint.cli import console
from counterpoint.cli.node_recipe import ONLY_EDGES, encoder_of, learner_of, objective_of
from counterpoint.cli.options import columns_of, only_options
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.anomalies import oddest
from counterpoint.experiments.graph_job.job import Look, Trained, judge_graph, train_into
from counterpoint.experiments.graph_job.node_list import NODES
from counterpoint.experiments.graph_job.opened import OpenedGraph, OpenedNodes, OpenedTypes
from counterpoint.experiments.graph_job.opening import open_graph, other_edges
from counterpoint.experiments.graph_job.page import write_page
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.graph_job.typed import open_types, other_pairs
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.judgement import write_judgement
from counterpoint.experiments.source import DataSource
from counterpoint.methods.masked_graph import Masking
from counterpoint.training import MetricsFile, ranks

APPLY = {
    *(*ONLY_EDGES, "data", "out", "test", "test_fraction", "column", "encoder", "objective", "temperature", "layers"),
    *("recipe", "steps", "batch_size", "learning_rate", "seed", "dry_run", "replace_run", "judge", "json"),
}


def train_graph(context: typer.Context, source: DataSource, named: NodeLearner | None) -> None:
    """Train on edges, judge and report.

    Args:
        context: With the options.
        source: The edges, and what of them is held out.
        named: What ``--recipe`` names, to begin from; None for the usual one.

    Raises:
        InputError: An option does not apply to edges, or the data cannot be used.
    """
    given = context.params
    only_options(context, APPLY, "the edges of a graph")
    if ranks.current().size > 1:
        raise InputError("edges are learnt by one process: run train without torchrun")
    recipe = learner_of(given, named)
    opened = _open(source, recipe)
    console.say(opened.told)
    recipe = recipe.fitted(len(opened.names))
    if given["dry_run"]:
        _say_plan(recipe, opened, json=given["json"])
        return
    folder = RunFolder(given["out"])
    folder.create(recipe, source, replace=given["replace_run"])
    began = time.perf_counter()
    trained = _trained(recipe, opened, folder)
    seconds = time.perf_counter() - began
    console.say(f"best of up to {recipe.steps} steps: step {trained.step}; {seconds:.0f} s")
    listed = _listed(recipe, opened, trained)
    found = _judged(folder, opened) if given["judge"] and opened.judged else []
    if given["json"]:
        console.machine({"run": folder.path, "step": trained.step, "seconds": seconds, **listed, "measures": found})
    elif found:
        console.comparisons(found)
    told = f", report: {folder.report}" if found else ""
    console.say(f"model: {folder.model}, nodes: {folder.path / NODES}{told}")


def evaluate_graph(run: Path, on: str | None, columns: list[str], *, json: bool) -> None:
    """Judge a run on what it held out, or on other edges between the same nodes.

    Raises:
        InputError: Nothing was held out, or there are too few other edges.
    """
    learnt = opened_nodes(run)
    assert learnt is not None  # asked before
    _, source, opened = learnt
    held = opened.test
    if on is not None:
        held, notes = _others(on, opened, (*source.columns, *columns_of(columns)))
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
    learnt = opened_nodes(run)
    assert learnt is not None  # asked before
    _, _, opened = learnt
    if not opened.judged:
        raise InputError(f"{run} held nothing out: there is nothing to report on")
    console.measures(_judged(RunFolder(run), opened), json=json)
    console.say(f"report: {RunFolder(run).report}")


def opened_nodes(run: Path) -> tuple[NodeLearner, DataSource, OpenedGraph | OpenedTypes] | None:
    """What a run on edges learnt by, its file, and the graph; None for any other run."""
    found = RunFolder(run).graph()
    if found is None:
        return None
    recipe, source = found
    return recipe, source, _open(source, recipe)


def _open(source: DataSource, recipe: NodeLearner) -> OpenedGraph | OpenedTypes:
    if recipe.meta_paths is None:
        return open_graph(source, recipe.nodes, anomalies=recipe.anomalies is not None)
    assert recipe.nodes is not None  # a recipe is checked when it is made
    return open_types(source, recipe.nodes, recipe.meta_paths)


def _others(
    on: str, opened: OpenedGraph | OpenedTypes, columns: tuple[tuple[str, str], ...]
) -> tuple[np.ndarray, list[str]]:
    """Edges of another file that a run has not learnt, or the pairs that they join; and what was left out."""
    if isinstance(opened, OpenedTypes):
        return other_pairs(on, opened, columns)
    return other_edges(on, opened, columns)


def _judged(folder: RunFolder, opened: OpenedNodes) -> list[Comparison]:
    found = _measured(folder, opened, opened.test)
    write_judgement(folder, found)
    write_page(folder, opened, found)
    return found


def _measured(folder: RunFolder, opened: OpenedNodes, held: np.ndarray) -> list[Comparison]:
    found, left_out = judge_graph(folder, opened, held)
    console.not_judged(left_out)
    return found


def _say_plan(recipe: NodeLearner, opened: OpenedNodes, *, json: bool) -> None:
    if json:
        console.machine({"recipe": to_json(recipe), "rows": opened.learnt, "held_out": len(opened.test)})
        return
    console.result(
        f"would train {encoder_of(recipe)} with {objective_of(recipe)}: up to {recipe.steps} steps on "
        f"{opened.learnt:,} edges, {_step_of(recipe, len(opened.names))}"
    )


def _step_of(recipe: NodeLearner, nodes: int) -> str:
    """What a step takes in, and what is done of it afterwards."""
    loop = recipe.loop
    rows = nodes if recipe.clustering is not None else min(loop.batch or nodes, nodes)
    if isinstance(recipe.objective, Masking):
        told = f"{recipe.objective.share:.0%} of {rows:,} of {nodes:,} nodes hidden at a step"
    else:
        told = f"{rows:,} of {nodes:,} nodes contrasted at a step"
    if loop.neighbours is not None:
        told += f", with {loop.neighbours[0]} x {loop.neighbours[1]} neighbours of each"
    if recipe.anomalies is not None:
        told += ", an anomaly score of every node by CARE"
    if recipe.clusters is None:
        return told
    how = "learnt with the vectors" if recipe.clustering is not None else "by k-means of the vectors"
    return f"{told}, {recipe.clusters} clusters {how}"


def _listed(recipe: NodeLearner, opened: OpenedNodes, trained: Trained) -> dict[str, Any]:
    """Say what is in ``nodes.csv`` besides names and labels, and give it for a machine."""
    listed: dict[str, Any] = {}
    if trained.clusters is not None:
        listed["clusters"] = np.bincount(trained.clusters, minlength=recipe.clusters or 0).tolist()
        _say_clusters(listed["clusters"])
    if trained.anomalies is not None:
        odd = oddest(opened.names, trained.anomalies)
        listed["anomalies"] = [{"node": name, "score": score} for name, score in odd]
        told = ", ".join(f"{name} ({score:.3f})" for name, score in odd)
        console.say(f"column 'anomaly', higher for what fits less; highest: {told}")
    return listed


def _say_clusters(sizes: list[int]) -> None:
    empty = f"; {sizes.count(0)} of them empty" if 0 in sizes else ""
    console.say(f"{len(sizes)} clusters of {', '.join(f'{size:,}' for size in sizes)} nodes: column 'cluster'{empty}")


def _trained(recipe: NodeLearner, opened: OpenedNodes, folder: RunFolder) -> Trained:
    kept, began = MetricsFile(folder.metrics), time.perf_counter()

    def tell(look: Look) -> None:
        found = {} if look.auc is None else {"link_auc": look.auc}
        kept.on_log({"step": look.step, "loss": look.loss, **found, "time": time.perf_counter() - began})
        if look.auc is not None:
            console.say(f"step {look.step}  loss {look.loss:.4f}  validation AUC of links {look.auc:.4f}")

    kept.on_start(0, recipe.steps)
    try:
        return train_into(recipe, opened, folder, tell=tell)
    except KeyboardInterrupt:
        console.say("stopped; a run on edges is not resumed, and begins again")
        raise typer.Exit(130) from None
    finally:
        kept.on_end(None)
