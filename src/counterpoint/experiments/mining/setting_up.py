"""From a job to rules, spaces and searches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from counterpoint.base.extras import require
from counterpoint.encoders import Role
from counterpoint.experiments.corpus import TableCorpus, encode_with, model_fingerprint
from counterpoint.experiments.mining.job import Index, MiningJob
from counterpoint.experiments.mining.known import judge_by_label, judge_by_qrels, known_positives
from counterpoint.experiments.mining.questions import Questions
from counterpoint.experiments.mining.scored_rows import scored_rows
from counterpoint.experiments.mining.user_function import user_function
from counterpoint.retrieval import embed, search
from counterpoint.retrieval.ann import KINDS, AnnIndex
from counterpoint.retrieval.mining import (
    ExcludeDuplicates,
    ExcludeKnown,
    ExcludeUnscored,
    Margin,
    PairScorer,
    Relative,
    Rule,
    ScoredPairs,
    ScorerMargin,
    Space,
)
from counterpoint.retrieval.mining.mine import Judge
from counterpoint.retrieval.recall import Recall, Search, measured_recall

RECALL_QUERIES = 200


def check_early(job: MiningJob) -> None:
    """What can be refused before anything is embedded.

    Raises:
        InputError: A margin, share or threshold out of range, or a function that is not there.
        MissingExtraError: The index needs faiss.
    """
    _margins(job)
    _reranker(job)
    if job.duplicates is not None:
        ExcludeDuplicates(np.empty((0, 1)), job.duplicates)
    if job.generate is not None:
        user_function(job.generate, argument="--generate")
    if job.index is not Index.EXACT:
        require("faiss", extra="ann", purpose=f"--index {job.index}")


def space_of(run: Path, questions: Questions, corpus: TableCorpus, vectors: Path) -> Space:
    """Embed the corpus with a run, or go on with that; queries and positives are embedded when asked for."""
    document, query = encode_with(run), encode_with(run, role=Role.QUERY)
    store = embed(corpus, document, vectors, model=model_fingerprint(run))
    return Space(
        queries=lambda numbers: query(questions.queries(numbers)),
        positives=lambda numbers: document(questions.positives(numbers)),
        corpus=store.vectors,
    )


def search_of(job: MiningJob, space: Space, questions: Questions) -> tuple[Search, Recall | None]:
    """The search, and the measured recall at the last rank of one that is approximate."""
    if job.index is Index.EXACT:
        return lambda queries, k: search(queries, space.corpus, k), None
    index = AnnIndex(space.corpus, KINDS[job.index])
    n = len(questions)
    sample = np.sort(np.random.default_rng(job.plan.seed).permutation(n)[:RECALL_QUERIES])
    return index, measured_recall(index, space.queries(sample), space.corpus, job.plan.window.last)


def rules_of(
    job: MiningJob, space: Space, questions: Questions, corpus: TableCorpus, guide: Path, *, told: ScoredPairs | None
) -> list[Rule]:
    """All rules of a job, the cheap ones first.

    Args:
        job: Says which.
        space: Of the model that searches.
        questions: Queries and positives.
        corpus: What is mined from.
        guide: Folder for the guide's vectors.
        told: What a reranker said before, from :func:`scores_of`.
    """
    rules: list[Rule] = [ExcludeKnown(known_positives(questions)), *_margins(job)]
    if job.duplicates is not None:
        rules.append(ExcludeDuplicates(space.corpus, job.duplicates))
    if told is not None:
        rules += [ExcludeUnscored(told), ScorerMargin(told, job.reranker_margin, name="reranker")]
    if job.guide is not None:
        rules.append(ScorerMargin(space_of(job.guide, questions, corpus, guide), job.guide_margin))
    if (score := _reranker(job)) is not None:
        scorer = PairScorer(score, questions.queries, questions.positives, questions.corpus.content)
        rules.append(ScorerMargin(scorer, job.reranker_margin, name="reranker"))
    return rules


def scores_of(job: MiningJob, questions: Questions, corpus: TableCorpus) -> ScoredPairs | None:
    """A reranker's scores from a file, if there is one."""
    if job.reranker_scores is None:
        return None
    assert questions.positive_rows is not None, "the job asks for ids of positives"
    argument = "--reranker-scores"
    query, row, score = scored_rows(questions, corpus, job.reranker_scores, job.query_id, argument=argument)
    return ScoredPairs(query, row, score, positives=questions.positive_rows)


def judge_of(job: MiningJob, questions: Questions, corpus: TableCorpus) -> Judge | None:
    """Who counts false negatives, if anybody can."""
    if job.qrels is not None:
        return judge_by_qrels(questions, corpus, job.qrels, job.query_id)
    return None if job.label is None else judge_by_label(questions, corpus, job.label)


def _margins(job: MiningJob) -> list[Rule]:
    rules: list[Rule] = []
    if job.margin is not None:
        rules.append(Margin(job.margin))
    if job.share is not None:
        rules.append(Relative(job.share))
    return rules


def _reranker(job: MiningJob) -> Callable[..., Any] | None:
    return None if job.reranker is None else user_function(job.reranker, argument="--reranker")
