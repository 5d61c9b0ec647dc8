"""``counterpoint demo``: the whole job on real images in about a minute."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from counterpoint.cli import console
from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, ProjectionHead
from counterpoint.experiments.check import check_job
from counterpoint.experiments.finish import finish_run
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_job
from counterpoint.experiments.judge import collect
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, DataSource, load_data
from counterpoint.objectives import SupCon
from counterpoint.retrieval import search
from counterpoint.training import AdamW, MetricsFile, RichProgress, TrainSettings
from counterpoint.views import Compose, Rotation, Translate


def demo(
    out: Annotated[Path, typer.Option(help="Run folder to make.")] = Path("demo-run"),
    steps: Annotated[int, typer.Option(help="Optimiser steps.")] = 300,
) -> None:
    """Train on labelled handwritten digits, judge on others, search, and write a report."""
    source = DataSource(data="set:digits")
    data = load_data(source)
    console.say(
        f"{len(data.train)} handwritten digits of 8 x 8 pixels, {len(data.test or ())} held out. {data.described}"
    )
    recipe, folder = demo_recipe(steps), RunFolder(out)
    check_job(recipe, data)
    # Only an earlier demonstration makes way.
    folder.create(recipe, source, replace=folder.config.is_file() and folder.read()[1] == source)
    result = run_job(recipe, data, folder, observers=[MetricsFile(folder.metrics), RichProgress(console.err)])
    if result.interrupted:
        console.resume_with(result.steps, folder.path)
        raise typer.Exit(130)
    console.comparisons(finish_run(recipe, data, folder))
    _query(data, folder)
    console.say(f"\nEverything is in {folder.path}/ - open {folder.report}")


def demo_recipe(steps: int) -> Recipe:
    """Digits of one label attract each other, seen a little turned and shifted."""
    view = Compose(views=(Rotation(degrees=15), Translate(fraction=0.125)))
    return Recipe(
        encoder=ConvNet(width=32),
        head=ProjectionHead(out_dim=64),
        objective=SupCon(temperature=0.1),
        supervision=Supervision.LABELS,
        views=(view, view),
        training=TrainSettings(steps=steps, batch_size=128, optimiser=AdamW(learning_rate=2e-3)),
    )


def _query(data: Data, folder: RunFolder) -> None:
    """One held-out digit, and its nearest training digits."""
    assert data.test is not None
    encoder = folder.encoders()[0]
    corpus, query = collect(data.train), data.test.batch(np.arange(1))
    hits = search(encoder.encode(query.anchor), encoder.encode(corpus.anchor), 5)
    assert corpus.label is not None
    assert query.label is not None
    rows = [
        (str(rank), str(row), str(int(corpus.label[int(row)])), f"{score:.3f}")
        for rank, (row, score) in enumerate(zip(hits.rows[0], hits.scores[0], strict=True), start=1)
    ]
    console.result(f"\nNearest training digits to held-out digit 0, a {int(query.label[0])}:")
    console.table("rank", "training row", "digit", "similarity", rows=rows)
