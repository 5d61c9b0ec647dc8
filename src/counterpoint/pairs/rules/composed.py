"""Rules made of rules; each is the relation of the same name between the relations of its parts."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact
from counterpoint.pairs.rules.contract import Known, Rule
from counterpoint.pairwise import Relation


@dataclass(frozen=True)
class Pair(Rule):
    """Two rules about the same rows.

    Attributes:
        first: One.
        second: The other.

    Raises:
        InputError: One is no rule.
    """

    first: Rule
    second: Rule

    def __post_init__(self) -> None:
        """Check the parts."""
        check_rule(self.first)
        check_rule(self.second)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Those of both."""
        return tuple(dict.fromkeys((*self.first.facts, *self.second.facts)))

    @property
    def guided(self) -> bool:
        """Whether either is."""
        return self.first.guided or self.second.guided

    def relation(self, known: Known) -> Relation:
        """Of the relations of both."""
        return self.join(self.first.relation(known), self.second.relation(known))

    @abstractmethod
    def join(self, first: Relation, second: Relation) -> Relation:
        """One relation of two."""


class Either(Pair):
    """``a | b``: positive where either is, negative where both are."""

    def join(self, first: Relation, second: Relation) -> Relation:
        """``first | second``."""
        return first | second


class Both(Pair):
    """``a & b``: positive where both are, negative where either is."""

    def join(self, first: Relation, second: Relation) -> Relation:
        """``first & second``."""
        return first & second


class Restricted(Pair):
    """``a * b``: as ``a`` where ``b`` compares too; weights are multiplied."""

    def join(self, first: Relation, second: Relation) -> Relation:
        """``first * second``."""
        return first * second


class Sparing(Pair):
    """``a.sparing(b)``: as ``a`` without negatives that ``b`` calls positive."""

    def join(self, first: Relation, second: Relation) -> Relation:
        """``first.sparing(second)``."""
        return first.sparing(second)


@dataclass(frozen=True)
class OfOne(Rule):
    """A rule made of another one.

    Attributes:
        inner: Who is positive or negative to whom, to begin with.

    Raises:
        InputError: It is no rule.
    """

    inner: Rule

    def __post_init__(self) -> None:
        """Check the inner rule."""
        check_rule(self.inner)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Those of the inner rule."""
        return self.inner.facts

    @property
    def guided(self) -> bool:
        """As the inner rule."""
        return self.inner.guided


class Opposite(OfOne):
    """``~a``: its positives repel and its negatives attract."""

    def relation(self, known: Known) -> Relation:
        """``~inner``."""
        return ~self.inner.relation(known)


@dataclass(frozen=True)
class Scaled(OfOne):
    """``factor * a``: every pair weighs so many times what it did.

    Attributes:
        factor: Positive and finite.
    """

    factor: float

    def __post_init__(self) -> None:
        """Check the parts."""
        check_rule(self.inner)
        if not 0 < self.factor < float("inf"):
            raise InputError(f"a rule can be multiplied by a positive, finite number, got {self.factor}")

    def relation(self, known: Known) -> Relation:
        """``factor * inner``."""
        return self.factor * self.inner.relation(known)


def check_rule(one: object) -> None:
    """Refuse what is no rule.

    Raises:
        InputError: It is something else, such as the relation of the same name.
    """
    if not isinstance(one, Rule):
        hint = "; in a recipe a relation is said by counterpoint.pairs.rules" if isinstance(one, Relation) else ""
        raise InputError(f"a rule is expected, such as rules.Supervised(), got {type(one).__name__}{hint}")
