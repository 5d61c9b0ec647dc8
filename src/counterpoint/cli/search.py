"""``counterpoint search``: the nearest rows of an embedded corpus."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.encoders import Role
from counterpoint.experiments.corpus import TableCorpus, embedded_corpus, encode_with, model_fingerprint
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.recommender.opening import taken_by
from counterpoint.retrieval import Hits, Store, open_index
from counterpoint.retrieval import search as find
from counterpoint.retrieval.zeros import pointing


def search(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    vectors: Annotated[Path, typer.Argument(help="Folder that embed made.")],
    query: Annotated[str | None, typer.Argument(help="A text, the path of an image, or a user.")] = None,
    row: Annotated[int | None, typer.Option(help="Use this row of the corpus as the query.")] = None,
    k: Annotated[int, typer.Option("-k", help="Hits to show.")] = 10,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare every vector, though embed left an index beside them.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Hits as JSON.")] = False,
) -> None:
    """Nearest neighbours of a query among the vectors of a corpus; of a user, items that are new to them.

    Through the index beside the vectors where embed left one (this is said), among all vectors otherwise.
    """
    store = Store(vectors)
    if store.manifest.model != model_fingerprint(run):
        raise InputError(f"{vectors} was embedded with another model than that of {run}: embed the corpus again")
    if k < 1:
        raise InputError(f"-k must be at least 1, got {k}")
    corpus = embedded_corpus(vectors)
    known = _known(run, query)
    asked = pointing(_query(run, corpus, store, query, row), f"query {query!r}" if row is None else f"row {row}")
    # So many more are asked for that k are left when all that is known has been found and taken out.
    hits = _nearest(store, asked, min(k + len(known), len(store)), exact=exact)
    names = store.ids
    found = [
        {
            "row": int(r),
            "similarity": float(s),
            **({"id": names[r]} if names else {}),
            "content": _shown(corpus, int(r)),
        }
        for r, s in zip(hits.rows[0], hits.scores[0], strict=True)
        if not known or str(corpus.content(np.array([r]))[0]) not in known
    ][:k]
    if json:
        console.machine(found)
        return
    rows = [(f"{one['similarity']:.3f}", str(one.get("id", one["row"])), one["content"]) for one in found]
    console.table("similarity", "id" if names else "row", "content", rows=rows)


def _nearest(store: Store, query: np.ndarray, k: int, *, exact: bool) -> Hits:
    """Through the index if there is one; who searches is told of it."""
    index = None if exact else open_index(store)
    if index is None:
        return find(query, store, k)
    answer = index.search(query, k)
    name, recall = type(index.manifest.kind).__name__, index.manifest.asked or index.manifest.recall
    if answer.exact.any():
        console.say(f"the {name} index found fewer than {k} rows: all vectors were compared instead")
    else:
        console.say(f"searched through the {name} index, recall@{recall.k} {recall.value:.3f} when it was built")
    return answer.hits


def _known(run: Path, query: str | None) -> set[str]:
    """What a user has already, which is not recommended again; a node itself."""
    folder = RunFolder(run)
    if query is None or isinstance(folder.plan()[0], (Recipe, MultiTask)):
        return set()
    recommender = folder.recommender()
    return {query} if recommender is None else taken_by(query, recommender[1])


def _query(run: Path, corpus: TableCorpus, store: Store, query: str | None, row: int | None) -> np.ndarray:
    if (query is None) == (row is None):
        raise InputError("give a query, or a row of the corpus with --row")
    if row is not None:
        if not 0 <= row < len(store):
            raise InputError(f"--row must be between 0 and {len(store) - 1}, got {row}")
        return np.array(store.vectors[row : row + 1])
    content: Content = [query or ""]
    if corpus.roles.kind is Kind.VECTOR:
        raise InputError("a corpus of vectors can be searched with --row")
    if corpus.roles.kind is Kind.IMAGE:
        if not Path(query or "").is_file():
            raise InputError(f"the corpus holds images: the query must be the path of one, got {query!r}")
        content = corpus.like([str(Path(query or "").resolve())])
    return encode_with(run, role=Role.QUERY)(content)


def _shown(corpus: TableCorpus, row: int) -> str:
    content = corpus.content(np.array([row]))
    if isinstance(content, list):
        text = " ".join(str(content[0]).split())
        return text if len(text) <= 100 else text[:99] + "\u2026"
    return f"{corpus.roles.kind.value} {row}"
