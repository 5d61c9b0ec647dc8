"""Is it any good? The trained model, the same model before training and the raw input, on the same held-out data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from counterpoint.base.content import Content, Kind
from counterpoint.data import Batch, Examples, Supervision
from counterpoint.encoders import Encoder, Role
from counterpoint.evaluation import (
    Embeddings,
    Measure,
    evaluate_labels,
    evaluate_pairs,
    evaluate_scores,
    fit_pixels,
    fit_tfidf,
    fit_vectors,
)

LIMIT = 20_000
"""Rows of each side that are judged; a larger set is sampled, with a fixed seed."""

CHECKED_ROWS = 256
"""Rows decoded at once where only their being readable is of interest."""


@dataclass(frozen=True)
class System:
    """Something that embeds both sides of an example.

    Attributes:
        name: What tables call it.
        encode: Embeddings `[N, D]` of examples of which none asks and none answers.
        encode_query: Embeddings of the anchors of pairs.
        encode_document: Embeddings of what they are compared with.
        is_model: It is what was trained, rather than what it is compared with.
    """

    name: str
    encode: Callable[[Content], Embeddings]
    encode_query: Callable[[Content], Embeddings]
    encode_document: Callable[[Content], Embeddings]
    is_model: bool = False


@dataclass(frozen=True)
class Comparison:
    """One measure of several systems on the same examples.

    Attributes:
        measure: What was measured.
        greater_is_better: Whether a larger value is a better system.
        rows: One per system, in the order given.
    """

    measure: str
    greater_is_better: bool
    rows: tuple["SystemMeasure", ...]


@dataclass(frozen=True)
class SystemMeasure:
    """One system's value and interval."""

    system: str
    value: float
    low: float
    high: float
    is_model: bool


def model_system(name: str, encoders: tuple[Encoder, Encoder], *, is_model: bool) -> System:
    """A pair of encoders as a system; texts get the prompts that they had in training."""
    first, other = encoders
    return System(
        name,
        first.encode,
        lambda content: first.encode(content, role=Role.QUERY),
        lambda content: other.encode(content, role=Role.DOCUMENT),
        is_model,
    )


def raw_system(train: Batch, kind: Kind) -> System:
    """The input itself: pixels, TF-IDF weights fitted on the training texts, or standardised vectors."""
    fit = {Kind.IMAGE: fit_pixels, Kind.TEXT: fit_tfidf, Kind.VECTOR: fit_vectors}[kind]
    name = {Kind.IMAGE: "pixels", Kind.TEXT: "TF-IDF", Kind.VECTOR: "raw vectors"}[kind]
    texts = train.anchor if train.positives is None or kind is not Kind.TEXT else [*train.anchor, *train.positives]
    encode = fit(texts)
    return System(name, encode, encode, encode)


def collect(examples: Examples, *, limit: int = LIMIT) -> Batch:
    """All rows, or a fixed sample of ``limit`` of them, in one batch."""
    return examples.batch(_judged_rows(examples, limit))


def check_held_out(examples: Examples, *, limit: int = LIMIT) -> None:
    """Read what will be judged once before training, so that a bad row is known then and not after hours.

    Raises:
        InputError: More rows cannot be used than allowed.
    """
    rows = _judged_rows(examples, limit)
    for start in range(0, len(rows), CHECKED_ROWS):
        examples.batch(rows[start : start + CHECKED_ROWS])


def _judged_rows(examples: Examples, limit: int) -> np.ndarray:
    rows = np.arange(len(examples))
    return rows if len(rows) <= limit else np.sort(np.random.default_rng(0).choice(rows, limit, replace=False))


def judge(systems: Iterable[System], train: Batch, test: Batch, supervision: Supervision) -> list[Comparison]:
    """What the columns allow: kNN, probe and clustering for labels, correlation for scores, retrieval for pairs.

    Args:
        systems: What to compare, in the order of the table.
        train: Examples that a classifier may learn from.
        test: Examples that are judged.
        supervision: What the columns say; views alone have nothing to judge by.

    Returns:
        One entry per measure; none where there is nothing to judge by (:func:`why_not_judged`).
    """
    systems = list(systems)
    if lacking(train, test, supervision) is not None:
        return []
    found = [_measures(system, train, test, supervision) for system in systems]
    return [
        Comparison(
            measures[0].name,
            measures[0].greater_is_better,
            tuple(
                SystemMeasure(system.name, m.value, m.low, m.high, system.is_model)
                for system, m in zip(systems, measures, strict=True)
            ),
        )
        for measures in zip(*found, strict=True)
    ]


def lacking(train: Batch, test: Batch, supervision: Supervision) -> str | None:
    """What these held-out examples lack to be judged; None when there is enough."""
    classes, scores = min(_classes(train), _classes(test)), 0 if test.score is None else len(test.score.unique())
    return why_not_judged(supervision, rows=len(test), classes=classes, scores=scores)


def why_not_judged(supervision: Supervision, *, rows: int, classes: int, scores: int) -> str | None:
    """What held-out data lack to be judged; None when there is enough.

    Args:
        supervision: What the columns say.
        rows: Held-out rows.
        classes: Different labels, of the training or of the held-out rows, whichever are fewer.
        scores: Different scores of held-out rows.
    """
    match supervision:
        case Supervision.LABELS if classes < 2:
            return "two classes, both in training and held out"
        case Supervision.SCORES if rows < 3 or scores < 2:
            return f"three scored pairs that are not all alike ({rows} pairs with {scores} different scores)"
        case Supervision.PAIRS if rows < 2:
            return "two pairs"
    return None


def _classes(batch: Batch) -> int:
    return 0 if batch.label is None else len(batch.label.unique())


def _measures(system: System, train: Batch, test: Batch, supervision: Supervision) -> list[Measure]:
    if supervision is Supervision.LABELS:
        assert train.label is not None
        assert test.label is not None
        return evaluate_labels(
            system.encode(train.anchor), train.label.numpy(), system.encode(test.anchor), test.label.numpy()
        )
    if supervision is Supervision.SCORES:
        assert test.positives is not None
        assert test.score is not None
        return evaluate_scores(system.encode(test.anchor), system.encode(test.positives), test.score.numpy())
    if supervision is Supervision.PAIRS:
        assert test.positives is not None
        assert test.positive_owner is not None
        return evaluate_pairs(
            system.encode_query(test.anchor), system.encode_document(test.positives), owners=test.positive_owner.numpy()
        )
    return []
