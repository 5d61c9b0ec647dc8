"""What is mined from which files, as a value."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from counterpoint.base.checks import check_not_negative
from counterpoint.base.errors import InputError
from counterpoint.retrieval.checks import at_least
from counterpoint.retrieval.mining import Plan
from counterpoint.retrieval.mining.parts import PART_ROWS


class Index(StrEnum):
    """How the corpus is searched."""

    EXACT = "exact"
    FLAT = "flat"
    IVF = "ivf"
    HNSW = "hnsw"


@dataclass(frozen=True, kw_only=True)
class MiningJob:
    """What is mined.

    Attributes:
        run: Run folder of the model that searches.
        corpus: File, folder or ``set:NAME`` of texts.
        queries: File, folder or ``set:NAME`` of pairs.
        plan: How many, from which ranks, and how they are chosen.
        columns: Pairs (role, column) of the queries.
        corpus_column: Column of the corpus to search, when it is not the one found by name.
        id_column: Column of ids of the corpus.
        positives: Pairs that are kept of a query, those whose positives are least similar to it; None keeps all.
        positive_id: Column of the queries with the positive's id, instead of its text.
        margin: Of :class:`Margin`, or None.
        share: Of :class:`Relative`, or None.
        duplicates: Cosine above which one text is a copy of another, or None to keep copies.
        guide: Run folder of a second model, or None.
        guide_margin: What a negative must be less similar than the positive to the guide.
        reranker: ``module:function`` from pairs of texts to scores, or None.
        reranker_scores: File of its scores instead: query_id, doc_id, score, for the ids of ``query_id`` and of the
            corpus; needs ``positive_id``. What it does not score is not taken.
        reranker_margin: What its score of a negative must be below that of the positive.
        index: Exact search, or which index.
        generate: ``module:function`` from query and positive to texts, or None.
        generated: How many of those texts are kept for each query.
        label: Column of queries and corpus by which false negatives are counted, or None.
        qrels: File of judgements by which they are counted instead, or None.
        query_id: Column of the queries that those judgements and scores name.
        part_rows: Queries of a part.
    """

    run: Path
    corpus: str
    queries: str
    plan: Plan = field(default_factory=Plan)
    columns: tuple[tuple[str, str], ...] = ()
    corpus_column: str | None = None
    id_column: str | None = None
    positives: int | None = None
    positive_id: str | None = None
    margin: float | None = None
    share: float | None = None
    duplicates: float | None = 0.999
    guide: Path | None = None
    guide_margin: float = 0.0
    reranker: str | None = None
    reranker_scores: Path | None = None
    reranker_margin: float = 0.0
    index: Index = Index.EXACT
    generate: str | None = None
    generated: int = 1
    label: str | None = None
    qrels: Path | None = None
    query_id: str = "query_id"
    part_rows: int = PART_ROWS

    def __post_init__(self) -> None:
        """Check the numbers that no rule checks before the corpus is embedded.

        Raises:
            InputError: A negative margin, nothing to keep, or a reranker given twice or without ids of positives.
        """
        if self.reranker is not None and self.reranker_scores is not None:
            raise InputError("give a reranker or a file of its scores, not both")
        if self.reranker_scores is not None and self.positive_id is None:
            raise InputError("--reranker-scores name documents by id, the positives too: give --positive-id")
        if self.positives is not None:
            at_least("positives of a query", self.positives, 1)
        check_not_negative("guide margin", self.guide_margin)
        check_not_negative("reranker margin", self.reranker_margin)
        at_least("generated", self.generated, 1)
