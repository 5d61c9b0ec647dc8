"""What is known of queries and rows: positives that must not be mined, and judgements to count by."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.experiments.corpus import TableCorpus
from counterpoint.experiments.mining.lookup import rows_of_keys
from counterpoint.experiments.mining.questions import Questions
from counterpoint.experiments.mining.scored_rows import scored_rows
from counterpoint.retrieval.mining import KnownPairs
from counterpoint.retrieval.mining.mine import Judge


def known_positives(questions: Questions) -> KnownPairs:
    """Rows that hold a query or one of its positives; a query is the same wherever what it holds is."""
    numbers = np.arange(len(questions))
    queries, positives = questions.keys(numbers)
    askers: dict[str, list[int]] = defaultdict(list)
    for number, query in enumerate(queries):
        askers[query].append(number)
    wanted: dict[str, set[str]] = defaultdict(set)
    for query, positive in zip(queries, positives, strict=True):
        wanted[positive].add(query)
        wanted[query].add(query)
    found = rows_of_keys(questions.corpus, wanted)
    pairs = [(number, row) for row, key in found for q in wanted[key] for number in askers[q]]
    query, row = zip(*pairs, strict=True) if pairs else ((), ())
    return KnownPairs(query, row, rows=len(questions.corpus.table))


def judge_by_label(questions: Questions, corpus: TableCorpus, label: str) -> Judge:
    """Rows of a query's label are relevant; a row or query without label is not judged.

    Raises:
        InputError: The queries or the corpus have no such column.
    """
    for table in (questions.table, corpus.table):
        if label not in table.columns:
            raise InputError(f"--label: {table.description} has no column {label!r}; it has {list(table.columns)}")
    asked = questions.values(label)

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
    query, row, score = scored_rows(questions, corpus, qrels, query_id, argument="--qrels")
    pairs = KnownPairs(query[score > 0], row[score > 0], rows=len(corpus))
    known = np.unique(query)

    def judge(queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return np.where(np.isin(queries, known), pairs.holds(queries, rows[:, None])[:, 0].astype(float), np.nan)

    return judge
