"""Rules by a column: equal names, names in common, near numbers, similar vectors, links from row to row."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import torch
from torch import Tensor

from counterpoint.base.facts import Fact, Form
from counterpoint.pairs import described
from counterpoint.pairs.edges import Edges
from counterpoint.pairs.edges import Linked as LinkedRelation
from counterpoint.pairs.partly import WhereKnown
from counterpoint.pairs.rules.contract import Known, Rule
from counterpoint.pairwise import Relation, SameKey


@dataclass(frozen=True, kw_only=True)
class ByColumn(Rule):
    """What two rows are to each other is read off one column.

    A negative that a row brings along is not described by that row: it is nobody's positive here.

    Attributes:
        column: Its name, or the word by which it is known; ``--column WORD=NAME`` names another.
    """

    form: ClassVar[Form]
    column: str

    @property
    def fact(self) -> Fact:
        """What must be known of every row."""
        return Fact(column=self.column, form=self.form)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The column."""
        return (self.fact,)

    def relation(self, known: Known) -> Relation:
        """Between rows that the column describes."""
        found = self.between(*self.values(known))
        if known.anchors.known is None and known.others.known is None:
            return found
        return WhereKnown(found, known.anchors.is_known(), known.others.is_known())

    def values(self, known: Known) -> tuple[Tensor, Tensor | None]:
        """What is compared: of anchors, and of candidates where they are others."""
        return known.fact(self.fact)

    @abstractmethod
    def between(self, mine: Tensor, theirs: Tensor | None) -> Relation:
        """The relation of anchors and candidates by their values; without the latter, of the former alone."""


@dataclass(frozen=True, kw_only=True)
class Same(ByColumn):
    """Positive are rows of one name: a class, a group, a cluster, a duplicate; see ``SameKey``."""

    form: ClassVar[Form] = Form.NAME
    column: str = "label"

    def between(self, mine: Tensor, theirs: Tensor | None) -> SameKey:
        """Equality."""
        return SameKey(mine, mine if theirs is None else theirs)


@dataclass(frozen=True, kw_only=True)
class Described(ByColumn):
    """A relation by descriptions; the settings of the rule are those of the relation, and checked by it."""

    made: ClassVar[type[described.Described]]

    def __post_init__(self) -> None:
        """Check the settings: the relation refuses what makes no sense."""
        self.between(torch.zeros(1, 1), None)

    def between(self, mine: Tensor, theirs: Tensor | None) -> described.Described:
        """The relation of that name."""
        return self.made(anchors=mine, candidates=theirs, **settings_of(self, "column"))


@dataclass(frozen=True, kw_only=True)
class Overlap(Described):
    """Positive are rows that share names, of several that each may have; see ``pairs.Overlap``."""

    form: ClassVar[Form] = Form.NAMES
    made: ClassVar[type[described.Described]] = described.Overlap
    column: str = "tags"
    least: int = 1
    graded: bool = False


@dataclass(frozen=True, kw_only=True)
class Nearby(Described):
    """Positive are rows within a distance in time or place, dates in seconds; see ``pairs.Nearby``."""

    form: ClassVar[Form] = Form.NUMBERS
    made: ClassVar[type[described.Described]] = described.Nearby
    column: str = "time"
    window: float
    gap: float | None = None


@dataclass(frozen=True, kw_only=True)
class MetadataKernel(Described):
    """Every pair is positive to the degree that a kernel gives its metadata; see ``pairs.MetadataKernel``."""

    form: ClassVar[Form] = Form.VECTOR
    made: ClassVar[type[described.Described]] = described.MetadataKernel
    column: str = "metadata"
    bandwidth: float
    floor: float = 1e-6


@dataclass(frozen=True, kw_only=True)
class Linked(ByColumn):
    """Positive where the anchor's row names the candidate's row: an edge of a graph, by identifiers; see ``Linked``.

    Links go one way; for both, each of two rows names the other.

    Attributes:
        column: Of the links: identifiers of other rows, as many as there are.
        id: The word or column of a row's own identifier.
    """

    form: ClassVar[Form] = Form.LINKS
    column: str = "links"
    id: str = "id"

    @property
    def fact(self) -> Fact:
        """The links, by the numbers of identifiers."""
        return Fact(column=self.column, form=self.form, of=self.id)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Links and identifiers."""
        return (Fact(column=self.id, form=Form.NAME), self.fact)

    def values(self, known: Known) -> tuple[Tensor, Tensor]:
        """Links of anchors, identifiers of candidates."""
        ids, others = known.fact(self.facts[0])
        return known.fact(self.fact)[0], ids if others is None else others

    def between(self, mine: Tensor, theirs: Tensor | None) -> Relation:
        """Links of anchors among identifiers of candidates."""
        assert theirs is not None
        row, place = torch.nonzero(mine >= 0, as_tuple=True)
        # An anchor stands under its own row number, which no other rank asks for; candidates under their identifiers.
        edges = Edges.of(torch.stack([row, mine[row, place]], dim=1))
        return LinkedRelation(edges=edges, anchors=torch.arange(len(mine), device=mine.device), candidates=theirs)


def settings_of(rule: Any, *without: str) -> dict[str, Any]:
    """Fields of a rule that are settings of its relation."""
    return {one.name: getattr(rule, one.name) for one in fields(rule) if one.name not in without}
