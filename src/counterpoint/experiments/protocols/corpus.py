"""Retrieval from a whole corpus: a BEIR folder, or a named set that brings a corpus."""

import numpy as np

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data import Table
from counterpoint.data.sets import Retrieval
from counterpoint.evaluation import Measure, Qrels, retrieval
from counterpoint.experiments.judge import System
from counterpoint.experiments.protocols.task import Layout, Task


def corpus_layout(found: Retrieval, name: str) -> Layout:
    """Every query against every document, as BEIR reports it: title and text of a document are one text.

    Raises:
        InputError: A judgement names an unknown query or document.
    """
    documents, doc_row = _texts(found.corpus, "doc_id")
    queries, query_row = _texts(found.queries, "query_id")
    judged = found.qrels.take(np.arange(len(found.qrels)))
    try:
        query = np.array([query_row[str(one)] for one in judged["query_id"]], dtype=np.int64)
        document = np.array([doc_row[str(one)] for one in judged["doc_id"]], dtype=np.int64)
    except KeyError as error:
        raise InputError(f"{found.qrels.description} judges {error}, which is no query or document") from error
    grade = np.array(judged["score"], dtype=np.float64)
    qrels = Qrels.of_triples(query, document, grade, n_queries=len(queries), n_candidates=len(documents))

    def measure(system: System) -> list[Measure]:
        return retrieval(system.encode_query(queries), system.encode_document(documents), qrels, prefix="corpus_")

    described = f"{name}: {len(queries):,} queries, {len(documents):,} documents, {len(grade):,} judgements."
    return Layout(described, Kind.TEXT, documents, (Task("corpus", measure),), queries)


def _texts(table: Table, key: str) -> tuple[list[str], dict[str, int]]:
    held = table.take(np.arange(len(table)))
    titles = held["title"] if "title" in held else [""] * len(table)
    texts = [f"{title or ''} {text}".strip() for title, text in zip(titles, held["text"], strict=True)]
    return texts, {str(name): row for row, name in enumerate(held[key])}
