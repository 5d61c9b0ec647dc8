"""``counterpoint embed``: a corpus through a trained encoder, to a folder of vectors."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TimeRemainingColumn

from counterpoint.base.files import write_json
from counterpoint.base.spec import to_json
from counterpoint.cli import console
from counterpoint.experiments.corpus import SOURCE, TableCorpus, corpus_source, encode_with, model_fingerprint
from counterpoint.experiments.folder import RunFolder
from counterpoint.retrieval import SHARD_ROWS, Store, embed_with_ray
from counterpoint.retrieval import embed as embed_here


class Engine(StrEnum):
    """Where the work is done."""

    HERE = "here"
    RAY = "ray"


def embed(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    data: Annotated[str, typer.Argument(help="File, folder or set:NAME to embed.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of vectors to make, or to go on with.")] = Path(
        "vectors"
    ),
    column: Annotated[str | None, typer.Option(help="Column to embed, when it is not the one found by name.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column of your own row names.")] = None,
    shard_rows: Annotated[int, typer.Option(help="Rows of a shard: what a kill can lose.")] = SHARD_ROWS,
    engine: Annotated[Engine, typer.Option(help="here, or ray for a cluster.")] = Engine.HERE,
    workers: Annotated[int, typer.Option(help="Ray actors.")] = 2,
) -> None:
    """Embed a corpus in shards of Parquet; run it again after a kill and it goes on."""
    source = corpus_source(run, data, column=column, id_column=id_column)
    RunFolder(run).encoders()  # a damaged model is known before the corpus is opened
    model = model_fingerprint(run)
    if engine is Engine.RAY:
        store = embed_with_ray(
            partial(TableCorpus, source), partial(encode_with, run.resolve()), out,
            model=model, shard_rows=shard_rows, workers=workers,
        )  # fmt: skip
    else:
        store = _with_progress(TableCorpus(source), run, out, model=model, shard_rows=shard_rows)
    write_json(out / SOURCE, to_json(source))
    console.say(f"{len(store)} vectors of {store.dim} dimensions in {out}")


def _with_progress(corpus: TableCorpus, run: Path, out: Path, *, model: str, shard_rows: int) -> Store:
    with Progress(*Progress.get_default_columns()[:-1], TimeRemainingColumn(), console=console.err) as shown:
        task = shown.add_task("embedding", total=len(corpus))
        return embed_here(
            corpus, encode_with(run), out, model=model, shard_rows=shard_rows,
            progress=lambda done, total: shown.update(task, completed=done, total=total),
        )  # fmt: skip
