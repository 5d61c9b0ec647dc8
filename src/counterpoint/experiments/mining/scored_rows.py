"""A file of query_id, doc_id and score as numbers: judgements, or what a reranker said."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data import open_table
from counterpoint.experiments.corpus import TableCorpus
from counterpoint.experiments.mining.lookup import rows_of_ids
from counterpoint.experiments.mining.questions import Questions

_COLUMNS = ("query_id", "doc_id", "score")


def scored_rows(
    questions: Questions, corpus: TableCorpus, file: Path, query_id: str, *, argument: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Query number, row of the corpus and score of every line about one of the queries, each `[E]`.

    A query that has several positives, and so several numbers, gets a line of the file once for each.

    Args:
        questions: The queries.
        corpus: Whose rows are scored, by id.
        file: What to read.
        query_id: Column of the queries that holds their ids.
        argument: What the file was given as, for messages.

    Raises:
        InputError: A column is missing, a score is no number, an id is not in the corpus, or no line is about a query.
    """
    table = open_table(file)
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            f"{argument}: {table.description} must have the columns {', '.join(_COLUMNS)}, lacks {missing[0]}"
        )
    if query_id not in questions.table.columns:
        raise InputError(
            f"{argument} needs the ids of queries: {questions.table.description} has no column {query_id!r}"
        )
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(questions.values(query_id)):
        numbers[str(name)].append(number)
    held = table.take(np.arange(len(table)), _COLUMNS)
    lines = [
        (numbers[str(query)], str(document), _number(score, argument))
        for query, document, score in zip(*(held[name] for name in _COLUMNS), strict=True)
        if str(query) in numbers
    ]
    if not lines:
        raise InputError(f"{argument}: {table.description} names none of the queries; are {query_id!r} its ids?")
    row_of = rows_of_ids(corpus, {document for _, document, _ in lines}, argument=argument)
    each = [(number, row_of[document], score) for asked, document, score in lines for number in asked]
    query, row, score = (np.array(column) for column in zip(*each, strict=True))
    return query, row, score


def _number(score: object, argument: str) -> float:
    try:
        return float(str(score))
    except ValueError as error:
        raise InputError(f"{argument}: a score must be a number, found {score!r}") from error
