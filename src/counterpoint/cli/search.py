"""``counterpoint search``: the nearest rows of an embedded corpus."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.question import Question
from counterpoint.experiments.corpus import TableCorpus, embedded_corpus, model_fingerprint
from counterpoint.experiments.folder import RunFolder
from counterpoint.retrieval import Hits, Store, open_index
from counterpoint.retrieval import search as find


def search(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    vectors: Annotated[Path, typer.Argument(help="Folder that embed made.")],
    query: Annotated[str | None, typer.Argument(help="A text, the path of an image, or a user.")] = None,
    row: Annotated[int | None, typer.Option(help="Use this row of the corpus as the query.")] = None,
    taken: Annotated[
        str | None,
        typer.Option(help="Items that a new user took, oldest first, with commas between them; or a file of them."),
    ] = None,
    unlinked: Annotated[
        bool, typer.Option("--unlinked", help="Of a node: leave out the nodes that an edge joins to it.")
    ] = False,
    k: Annotated[int, typer.Option("-k", help="Hits to show.")] = 10,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare every vector, though embed left an index beside them.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Hits as JSON.")] = False,
) -> None:
    """Nearest neighbours of a query among the vectors of a corpus; of a user, items that are new to them.

    Through the index beside the vectors where embed left one (this is said), among all vectors otherwise.
    """
    RunFolder(run).plan()  # a folder that is none is known before anything of it is missed
    store = Store(vectors)
    if store.manifest.model != model_fingerprint(run):
        raise InputError(f"{vectors} was embedded with another model than that of {run}: embed the corpus again")
    if k < 1:
        raise InputError(f"-k must be at least 1, got {k}")
    question = Question(query=query, row=row, taken=taken, unlinked=unlinked)
    corpus = embedded_corpus(vectors)
    asked, known = question.asked(run, corpus, store)
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
    if not found:
        console.say(f"nothing is left to find: all {len(store):,} rows of {vectors} are known already")
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


def _shown(corpus: TableCorpus, row: int) -> str:
    content = corpus.content(np.array([row]))
    if isinstance(content, list):
        text = " ".join(str(content[0]).split())
        return text if len(text) <= 100 else text[:99] + "\u2026"
    return f"{corpus.roles.kind.value} {row}"
