"""SciFact as a retrieval task: scientific claims and the abstracts that speak to them."""

import csv
import json
import zipfile
from pathlib import Path

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.downloading import Source
from counterpoint.data.opening import open_table
from counterpoint.data.sets.place import Access, fetched, placed
from counterpoint.data.sets.types import NamedSet, Retrieval
from counterpoint.data.table import MemoryTable, Table

_SOURCE = Source(
    # BEIR publishes an MD5 (5f7d1de60b170fc8027bb7898e2efca1); several projects that checked it give this SHA-256.
    url="https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets/scifact.zip",
    sha256="536e14446a0ba56ed1398ab1055f39fe852686ecad24a6306c80c490fa8e0165",
    size=2_816_079,
)


def scifact(*, access: Access | None = None) -> NamedSet:
    """5,183 abstracts; 809 training and 300 test claims with the relevant abstracts, in BEIR's split.

    ``train`` and ``test`` hold one pair a judgement: query, positive (title and text of the abstract). ``retrieval``
    holds the whole test task.

    Raises:
        InputError: The set is not on this machine and may not be downloaded (3 MB).
    """
    files = ["corpus.parquet", "queries.parquet", "qrels.parquet"]
    folder = placed("retrieval_scifact", files)
    if folder is not None:
        corpus, queries, qrels = (open_table(folder / name) for name in files)
    else:
        corpus, queries, qrels = read_beir(fetched("scifact", [_SOURCE], access or Access()) / _SOURCE.file)
    judged = {split: _judged(qrels, split) for split in ("train", "test")}
    return NamedSet(
        name="scifact",
        train=_pairs(corpus, queries, judged["train"], "train"),
        test=_pairs(corpus, queries, judged["test"], "test"),
        overrides={"query": "query", "positive": "positive"},
        citation="Wadden and others (2020). Fact or Fiction: Verifying Scientific Claims. arXiv:2004.14974",
        licence="claims CC BY 4.0, abstracts ODC-By 1.0",
        retrieval=Retrieval(
            corpus=corpus,
            queries=_asked(queries, judged["test"]),
            qrels=MemoryTable(judged["test"], description="qrels"),
        ),
    )


def read_beir(archive: Path) -> tuple[Table, Table, Table]:
    """Corpus, queries and judgements (with column ``split``) of a zip in BEIR's layout.

    Raises:
        InputError: A file is missing inside.
    """
    root = archive.stem
    try:
        with zipfile.ZipFile(archive) as held:
            documents = [json.loads(line) for line in held.read(f"{root}/corpus.jsonl").splitlines()]
            asked = [json.loads(line) for line in held.read(f"{root}/queries.jsonl").splitlines()]
            judged = {split: held.read(f"{root}/qrels/{split}.tsv").decode() for split in ("train", "test")}
    except KeyError as error:
        raise InputError(f"{archive} is not in BEIR's layout: {error}") from error
    rows = [
        (*line[:2], int(line[2]), split)
        for split, text in judged.items()
        for line in list(csv.reader(text.splitlines(), delimiter="\t"))[1:]
    ]
    names = ("query_id", "doc_id", "score", "split")
    return (
        MemoryTable(
            {
                "doc_id": [str(row["_id"]) for row in documents],
                "title": [row["title"] for row in documents],
                "text": [row["text"] for row in documents],
            },
            description="corpus.jsonl",
        ),
        MemoryTable(
            {"query_id": [str(row["_id"]) for row in asked], "text": [row["text"] for row in asked]},
            description="queries.jsonl",
        ),
        MemoryTable({name: [row[place] for row in rows] for place, name in enumerate(names)}, description="qrels"),
    )


def _judged(qrels: Table, split: str) -> dict[str, list[object]]:
    held = qrels.take(np.arange(len(qrels)))
    keep = [row for row, name in enumerate(held["split"]) if name == split and int(held["score"][row]) > 0]
    return {name: [held[name][row] for row in keep] for name in ("query_id", "doc_id", "score")}


def _texts(table: Table, key: str) -> dict[str, str]:
    held = table.take(np.arange(len(table)))
    titles = held["title"] if "title" in held else [""] * len(table)
    return {
        str(name): f"{title} {text}".strip() for name, title, text in zip(held[key], titles, held["text"], strict=True)
    }


def _pairs(corpus: Table, queries: Table, judged: dict[str, list[object]], part: str) -> Table:
    documents, asked = _texts(corpus, "doc_id"), _texts(queries, "query_id")
    columns = {
        "query": [asked[str(name)] for name in judged["query_id"]],
        "positive": [documents[str(name)] for name in judged["doc_id"]],
        "query_id": judged["query_id"],
        "doc_id": judged["doc_id"],
    }
    return MemoryTable(columns, description=f"scifact ({part})")


def _asked(queries: Table, judged: dict[str, list[object]]) -> Table:
    texts = _texts(queries, "query_id")
    names = list(dict.fromkeys(str(name) for name in judged["query_id"]))
    return MemoryTable({"query_id": names, "text": [texts[name] for name in names]}, description="scifact queries")
