"""``counterpoint explore``: a corpus as a map in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.experiments.corpus import embedded_corpus
from counterpoint.experiments.exploring import Viewer, lay_out, write_map
from counterpoint.retrieval import Store


def explore(
    vectors: Annotated[Path, typer.Argument(help="Folder that embed made.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The map; map.parquet in the folder if not.")] = None,
    neighbours: Annotated[int, typer.Option(help="Nearest rows to find for each: exact, so N^2 work.")] = 0,
    show: Annotated[bool, typer.Option(help="Open it with Embedding Atlas.")] = True,
    viewer: Annotated[str | None, typer.Option(help="Path of embedding-atlas, where it is not on the path.")] = None,
    port: Annotated[int, typer.Option(help="Of the page.")] = 5055,
    seed: Annotated[int, typer.Option(help="Decides landmarks and places.")] = 0,
) -> None:
    """Lay a corpus out in the plane, write it as one Parquet file, and show it as a map to search and filter."""
    program = Viewer.find(viewer) if show else None
    store = Store(vectors)
    out = out or vectors / "map.parquet"
    laid_out = lay_out(store.vectors, seed=seed)
    columns = write_map(out, embedded_corpus(vectors), store, laid_out.points, neighbours=neighbours)
    console.say(f"{out}: {len(store)} rows, {laid_out.method}")
    if program is None:
        return
    console.say(f"http://localhost:{port} (Ctrl-C ends it)")
    if code := program.show(out, columns, port=port):
        raise InputError(f"{program.program} ended with exit code {code}; what it said is above")
