"""One mining from files to files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.base.files import write_json
from counterpoint.experiments.corpus import TableCorpus, corpus_source
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.mining.job import MiningJob
from counterpoint.experiments.mining.questions import Questions, open_questions
from counterpoint.experiments.mining.setting_up import check_early, judge_of, rules_of, scores_of, search_of, space_of
from counterpoint.experiments.mining.user_function import user_function
from counterpoint.retrieval import fingerprint_path
from counterpoint.retrieval.embed import Progress, unheard
from counterpoint.retrieval.fingerprint import fingerprint_values
from counterpoint.retrieval.mining import MiningReport, Space, Tally, hardest_positives, mine, write_parts

REPORT = "mining.json"


def mine_files(job: MiningJob, out: Path, *, progress: Progress = unheard) -> MiningReport:
    """Mine negatives into a folder that ``train`` reads, or go on with what a killed run has left there.

    The folder gets ``part-00000.parquet`` and so on with columns query, positive, negative_1 and so on (null where
    rules left too few), ``mining.json``, and below ``vectors`` the embedded corpus.

    Raises:
        InputError: Columns, ids, numbers or models that do not fit; a folder with another mining.
        MissingExtraError: An index without faiss.
        StorageError: Writing failed; finished parts are whole.
    """
    check_early(job)
    runs = [job.run] if job.guide is None else [job.run, job.guide]
    models = [fingerprint_path(_checked_model(run)) for run in runs]
    corpus = TableCorpus(corpus_source(job.run, job.corpus, column=job.corpus_column, id_column=job.id_column))
    job.plan.check_corpus(len(corpus))
    questions = open_questions(job.queries, corpus, columns=job.columns, positive_id=job.positive_id)
    # All queries are read for this, so an empty one is known before the corpus is embedded.
    settings = fingerprint_values(
        [_settings(job), corpus.fingerprint, *models, *_digests(questions), *_told(job, questions)]
    )
    judge, told = judge_of(job, questions, corpus), scores_of(job, questions, corpus)
    space = space_of(job.run, questions, corpus, out / "vectors")
    rules = rules_of(job, space, questions, corpus, out / "guide", told=told)
    search, recall = search_of(job, space, questions)
    generated = _generator(job, questions)
    asked = _asked(job, space, questions)

    def part(start: int, stop: int) -> tuple[pa.Table, Tally]:
        numbers = asked[start:stop]
        found = mine(space, search, numbers, job.plan, rules, judge=judge)
        return _table(questions, numbers, found.rows, generated), found.tally

    tally = write_parts(out, part, rows=len(asked), settings=settings, part_rows=job.part_rows, progress=progress)
    report = MiningReport(tally, recall, easier=len(questions) - len(asked))
    write_json(out / REPORT, report.plain())
    return report


def _table(
    questions: Questions,
    numbers: np.ndarray,
    rows: np.ndarray,
    generated: Callable[[Any, Any], list[Any]],
) -> pa.Table:
    queries, positives = questions.query.cells(numbers), questions.positive.cells(questions.positive_at(numbers))
    found = iter(questions.corpus.cells(rows[rows >= 0]))
    mined = [[next(found) if row >= 0 else None for row in near] for near in rows.tolist()]
    made = [generated(query, positive) for query, positive in zip(queries, positives, strict=True)]
    columns = [queries, positives, *map(list, zip(*mined, strict=True)), *map(list, zip(*made, strict=True))]
    names = ["query", "positive", *(f"negative_{number}" for number in range(1, len(columns) - 1))]
    types = [questions.query.stored, *[questions.corpus.stored] * (len(columns) - 1)]
    return pa.table([pa.array(one, kind) for one, kind in zip(columns, types, strict=True)], names=names)


def _generator(job: MiningJob, questions: Questions) -> Callable[[Any, Any], list[Any]]:
    """The user's function with its result checked and brought to one length."""
    if job.generate is None:
        return lambda query, positive: []
    if questions.corpus.kind is not Kind.TEXT:
        raise InputError(f"--generate writes texts, and the positives are {questions.corpus.kind}s")
    function = user_function(job.generate, argument="--generate")

    def generated(query: Any, positive: str) -> list[Any]:
        texts = function(query, positive)
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise InputError(f"--generate {job.generate} must give a list of texts, got {texts!r} for {query!r}")
        kept: list[Any] = [text for text in texts if text.strip() and text != positive][: job.generated]
        return kept + [None] * (job.generated - len(kept))

    return generated


def _asked(job: MiningJob, space: Space, questions: Questions) -> np.ndarray:
    """Numbers of the pairs that are mined for."""
    if job.positives is None:
        return np.arange(len(questions))
    return hardest_positives(space, questions.groups(), job.positives)


def _checked_model(run: Path) -> Path:
    folder = RunFolder(run)
    folder.encoders()
    return folder.model


def _settings(job: MiningJob) -> str:
    """All that decides the result but where files are; their content is told apart by digests."""
    return repr(replace(job, run=Path(), corpus="", queries="", guide=None, qrels=None, reranker_scores=None))


def _told(job: MiningJob, questions: Questions) -> list[str]:
    """Digests of files about pairs and of the columns they are read by; labels of the corpus are in its own."""
    files = {"qrels": job.qrels, "scores": job.reranker_scores}
    digests = {name: None if file is None else fingerprint_path(file) for name, file in files.items()}
    columns = [*([job.query_id] if any(digests.values()) else []), *([] if job.label is None else [job.label])]
    given = [list(map(str, questions.values(name))) for name in columns if name in questions.table.columns]
    return [fingerprint_values([given, digests])]


def _digests(questions: Questions) -> list[str]:
    """Digests of queries and positives, 4096 at a time."""
    starts = range(0, len(questions), 4096)
    blocks = (np.arange(start, min(start + 4096, len(questions))) for start in starts)
    return [fingerprint_values(list(questions.keys(rows))) for rows in blocks]
