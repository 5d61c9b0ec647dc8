"""``counterpoint embed``: a corpus through a trained encoder, to a folder of vectors."""

import contextlib
from collections.abc import Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import Progress, TimeRemainingColumn

from counterpoint.base.extras import require
from counterpoint.base.files import write_json
from counterpoint.base.spec import to_json
from counterpoint.cli import console
from counterpoint.encoders import Role
from counterpoint.experiments.corpus import SOURCE, TableCorpus, corpus_source, encode_with, model_fingerprint
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.named_vectors import named_encoder
from counterpoint.experiments.not_data import refuse_made
from counterpoint.experiments.recommender.new_items import unknown_items
from counterpoint.retrieval import SHARD_ROWS, Recall, Store, build_index, embed_with_ray
from counterpoint.retrieval import embed as embed_here
from counterpoint.retrieval.ann import KINDS
from counterpoint.retrieval.embed import Progress as Told
from counterpoint.retrieval.manifest import INDEX
from counterpoint.retrieval.store_index import HELD_ROWS


class Engine(StrEnum):
    """Where the work is done."""

    HERE = "here"
    RAY = "ray"


class Index(StrEnum):
    """Which index of faiss."""

    FLAT = "flat"
    IVF = "ivf"
    HNSW = "hnsw"


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
    index: Annotated[Index | None, typer.Option(help="Index of faiss to write beside the vectors, for search.")] = None,
) -> None:
    """Embed a corpus in shards of Parquet; run it again after a kill and it goes on."""
    if index is not None:
        require("faiss", extra="ann", purpose=f"--index {index}")
    refuse_made(data)
    source = corpus_source(run, data, column=column, id_column=id_column)
    RunFolder(run).encoders()  # a damaged model is known before the corpus is opened
    model = model_fingerprint(run)
    if engine is Engine.RAY:
        store = embed_with_ray(
            partial(TableCorpus, source), partial(encode_with, run.resolve(), corpus=source), out,
            model=model, shard_rows=shard_rows, workers=workers,
        )  # fmt: skip
    else:
        store = _with_progress(TableCorpus(source), run, out, model=model, shard_rows=shard_rows)
    write_json(out / SOURCE, to_json(source))
    if source.names and source.column is not None and (new := unknown_items(RunFolder(run), data, source.column)).names:
        console.say(new.told)
    console.say(f"{len(store)} vectors of {store.dim} dimensions in {out}")
    if index is not None:
        _indexed(store, index, run)


def _with_progress(corpus: TableCorpus, run: Path, out: Path, *, model: str, shard_rows: int) -> Store:
    with _shown("embedding", len(corpus)) as progress:
        return embed_here(
            corpus, encode_with(run, corpus=corpus.source), out, model=model, shard_rows=shard_rows, progress=progress
        )


def _indexed(store: Store, index: Index, run: Path) -> None:
    with _shown("indexing", len(store)) as progress:
        built = build_index(store, KINDS[index], queries=_some_users(run), progress=progress).manifest
    figures = _figure(built.recall, "rows held back for this")
    if built.asked is not None:
        figures += f", {_figure(built.asked, 'users')}"
    console.say(f"{index} index in {store.folder / INDEX}; against exact search: {figures}")


def _figure(recall: Recall, whose: str) -> str:
    return f"recall@{recall.k} {recall.value:.3f} ± {recall.error:.3f} ({recall.queries} {whose})"


def _some_users(run: Path) -> np.ndarray | None:
    """Those who will ask, where a run knows them: their vectors lie elsewhere than those of items."""
    folder = RunFolder(run)
    if folder.recommender() is None:
        return None
    users = named_encoder(folder)
    names = np.random.default_rng(0).permutation(users.names["users"])[:HELD_ROWS]
    return users.encode([str(name) for name in names], role=Role.QUERY)


@contextlib.contextmanager
def _shown(work: str, total: int) -> Iterator[Told]:
    with Progress(*Progress.get_default_columns()[:-1], TimeRemainingColumn(), console=console.err) as shown:
        task = shown.add_task(work, total=total)
        yield lambda done, total: shown.update(task, completed=done, total=total)
