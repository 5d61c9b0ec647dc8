"""Roles: which column is what, and the sentence that tells the user so."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data.fact_columns import FactColumns
from counterpoint.data.table import Table, listed


class Supervision(StrEnum):
    """What says which examples belong together."""

    VIEWS = "views"
    LABELS = "labels"
    PAIRS = "pairs"
    SCORES = "scores"


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Which columns of a table hold what.

    Attributes:
        anchor: The column of the example itself; several numeric columns are stacked into one vector.
        positives: Columns of what belongs to the anchor (each a value, or a list of values, per row).
        negatives: Columns of what does not, likewise.
        label: Column of the class.
        score: Column of the graded similarity of anchor and positive.
        group: Column of rows that must stay on one side of a split.
        facts: Columns of what else is to be known of every row, such as a time or a cluster.
        kind: What the anchor is.
        other_kind: What positives and negatives are; None without them.
    """

    anchor: tuple[str, ...]
    positives: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()
    label: str | None = None
    score: str | None = None
    group: str | None = None
    facts: tuple[FactColumns, ...] = ()
    kind: Kind
    other_kind: Kind | None = None

    def __post_init__(self) -> None:
        """Check what must go together.

        Raises:
            InputError: No anchor, stacked columns that are no vectors, negatives without positives, or a score
                without exactly one positive.
        """
        if not self.anchor:
            raise InputError("no anchor column: every table needs one")
        if len(self.anchor) > 1 and self.kind is not Kind.VECTOR:
            raise InputError(f"several anchor columns can only be numbers of a vector, not {self.kind}: {self.anchor}")
        if self.negatives and not self.positives:
            raise InputError(f"negatives {listed(self.negatives)} without a positive column")
        if self.score is not None and len(self.positives) != 1:
            raise InputError(f"the score {self.score!r} needs exactly one positive column, found {len(self.positives)}")

    @property
    def supervision(self) -> Supervision:
        """The strongest of what the columns offer: scores, then pairs, then labels, else only views."""
        if self.score is not None:
            return Supervision.SCORES
        if self.positives:
            return Supervision.PAIRS
        return Supervision.VIEWS if self.label is None else Supervision.LABELS

    @property
    def used(self) -> tuple[str, ...]:
        """All columns that are read for training."""
        extra = tuple(name for name in (self.label, self.score) if name is not None)
        facts = (name for one in self.facts for name in one.columns)
        return tuple(dict.fromkeys((*self.anchor, *self.positives, *self.negatives, *extra, *facts)))

    def describe(self, table: Table) -> str:
        """What is told to the user before training: the role of every column, and the columns left out."""
        lines = [f"{table.description}: {len(table):,} rows. Anchor: {_column_phrase(self.anchor, self.kind)}."]
        other = self.other_kind or self.kind
        if self.positives:
            second = "Compared with" if self.score is not None else "Positive"
            lines.append(f"{second}: {_column_phrase(self.positives, other)}.")
        if self.negatives:
            lines.append(f"Negative: {_column_phrase(self.negatives, other)}.")
        if self.score is not None:
            lines.append(f"Score: column {self.score!r}.")
        if self.label is not None:
            lines.append(f"Class: column {self.label!r}.")
        lines.append(_SUPERVISION[self.supervision])
        if self.facts:
            lines.append(f"The relation of the recipe reads {', '.join(one.phrase() for one in self.facts)}.")
        if self.group is not None:
            lines.append(f"Kept together in a split: rows of equal {self.group!r}.")
        unused = [name for name in table.columns if name not in (*self.used, self.group)]
        if unused:
            lines.append(f"Not used: {listed(unused)}.")
        return " ".join((*lines, *(f"{note}." for note in table.notes)))


_SUPERVISION = {
    Supervision.VIEWS: "No labels or pairs: two random views of an example are positives of each other.",
    Supervision.LABELS: "Examples of one class are positives of each other.",
    Supervision.PAIRS: "Each anchor is pulled to its own positives.",
    Supervision.SCORES: "Similarities are fitted to the scores.",
}

_PLURAL = {Kind.TEXT: "text", Kind.IMAGE: "images", Kind.VECTOR: "vectors"}


def _column_phrase(columns: Sequence[str], kind: Kind) -> str:
    if len(columns) == 1:
        return f"{_PLURAL[kind]} from column {columns[0]!r}"
    return f"{_PLURAL[kind]} from the {len(columns)} columns {listed(columns, 4)}"
