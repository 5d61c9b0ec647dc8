"""What can be judged on a table of examples, beyond the standard measures of its supervision."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse

from counterpoint.base.content import Content, Kind, kind_of, take
from counterpoint.data import Batch, Examples
from counterpoint.evaluation import (
    Embeddings,
    Measure,
    bitext,
    out_of_distribution,
    preference,
    prompt_ensemble,
    reranking,
)
from counterpoint.evaluation import zero_shot as zero_shot_measures
from counterpoint.experiments.judge import System, classes_of, measures_of, why_not_judged
from counterpoint.experiments.protocols.counting import recounted
from counterpoint.experiments.protocols.prompts import TEMPLATES, filled, no_words
from counterpoint.experiments.protocols.task import LeftOut, Task

KINDS = ("type", "kind")
"""Columns that say what was changed in a negative."""


@dataclass(frozen=True)
class Judged:
    """A table that is judged, read.

    Attributes:
        examples: The table with its roles.
        train: Examples to learn from.
        test: Examples that are judged.
        reads_text: Whether the model embeds texts, of either side.
        templates: Prompts with ``{}`` for the class; none for the usual ones.
        outside: Other data, for out-of-distribution detection.
        class_names: What label numbers mean, where the table does not say.
    """

    examples: Examples
    train: Batch
    test: Batch
    reads_text: bool
    templates: Sequence[str] = ()
    outside: Content | None = None
    class_names: Sequence[str] = ()

    @property
    def names(self) -> Sequence[str]:
        """Words for the classes, in the order of their numbers."""
        found = self.examples.label_names
        if len(self.class_names) == len(found) and no_words(found):
            return [self.class_names[int(name)] for name in found]
        return found


def table_tasks(data: Judged) -> list[Task | LeftOut]:
    """Every protocol of tables, applicable or with the reason why it is not."""
    return [
        _standard(data),
        _task("zero-shot", _no_zero_shot(data), partial(_zero_shot, data)),
        _task("bitext", _no_bitext(data), partial(_bitext, data)),
        _task("reranking", _no_negatives(data), partial(_reranking, data)),
        _task("compositional", _no_negatives(data, one=True), partial(_compositional, data)),
        _counting(data),
        _task("ood", None if data.outside is not None else "no other data: name some with --ood", partial(_ood, data)),
    ]


def _task(name: str, reason: str | None, measure: Callable[[System], list[Measure]]) -> Task | LeftOut:
    return Task(name, measure) if reason is None else LeftOut(name, reason)


def _standard(data: Judged) -> Task | LeftOut:
    supervision = data.examples.roles.supervision
    scores = 0 if data.test.score is None else len(data.test.score.unique())
    classes = min(classes_of(data.train), classes_of(data.test))
    lacks = why_not_judged(supervision, rows=len(data.test), classes=classes, scores=scores)
    reason = None if lacks is None else f"these are needed: {lacks}"
    if data.train.label is None and data.test.label is not None and reason is not None:
        reason += "; name labelled examples for kNN and the probe to learn from with --reference"
    return _task("standard", reason, lambda system: measures_of(system, data.train, data.test, supervision))


def _no_zero_shot(data: Judged) -> str | None:
    if data.test.label is None:
        return "no column of labels"
    if not data.reads_text:
        return "the model embeds no text, so that class names cannot be asked for"
    return no_words(data.names)


def _zero_shot(data: Judged, system: System) -> list[Measure]:
    assert data.test.label is not None
    templates = data.templates or TEMPLATES[kind_of(data.test.anchor)]
    classes = prompt_ensemble([system.encode_document(prompts) for prompts in filled(templates, data.names)])
    return zero_shot_measures(system.encode_query(data.test.anchor), classes, data.test.label.numpy())


def _one_each(owner: object, rows: int) -> bool:
    return owner is not None and np.array_equal(np.asarray(owner), np.arange(rows))


def _no_bitext(data: Judged) -> str | None:
    roles = data.examples.roles
    if not roles.positives or roles.score is not None or {roles.kind, roles.other_kind} != {Kind.TEXT}:
        return "no pairs of texts"
    if not _one_each(data.test.positive_owner, len(data.test)):
        return "a text has several partners"
    return None if len(data.test) > 1 else "two pairs are needed"


def _bitext(data: Judged, system: System) -> list[Measure]:
    assert data.test.positives is not None
    return bitext(system.encode_query(data.test.anchor), system.encode_document(data.test.positives))


def _no_negatives(data: Judged, *, one: bool = False) -> str | None:
    if data.test.negatives is None or data.test.positives is None:
        return "no columns of positives and negatives"
    owners = (data.test.positive_owner, data.test.negative_owner)
    if one and not all(_one_each(owner, len(data.test)) for owner in owners):
        return "not one positive and one negative in every row"
    return None


def _reranking(data: Judged, system: System) -> list[Measure]:
    test = data.test
    assert test.positives is not None
    assert test.negatives is not None
    sides = [system.encode_document(one) for one in (test.positives, test.negatives)]
    owners = np.concatenate([np.asarray(test.positive_owner), np.asarray(test.negative_owner)])
    grades = np.repeat([1.0, 0.0], [one.shape[0] for one in sides])
    return reranking(system.encode_query(test.anchor), _stacked(sides), owners, grades)


def _stacked(sides: Sequence[Embeddings]) -> Embeddings:
    return sparse.vstack(sides).tocsr() if sparse.issparse(sides[0]) else np.concatenate(sides)


def _compositional(data: Judged, system: System) -> list[Measure]:
    test = data.test
    assert test.positives is not None
    assert test.negatives is not None
    table = data.examples.table
    column = next((name for name in KINDS if name in table.columns), None)
    kinds = None if column is None else [str(one) for one in table.take(test.rows, [column])[column]]
    right, wrong = (system.encode_document(one) for one in (test.positives, test.negatives))
    return preference(system.encode_query(test.anchor), right, wrong, kinds)


def _counting(data: Judged) -> Task | LeftOut:
    roles = data.examples.roles
    if (
        roles.other_kind is not Kind.TEXT
        or roles.score is not None
        or not _one_each(data.test.positive_owner, len(data.test))
    ):
        return LeftOut("counting", "no column with one caption for each example")
    captions = [str(one) for one in data.test.positives or ()]
    changed = [recounted(one) for one in captions]
    rows = [row for row, one in enumerate(changed) if one is not None]
    if len(rows) < 2:
        return LeftOut("counting", f"{len(rows)} captions name a number from two to ten in English; two are needed")

    def measure(system: System) -> list[Measure]:
        right, wrong = [captions[row] for row in rows], [changed[row] or "" for row in rows]
        anchors = system.encode_query(take(data.test.anchor, rows))
        return preference(anchors, system.encode_document(right), system.encode_document(wrong), name="counting")

    return Task("counting", measure)


def _ood(data: Judged, system: System) -> list[Measure]:
    assert data.outside is not None
    labels = None if data.train.label is None else data.train.label.numpy()
    known, inside, outside = (system.encode(one) for one in (data.train.anchor, data.test.anchor, data.outside))
    return out_of_distribution(known, inside, outside, labels)
