"""What is diagnosed: embeddings, what is known of their rows, and the samples that measures share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.diagnosis.finding import About
from counterpoint.evaluation.space import SAMPLE

FEW = 20
"""Fewer rows than these are not judged."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """Embeddings and what belongs to them. Arrays may be memory maps: of large ones a sample of rows is read.

    Attributes:
        anchors: `[N, D]`.
        positives: `[N, D]`, row i belongs to anchor i; None without pairs.
        labels: `[N]` integers or strings.
        labels_are_positives: The objective attracts rows of one label, so that none of them is a false negative.
        two_sides: Anchors and positives are of two kinds or come from two encoders: a modality gap is possible.
        content: `[N]` int64, equal where two rows hold the same example; None where only embeddings are known.
        factors: Further columns `[N]` by name: integers or strings (classes), or floats.
        nuisances: What should not matter, by name, `[N]` numbers: ``length``, ``popularity``.
        projected: `[N, P]` anchors behind the head that training put them through, where the loss compares.
        projected_positives: `[N, P]` positives likewise.
        ids: `[N]` row numbers in the data, for figures; 0 to N - 1 by default.
        against: `[N, E]` another model's embeddings of the anchors.
        temperature: Of the objective; None where it has none.
        batch_size: Rows of a batch; more than there are rows means all.
        sample: Rows that measures of pairs and neighbours look at.
        seed: Of all draws.
        bootstrap: Resamples and level of intervals.
    """

    anchors: np.ndarray
    positives: np.ndarray | None = None
    labels: np.ndarray | None = None
    labels_are_positives: bool = False
    two_sides: bool = False
    content: np.ndarray | None = None
    factors: Mapping[str, np.ndarray] = field(default_factory=dict)
    nuisances: Mapping[str, np.ndarray] = field(default_factory=dict)
    projected: np.ndarray | None = None
    projected_positives: np.ndarray | None = None
    ids: np.ndarray | None = None
    against: np.ndarray | None = None
    temperature: float | None = None
    batch_size: int = 256
    sample: int = SAMPLE
    seed: int = 0
    bootstrap: Bootstrap = field(default_factory=lambda: Bootstrap(resamples=200))

    def __post_init__(self) -> None:
        """Refuse columns of another length: they would belong to other rows.

        Raises:
            InputError: A matrix has not two axes, or lengths differ.
        """
        if np.ndim(self.anchors) != 2:
            raise InputError(f"anchors must have two axes [N, D], got shape {np.shape(self.anchors)}")
        given = {"positives": self.positives, "labels": self.labels, "content": self.content}
        given |= {"projected": self.projected, "projected_positives": self.projected_positives, "ids": self.ids}
        given |= {"against": self.against, **self.factors, **self.nuisances}
        for name, column in given.items():
            if column is not None and len(column) != len(self.anchors):
                raise InputError(f"{name} has {len(column)} rows and anchors has {len(self.anchors)}")
        checks.at_least("sample", self.sample, FEW)

    @property
    def about(self) -> About:
        """What was looked at, in numbers."""
        return About(
            rows=len(self.anchors), looked_at=len(self.chosen), dim=self.anchors.shape[1], seed=self.seed,
            positives=self.positives is not None, temperature=self.temperature, batch_size=self.batch,
            classes=None if self.labels is None else len(np.unique(self.labels)),
        )  # fmt: skip

    @cached_property
    def chosen(self) -> np.ndarray:
        """Ids of the sampled rows, ascending: all rows where there are no more than ``sample``."""
        n = len(self.anchors)
        if n <= self.sample:
            return np.arange(n)
        return np.sort(np.random.default_rng(self.seed).choice(n, self.sample, replace=False))

    @property
    def batch(self) -> int:
        """Rows of a batch that can be drawn from the sample."""
        return min(self.batch_size, len(self.chosen))

    @cached_property
    def rows(self) -> np.ndarray:
        """Sampled anchors as they are, finite.

        Raises:
            InputError: Too few rows, or a number that is not finite.
        """
        return checks.dense("the embeddings", np.asarray(self.anchors[self.chosen]), at_least=FEW)

    @cached_property
    def unit(self) -> np.ndarray:
        """Sampled anchors of length one, float32 or float64."""
        return cosine.unit_rows(self.rows)

    @cached_property
    def varied(self) -> np.ndarray:
        """As ``unit``, not all the same.

        Raises:
            InputError: They are.
        """
        if not self.unit.std(axis=0).max() > 1e-7:
            raise InputError("all embeddings point in one direction")
        return self.unit

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Unit rows of both sides of the sampled positive pairs: given ones, or two rows of one label.

        Raises:
            InputError: There are none, or they are not finite or of two widths.
        """
        if self.positives is None:
            first, second = self.label_pairs
            return self.unit[first], self.unit[second]
        return self.unit, self.sides[1]

    @cached_property
    def sides(self) -> tuple[np.ndarray, np.ndarray]:
        """As ``pairs``, of given pairs only.

        Raises:
            InputError: There are none, or they do not fit.
        """
        if self.positives is None:
            raise InputError("no pairs: the data have no positive column and the run makes no views")
        other = checks.dense("the positives", np.asarray(self.positives[self.chosen]))
        checks.same_shape("the embeddings", self.rows, "the positives", other)
        return self.unit, cosine.unit_rows(other)

    @cached_property
    def classes(self) -> np.ndarray:
        """Labels of the sampled rows.

        Raises:
            InputError: No labels, or a single class.
        """
        if self.labels is None:
            raise InputError("no labels")
        return checks.labels("the labels", np.asarray(self.labels)[self.chosen], len(self.chosen), classes=2)

    @cached_property
    def label_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Places in the sample of each row that is not alone in its class, and of a random other one of that class.

        Raises:
            InputError: No labels, or no class of two rows.
        """
        _, group = np.unique(self.classes, return_inverse=True)
        order = np.lexsort((np.random.default_rng(self.seed).random(len(group)), group))
        size = np.bincount(group)
        start = np.cumsum(size) - size
        place = np.arange(len(group)) - start[group[order]]
        partner = order[start[group[order]] + (place + 1) % size[group[order]]]
        several = size[group[order]] > 1
        if several.sum() < 2:
            raise InputError("no two rows of one label")
        return order[several], partner[several]

    @cached_property
    def scores(self) -> tuple[np.ndarray, np.ndarray]:
        """Cosines of the sampled positive pairs, and of as many random pairs that are none.

        Raises:
            InputError: There are no positive pairs.
        """
        first, second = self.pairs
        rng = np.random.default_rng(self.seed + 1)
        n = len(first)
        i = np.tile(np.arange(n), 4)
        j = (i + rng.integers(1, n, size=len(i))) % n
        if self.labels is not None:
            label = self.classes if self.positives is not None else self.classes[self.label_pairs[0]]
            apart = label[i] != label[j]
            i, j = i[apart], j[apart]
        return cosine.paired(first, second), cosine.paired(first[i], second[j])

    @cached_property
    def compared(self) -> tuple[np.ndarray, np.ndarray]:
        """As ``pairs``, in the space where the loss compares: behind the head, where there is one.

        Raises:
            InputError: There are no pairs, or they are not finite.
        """
        if self.projected is None:
            return self.pairs
        first = cosine.unit_rows(checks.dense("the projected embeddings", np.asarray(self.projected[self.chosen])))
        if self.positives is None:
            a, b = self.label_pairs
            return first[a], first[b]
        if self.projected_positives is None:
            raise InputError("positives are not known behind the head")
        other = np.asarray(self.projected_positives[self.chosen])
        return first, cosine.unit_rows(checks.dense("the projected positives", other))

    def named(self, rows: np.ndarray) -> tuple[int, ...]:
        """Row numbers in the data, of places `[n]` among all anchors."""
        return tuple(int(row) for row in (rows if self.ids is None else self.ids[rows]))

    def known_temperature(self) -> float:
        """The temperature.

        Raises:
            InputError: There is none.
        """
        if self.temperature is None:
            raise InputError("no temperature: the objective has none, or only embeddings are known (--temperature)")
        return self.temperature
