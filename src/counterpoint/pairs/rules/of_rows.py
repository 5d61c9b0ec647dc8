"""Rules that read a column to change another rule: negatives of one group alone, and positives that count more."""

from __future__ import annotations

from dataclasses import dataclass, field

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact, Form
from counterpoint.pairs.partly import Graded as GradedRelation
from counterpoint.pairs.rules.composed import check_rule
from counterpoint.pairs.rules.contract import Known, Rule, Supervised
from counterpoint.pairs.within import Within as WithinRelation
from counterpoint.pairwise import Relation, SameKey

_PAIR, _GROUP = (Fact(column=one, form=Form.PLACE) for one in ("pair", "group"))


@dataclass(frozen=True, kw_only=True)
class OfRows(Rule):
    """``inner``, changed by a column.

    Attributes:
        inner: Who is positive or negative to whom, to begin with.
        column: The name of the column, or the word by which it is known.
    """

    inner: Rule = field(default_factory=Supervised)
    column: str

    def __post_init__(self) -> None:
        """Check the inner rule."""
        check_rule(self.inner)

    @property
    def guided(self) -> bool:
        """As the inner rule."""
        return self.inner.guided


@dataclass(frozen=True, kw_only=True)
class Within(OfRows):
    """Negatives repel only where anchor and candidate have one name, such as that of a cluster; see ``pairs.Within``.

    Negatives that a row brings along are of its group.
    """

    column: str = "cluster"

    @property
    def fact(self) -> Fact:
        """The groups."""
        return Fact(column=self.column, form=Form.NAME)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Those of the inner rule, and the groups."""
        return tuple(dict.fromkeys((*self.inner.facts, self.fact)))

    def relation(self, known: Known) -> Relation:
        """``pairs.Within``."""
        mine, theirs = known.fact(self.fact)
        return WithinRelation(self.inner.relation(known), mine, mine if theirs is None else theirs)


@dataclass(frozen=True, kw_only=True)
class Graded(OfRows):
    """The positives of a row weigh its grade: a score, a relevance, a teacher's opinion of the pair; 0 is no positive.

    For losses that weigh positives, such as ``SupCon`` and ``SoftTargets``; in a softmax the grade multiplies the
    exponential of the pair as well.
    """

    column: str = "score"

    @property
    def fact(self) -> Fact:
        """The grades."""
        return Fact(column=self.column, form=Form.NUMBERS)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Those of the inner rule, and the grades."""
        return tuple(dict.fromkeys((*self.inner.facts, self.fact)))

    def relation(self, known: Known) -> Relation:
        """``pairs.Graded``.

        Raises:
            InputError: There is not one grade per row, or one is negative.
        """
        grades = known.fact(self.fact)[0]
        if grades.shape[1] != 1:
            raise InputError(f"column {self.column!r}: one grade per row is expected, got {grades.shape[1]}")
        try:
            return GradedRelation(self.inner.relation(known), grades[:, 0].float())
        except InputError as error:
            raise InputError(f"column {self.column!r}: {error}") from error


@dataclass(frozen=True)
class Grouped(Rule):
    """Within the groups of ``Neighbourhood`` batches: anchor and positive attract, and only a group's own rows repel.

    Attributes:
        inner: What else is positive, such as two views of one row; of its negatives those of the group stay.
    """

    inner: Rule = field(default_factory=Supervised)

    def __post_init__(self) -> None:
        """Check the inner rule."""
        check_rule(self.inner)

    @property
    def guided(self) -> bool:
        """As the inner rule."""
        return self.inner.guided

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Those of the inner rule, and what the batches tell."""
        return tuple(dict.fromkeys((*self.inner.facts, _PAIR, _GROUP)))

    def relation(self, known: Known) -> Relation:
        """``pairs.Within`` of the inner relation, or the pair."""
        (mine, theirs), (group, others) = known.fact(_PAIR), known.fact(_GROUP)
        inner = self.inner.relation(known) | SameKey(mine, mine if theirs is None else theirs)
        return WithinRelation(inner, group, group if others is None else others)
