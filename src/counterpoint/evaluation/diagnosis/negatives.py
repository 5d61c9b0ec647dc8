"""Which negatives of a batch are none: rows of the anchor's label, duplicates, and rows nearer than the positive."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import cosine
from counterpoint.evaluation.bootstrap import mean_measure
from counterpoint.evaluation.diagnosis.figures import Pairs
from counterpoint.evaluation.diagnosis.finding import Diagnostic, Found, Range, found
from counterpoint.evaluation.diagnosis.subject import Subject

GROUP = "negatives"
SHOWN = 24
SEARCHED = 1024
"""Sampled rows whose equals are looked for among all rows, where there are more rows than the sample."""
SAME = 0.9999
"""Cosine from which two embeddings count as one where the examples themselves are not known."""


def _false_rate(subject: Subject) -> Found:
    """The chance that another row has the anchor's label, from all labels: no row is drawn."""
    if subject.labels_are_positives:
        raise InputError("rows of one label are positives of this objective: none is a false negative")
    if subject.labels is None:
        raise InputError("no labels")
    _, group, count = np.unique(subject.labels, return_inverse=True, return_counts=True)
    share = (count[group] - 1) / (len(group) - 1)
    one = mean_measure("false_negative_rate", share, bootstrap=subject.bootstrap)
    number = one.value * (subject.batch - 1)
    return found(one, f"A batch of {subject.batch} gives an anchor {number:.1f} negatives of its own label.")


def _nearer(subject: Subject) -> Found:
    """Negatives that are as near to the anchor as its own positive."""
    if subject.labels_are_positives:
        raise InputError("positives are all rows of one label")
    first, second = subject.sides
    own = np.einsum("nd,nd->n", first, second)
    share = np.empty(len(first))
    best = [np.empty(0), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)]
    for start in range(0, len(first), cosine.QUERY_BLOCK):
        block = first[start : start + cosine.QUERY_BLOCK] @ second.T
        rows = np.arange(start, start + len(block))
        block[np.arange(len(block)), rows] = -np.inf
        share[rows] = (block >= own[rows, None]).sum(axis=1) / (len(first) - 1)
        nearest = block.argmax(axis=1)
        best = [
            np.concatenate(both)
            for both in zip(best, (block[np.arange(len(block)), nearest], rows, nearest), strict=True)
        ]
    one = mean_measure("nearer_negatives", share, bootstrap=subject.bootstrap)
    worst = np.argsort(-best[0], kind="stable")[:SHOWN]
    rows, others = best[1][worst], best[2][worst]
    figure = Pairs(
        name="false_negatives", title="Negatives nearest to an anchor: are they positives?", side="positives",
        rows=subject.named(subject.chosen[rows]), others=subject.named(subject.chosen[others]),
        similarities=tuple(best[0][worst].tolist()), same_label=_same_label(subject, rows, others),
    )  # fmt: skip
    return found(one, f"{one.value:.2%} of the negatives are as near as the anchor's own positive.", figure)


def _same_label(subject: Subject, rows: np.ndarray, others: np.ndarray) -> tuple[bool, ...]:
    """Whether sampled rows share a label; empty without labels."""
    if subject.labels is None:
        return ()
    label = np.asarray(subject.labels)[subject.chosen]
    return tuple((label[rows] == label[others]).tolist())


def _duplicates(subject: Subject) -> Found:
    """Sampled rows that have an equal among all rows: by the examples where these are known, else by embeddings."""
    if subject.content is not None:
        content = np.asarray(subject.content)
        first, back, count = np.unique(content, return_index=True, return_inverse=True, return_counts=True)[1:]
        twice = count[back] > 1
        later = np.flatnonzero(twice & (first[back] != np.arange(len(content))))[:SHOWN]
        one = mean_measure("duplicates", twice, bootstrap=subject.bootstrap)
        figure = Pairs(
            name="duplicates", title="Rows that hold the same example", rows=subject.named(later),
            others=subject.named(first[back[later]]), similarities=(1.0,) * len(later),
        )  # fmt: skip
        return found(one, f"{one.value:.1%} of the examples are there more than once.", figure)
    places, similarity, other = _nearest_of_all(subject)
    one = mean_measure("duplicates", similarity >= SAME, bootstrap=subject.bootstrap)
    worst = np.argsort(-similarity, kind="stable")[:SHOWN]
    worst = worst[similarity[worst] >= SAME]
    figure = Pairs(
        name="duplicates", title="Rows that are as good as the same",
        rows=subject.named(subject.chosen[places[worst]]), others=subject.named(other[worst]),
        similarities=tuple(similarity[worst].tolist()),
    )  # fmt: skip
    return found(one, f"{one.value:.1%} of the rows have another that is as good as the same.", figure)


def _nearest_of_all(subject: Subject) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sampled rows' nearest other row among all, tile by tile: places in the sample, cosines, places among all."""
    unit, n = subject.varied, len(subject.anchors)
    places = np.arange(len(unit))
    if len(unit) < n:  # every row of the sample meets all rows, so fewer of them do
        places = np.sort(np.random.default_rng(subject.seed).permutation(len(unit))[:SEARCHED])
    best, other = np.full(len(places), -np.inf), np.zeros(len(places), dtype=np.int64)
    for start in range(0, n, cosine.CANDIDATE_BLOCK):
        tile = np.asarray(subject.anchors[start : start + cosine.CANDIDATE_BLOCK])
        cosines = unit[places] @ cosine.unit_rows(tile).T
        own = subject.chosen[places] - start
        inside = (own >= 0) & (own < len(tile))
        cosines[np.flatnonzero(inside), own[inside]] = -np.inf
        nearest = cosines.argmax(axis=1)
        value = cosines[np.arange(len(places)), nearest]
        better = value > best
        best[better], other[better] = value[better], nearest[better] + start
    return places, best, other


MEASURES = (
    Diagnostic(
        name="false_negative_rate", group=GROUP, definition="P(another row has the anchor's label)",
        citation="Chuang et al. 2020, arXiv:2007.00224 (tau+)", compute=_false_rate, healthy=Range(high=0.3),
        fault="false negatives",
        change="Learn from the labels, or keep rows of one label out of a batch (--batches class-disjoint).",
    ),
    Diagnostic(
        name="nearer_negatives", group=GROUP, definition="share of negatives with s_ij >= s_ii, anchor i's positive",
        citation="false-negative candidates after Huynh et al. 2022, arXiv:2011.11765", compute=_nearer,
        healthy=Range(high=0.2, fault_high=0.45), fault="positives not told apart",
        change="Look at the pairs: filter those that are positives, and check the positives of the others.",
    ),
    Diagnostic(
        name="duplicates", group=GROUP, definition="share of rows that another row equals (cosine > 0.9999)",
        citation="Lee et al. 2021, arXiv:2107.06499", compute=_duplicates,
        healthy=Range(high=0.05, fault_high=0.15), fault="duplicated data",
        change="Remove repeated rows, or keep them out of one batch (--batches no-duplicates)."
        " Each is a false negative.",
    ),
)  # fmt: skip
"""Of false negatives."""
