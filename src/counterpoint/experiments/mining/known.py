"""What is known of queries and rows: positives that must not be mined, and judgements to count by."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data import open_table
from counterpoint.experiments.corpus import TableCorpus
from counterpoint.experiments.mining.lookup import rows_of_ids, rows_of_texts
from counterpoint.experiments.mining.questions import Questions
from counterpoint.retrieval.mining import KnownPairs
from counterpoint.retrieval.mining.mine import Judge

_QRELS = ("query_id", "doc_id", "score")


def known_positives(questions: Questions, corpus: TableCorpus) -> KnownPairs:
    """Rows with the text of a query or of one of its positives; a query is the same wherever its text is."""
    numbers = np.arange(len(questions))
    queries = questions.queries(numbers)
    askers: dict[str, list[int]] = defaultdict(list)
    for number, query in enumerate(queries):
        askers[query].append(number)
    wanted: dict[str, set[str]] = defaultdict(set)
    for query, positive in zip(queries, questions.positives(numbers), strict=True):
        wanted[positive].add(query)
        wanted[query].add(query)
    pairs = [(number, row) for row, text in rows_of_texts(corpus, wanted) for q in wanted[text] for number in askers[q]]
    query, row = zip(*pairs, strict=True) if pairs else ((), ())
    return KnownPairs(query, row, rows=len(corpus))


def judge_by_label(questions: Questions, corpus: TableCorpus, label: str) -> Judge:
    """Rows of a query's label are relevant; a row or query without label is not judged.

    Raises:
        InputError: The queries or the corpus have no such column.
    """
    for table in (questions.table, corpus.table):
        if label not in table.columns:
            raise InputError(f"--label: {table.description} has no column {label!r}; it has {list(table.columns)}")
    asked = questions.column(label)

    def judge(queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        here = corpus.table.take(rows, [label])[label]
        pairs = [(asked[query], one) for query, one in zip(queries.tolist(), here, strict=True)]
        return np.array([np.nan if a is None or b is None else float(a == b) for a, b in pairs])

    return judge


def judge_by_qrels(questions: Questions, corpus: TableCorpus, qrels: Path, query_id: str) -> Judge:
    """Rows of a score above 0 are relevant, other rows are not; a query without judgements is not judged.

    Raises:
        InputError: A column is missing, or an id of a row is not in the corpus.
    """
    table = open_table(qrels)
    missing = [name for name in _QRELS if name not in table.columns]
    if missing:
        raise InputError(f"--qrels: {table.description} must have the columns {', '.join(_QRELS)}, lacks {missing[0]}")
    if query_id not in questions.table.columns:
        raise InputError(f"--qrels needs the ids of queries: {questions.table.description} has no column {query_id!r}")
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(questions.column(query_id)):
        numbers[str(name)].append(number)
    held = table.take(np.arange(len(table)), _QRELS)
    judged = [
        (str(query), str(document), float(score))
        for query, document, score in zip(*(held[name] for name in _QRELS), strict=True)
        if str(query) in numbers
    ]
    if not judged:
        raise InputError(f"--qrels: {table.description} judges none of the queries; are {query_id!r} its ids?")
    row_of = rows_of_ids(corpus, {document for _, document, _ in judged}, argument="--qrels")
    relevant = [(number, row_of[d]) for q, d, score in judged if score > 0 for number in numbers[q]]
    query, row = zip(*relevant, strict=True) if relevant else ((), ())
    pairs = KnownPairs(query, row, rows=len(corpus))
    known = np.array([number for name in {q for q, _, _ in judged} for number in numbers[name]])

    def judge(queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return np.where(np.isin(queries, known), pairs.holds(queries, rows[:, None])[:, 0].astype(float), np.nan)

    return judge
