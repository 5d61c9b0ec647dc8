"""A folder in BEIR's layout: ``corpus.jsonl``, ``queries.jsonl`` and judgements in ``qrels/test.tsv``."""

from pathlib import Path

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.delimited import DelimitedTable
from counterpoint.data.jsonl import JsonLinesTable
from counterpoint.data.sets.types import Retrieval
from counterpoint.data.table import MemoryTable, Table, listed

CORPUS, QUERIES = "corpus.jsonl", "queries.jsonl"


def is_beir(folder: Path) -> bool:
    """Whether a folder has a corpus and queries of that layout."""
    return (folder / CORPUS).is_file() and (folder / QUERIES).is_file()


def open_beir(folder: Path, *, split: str = "test") -> Retrieval:
    """Corpus, queries and judgements of a split; queries without a judgement there are left out.

    Thakur et al., "BEIR: A Heterogenous Benchmark for Zero-shot Evaluation of Information Retrieval Models" (2021),
    arXiv:2104.08663.

    Args:
        folder: Where the files are.
        split: Name of the file in ``qrels/``.

    Raises:
        InputError: A file or key is missing, a name is there twice, or a judgement is of an unknown query or document.
    """
    judged = folder / "qrels" / f"{split}.tsv"
    if not judged.is_file():
        raise InputError(f"{folder} has {CORPUS}, but no qrels/{split}.tsv: the judgements are missing")
    corpus, queries = _renamed(folder / CORPUS, "doc_id"), _renamed(folder / QUERIES, "query_id")
    qrels = _judgements(DelimitedTable(judged), corpus, queries)
    asked = set(qrels.take(np.arange(len(qrels)), ["query_id"])["query_id"])
    names, texts = (queries.take(np.arange(len(queries)))[name] for name in ("query_id", "text"))
    kept = [row for row, name in enumerate(names) if name in asked]
    columns = {"query_id": [names[row] for row in kept], "text": [texts[row] for row in kept]}
    return Retrieval(corpus=corpus, queries=MemoryTable(columns, description=QUERIES), qrels=qrels)


def _renamed(path: Path, key: str) -> Table:
    """Name, title and text of every line, the name as a string."""
    table = JsonLinesTable(path)
    for name in ("_id", "text"):
        if name not in table.columns:
            raise InputError(f"{path} has no key {name!r}; its keys: {listed(table.columns)}")
    held = table.take(np.arange(len(table)))
    for name in ("_id", "text"):
        empty = next((row for row, value in enumerate(held[name]) if value is None), None)
        if empty is not None:
            raise InputError(f"{table.where(empty)}: {name!r} is missing")
    columns = {key: [str(name) for name in held["_id"]], "text": [str(text) for text in held["text"]]}
    if len(set(columns[key])) < len(table):
        raise InputError(f"{path}: a name in '_id' stands for two lines; names must differ")
    if "title" in held:
        columns["title"] = [title or "" for title in held["title"]]
    return MemoryTable(columns, description=path.name)


def _judgements(table: Table, corpus: Table, queries: Table) -> Table:
    wanted = ("query-id", "corpus-id", "score")
    if table.columns[:3] != wanted:
        raise InputError(f"{table.description}: columns {listed(wanted)} are expected, found {listed(table.columns)}")
    held = table.take(np.arange(len(table)))
    columns = {"query_id": [str(one) for one in held["query-id"]], "doc_id": [str(one) for one in held["corpus-id"]]}
    for known, key in ((queries, "query_id"), (corpus, "doc_id")):
        names = set(known.take(np.arange(len(known)), [key])[key])
        strange = next((row for row, name in enumerate(columns[key]) if name not in names), None)
        if strange is not None:
            raise InputError(f"{table.where(strange)}: {columns[key][strange]!r} is not in {known.description}")
    try:
        scores = [float(one) for one in held["score"]]
    except (TypeError, ValueError) as error:
        raise InputError(f"{table.description}: every score must be a number ({error})") from error
    return MemoryTable({**columns, "score": scores}, description=table.description)
