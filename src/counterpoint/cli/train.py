"""``counterpoint train``: from a file to a run folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.content_recipe import content_recipe
from counterpoint.cli.filters import filters_of
from counterpoint.cli.fitting_recipe import as_recipe, check_recipe_fits
from counterpoint.cli.node_recipe import GRAPH_MAE, VIEWS
from counterpoint.cli.nodes import train_graph
from counterpoint.cli.not_of_content import check_options_of_content
from counterpoint.cli.options import (
    BATCHES,
    any_recipe_named,
    columns_of,
    nothing_with_resume,
)
from counterpoint.cli.recommend import train_items
from counterpoint.cli.resume import continue_run
from counterpoint.cli.sequence_recipe import ALL_CONTRASTS
from counterpoint.cli.tasks import train_tasks
from counterpoint.cli.train_plan import check_plan, run_plan, say_plan
from counterpoint.data import Supervision
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.jobs import Job, job_of
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, DataSource, load_data
from counterpoint.training import is_main

DATA, METHOD, TRAINING, RUN = "Data", "Method", "Training", "Run"
NO_DATA = "name the data to learn from, a run folder with --resume, or a recipe of several tasks, which names its own"
OTHER_JOBS: dict[Job, Callable[[typer.Context, DataSource, Any], None]] = {
    Job.INTERACTIONS: train_items,
    Job.EDGES: train_graph,
}


def train(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Argument(
            help="CSV, TSV, JSONL, Parquet, .npz or .npy file, folder of images or of such files, set:NAME."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Run folder to make.", rich_help_panel=RUN)] = Path("run"),
    resume: Annotated[
        Path | None, typer.Option(help="Run folder to continue, with its own settings.", rich_help_panel=RUN)
    ] = None,
    fall_back: Annotated[
        bool,
        typer.Option("--fall-back", help="With --resume: pass over damaged checkpoints.", rich_help_panel=RUN),
    ] = False,
    test: Annotated[str | None, typer.Option(help="Held-out data of the same columns.", rich_help_panel=DATA)] = None,
    test_fraction: Annotated[
        float, typer.Option(help="Share of rows held out when --test is not given; 0 for none.", rich_help_panel=DATA)
    ] = 0.1,
    column: Annotated[
        list[str] | None,
        typer.Option(help="role=column, to override what is found by name; again for more.", rich_help_panel=DATA),
    ] = None,
    nodes: Annotated[
        str | None,
        typer.Option(help="With edges: file of nodes, with names, features and labels.", rich_help_panel=DATA),
    ] = None,
    node_type: Annotated[
        str | None,
        typer.Option(help="With edges of several types: the type of the nodes to learn.", rich_help_panel=DATA),
    ] = None,
    items: Annotated[
        str | None, typer.Option(help="With interactions: file of items and their features.", rich_help_panel=DATA)
    ] = None,
    new_items: Annotated[
        float | None,
        typer.Option(help="Share of items taken out, to judge by; usual with --items.", rich_help_panel=DATA),
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help="Resize images to this height and width.", rich_help_panel=DATA)
    ] = None,
    rows: Annotated[int, typer.Option(help="Use only the first rows; 0 for all.", rich_help_panel=DATA)] = 0,
    bad_rows: Annotated[
        int, typer.Option(help="Unusable rows to skip (counted and listed) before giving up.", rich_help_panel=DATA)
    ] = 0,
    recipe: Annotated[
        str | None,
        typer.Option(help="A Python file that sets `recipe`, or the short name of a paper.", rich_help_panel=METHOD),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="conv-net, resnet18, vit-tiny, static, small-bert, small-decoder, mlp, passthrough, or a Hugging Face "
            "model (folder or name); with interactions light-gcn or sasrec; with edges gcn, gat, gin, linear or mlp.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help=f"Any that `counterpoint objectives` lists; with edges {GRAPH_MAE}.", rich_help_panel=METHOD),
    ] = None,
    contrast: Annotated[
        str | None,
        typer.Option(help=f"With interactions, beside the ranking: {ALL_CONTRASTS}.", rich_help_panel=METHOD),
    ] = None,
    contrast_weight: Annotated[
        float | None, typer.Option(help="With --contrast: what it counts beside the ranking.", rich_help_panel=METHOD)
    ] = None,
    noise: Annotated[
        float | None,
        typer.Option(help="With --contrast noise or cross-layer: length of a row's noise.", rich_help_panel=METHOD),
    ] = None,
    layers: Annotated[
        int | None,
        typer.Option(
            help="With interactions, or edges and --encoder linear or mlp: how often to propagate; blocks of sasrec.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    dim: Annotated[
        int | None, typer.Option(help="With interactions: numbers in a vector.", rich_help_panel=METHOD)
    ] = None,
    views: Annotated[
        str | None, typer.Option(help=f"With edges, the second view: {', '.join(VIEWS)}.", rich_help_panel=METHOD)
    ] = None,
    meta_path: Annotated[
        list[str] | None,
        typer.Option(
            help="With --node-type: types of edges from there, 'by author > at institute'; again for more. Each type "
            "of edge otherwise.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    clusters: Annotated[int | None, typer.Option(help="With edges: how many to find.", rich_help_panel=METHOD)] = None,
    anomalies: Annotated[
        bool | None,
        typer.Option("--anomalies", help="With edges: score how little each node fits.", rich_help_panel=METHOD),
    ] = None,
    supervision: Annotated[
        Supervision | None, typer.Option(help="What to learn from, if not the strongest.", rich_help_panel=METHOD)
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Of the objective.", rich_help_panel=METHOD)] = None,
    spare: Annotated[
        list[str] | None,
        typer.Option(
            help="Column, such as cluster or duplicate: rows of one value are no negatives of each other; again for "
            "more.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    guide: Annotated[
        str | None,
        typer.Option(
            help="Encoder, run folder or Hugging Face model that does not learn: negatives that it finds as similar as "
            "the positive are left out.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    guide_margin: Annotated[
        float | None,
        typer.Option(help="With --guide: how much less similar a negative must be.", rich_help_panel=METHOD),
    ] = None,
    epochs: Annotated[float | None, typer.Option(help="Passes over the data.", rich_help_panel=TRAINING)] = None,
    steps: Annotated[
        int | None, typer.Option(help="Optimiser steps, instead of --epochs.", rich_help_panel=TRAINING)
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(help="Examples compared with each other, over all processes.", rich_help_panel=TRAINING),
    ] = None,
    batches: Annotated[
        str | None,
        typer.Option(help=f"Which examples share a batch: {', '.join(BATCHES)}.", rich_help_panel=TRAINING),
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.", rich_help_panel=TRAINING)] = None,
    cache_chunk: Annotated[
        str | None,
        typer.Option(
            help="Rows encoded at a time (gradient caching), or auto: as many as fit into memory.",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    accumulate: Annotated[int | None, typer.Option(help="Batches per step.", rich_help_panel=TRAINING)] = None,
    precision: Annotated[str | None, typer.Option(help="no, bf16 or fp16.", rich_help_panel=TRAINING)] = None,
    seed: Annotated[
        int | None, typer.Option(help="Decides split, weights, order, views and dropout.", rich_help_panel=TRAINING)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that prepare batches.", rich_help_panel=TRAINING)
    ] = None,
    checkpoint_every: Annotated[
        int | None, typer.Option(help="Steps between checkpoints.", rich_help_panel=TRAINING)
    ] = None,
    diagnose_every: Annotated[
        int | None,
        typer.Option(help="Steps between looks at the space; faults are told once.", rich_help_panel=TRAINING),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check everything and say what would be done.", rich_help_panel=RUN),
    ] = False,
    replace_run: Annotated[
        bool, typer.Option("--replace", help="Delete the run that --out holds.", rich_help_panel=RUN)
    ] = False,
    judge: Annotated[bool, typer.Option(help="Evaluate and write the report at the end.", rich_help_panel=RUN)] = True,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON.", rich_help_panel=RUN)] = False,
) -> None:
    """Train an embedding model on a file, and leave a run folder with model, measures and report."""
    if resume is not None:
        nothing_with_resume(context)
        continue_run(resume, fall_back=fall_back, judge=judge, json=json)
        return
    named = None if recipe is None else any_recipe_named(recipe)
    if isinstance(named, MultiTask):
        return train_tasks(context, named)
    if data is None or fall_back:
        raise InputError("--fall-back goes with --resume" if fall_back else NO_DATA)
    filters = filters_of(spare or [], guide, guide_margin)
    source = DataSource(
        data=data, test=test, test_fraction=test_fraction, columns=columns_of(column or []), image_size=image_size,
        bad_rows=bad_rows, rows=rows, seed=seed or 0,
        facts=tuple(dict.fromkeys((*(named.facts if isinstance(named, Recipe) else ()), *filters.facts))),
    )  # fmt: skip
    job = job_of(source)
    check_recipe_fits(named, job, recipe=recipe, data=data)
    if (other := OTHER_JOBS.get(job)) is not None:
        other(context, source, named)
        return
    loaded = _loaded(source, context)
    plan = content_recipe(context.params, loaded, as_recipe(named, Recipe), filters)
    method = check_plan(plan, loaded, judge=judge)
    if dry_run:
        say_plan(plan, loaded, json=json)
        return
    folder = RunFolder(out)
    if is_main():
        folder.create(plan, source, replace=replace_run)
    run_plan(plan, loaded, folder, method, judge=judge, json=json)


def _loaded(source: DataSource, context: typer.Context) -> Data:
    check_options_of_content(context.params)
    loaded = load_data(source)
    console.say(loaded.described)
    return loaded
