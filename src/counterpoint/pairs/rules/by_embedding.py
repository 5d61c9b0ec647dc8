"""Rules by embeddings: similar rows, and which negatives or positives of another rule stay, or count how much.

The settings of every rule are those of the relation of the same name in :mod:`counterpoint.pairs`, and checked by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch

from counterpoint.base.facts import Fact
from counterpoint.pairs import described, doubt, filters, mining
from counterpoint.pairs.guided import Guided
from counterpoint.pairs.rules.by_column import settings_of
from counterpoint.pairs.rules.composed import check_rule
from counterpoint.pairs.rules.contract import Known, Rule, Supervised
from counterpoint.pairs.rules.seen import Guide, Seen
from counterpoint.pairwise import Relation, SameKey


@dataclass(frozen=True, kw_only=True)
class ByEmbedding(Rule):
    """What two rows are to each other depends on how similar somebody finds them.

    Attributes:
        by: Who.
    """

    by: Seen = field(default_factory=Guide)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The column of embeddings, if they are one."""
        return self.by.facts

    @property
    def guided(self) -> bool:
        """Whether it goes by a guide."""
        return self.by.guided


@dataclass(frozen=True, kw_only=True)
class Similar(ByEmbedding):
    """Positive are rows of a cosine from ``threshold`` on; ``rule.sparing(Similar(...))`` filters by threshold."""

    threshold: float
    graded: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        one = torch.ones(1, 1)
        described.Similar(anchors=one, **settings_of(self, "by"))

    def relation(self, known: Known) -> Relation:
        """``pairs.Similar``."""
        return described.Similar(**self.by.sides(known), **settings_of(self, "by"))  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, kw_only=True)
class OfGuided(ByEmbedding):
    """Another rule's relation, of which embeddings decide what takes part, or how much.

    Attributes:
        inner: Who is positive or negative to whom, to begin with.
    """

    made: ClassVar[type[Guided]]
    inner: Rule = field(default_factory=Supervised)

    def __post_init__(self) -> None:
        """Check the settings: the relation refuses what makes no sense."""
        check_rule(self.inner)
        zero, one = torch.zeros(1, dtype=torch.int64), torch.ones(1, 1)
        self.made(inner=SameKey(zero, zero), anchors=one, candidates=one, **settings_of(self, "by", "inner"))

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Those of the inner rule, and the column of embeddings."""
        return tuple(dict.fromkeys((*self.inner.facts, *self.by.facts)))

    @property
    def guided(self) -> bool:
        """Whether this or the inner rule goes by a guide."""
        return self.by.guided or self.inner.guided

    def relation(self, known: Known) -> Relation:
        """The relation of that name."""
        inner = self.inner.relation(known)
        return self.made(inner=inner, **self.by.sides(known), **settings_of(self, "by", "inner"))  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, kw_only=True)
class BelowPositive(OfGuided):
    """Negatives as similar to the anchor as its positive, or nearly, are left out; see ``pairs.BelowPositive``."""

    made: ClassVar[type[Guided]] = filters.BelowPositive
    margin: float = 0.0
    relative: bool = False


@dataclass(frozen=True, kw_only=True)
class HardestOnly(OfGuided):
    """Only the k most similar negatives stay; see ``pairs.HardestOnly``."""

    made: ClassVar[type[Guided]] = filters.HardestOnly
    k: int


@dataclass(frozen=True, kw_only=True)
class Doubted(OfGuided):
    """The more similar a negative, the less it repels; see ``pairs.Doubted``."""

    made: ClassVar[type[Guided]] = doubt.Doubted
    softness: float = 0.05
    threshold: float | None = None
    margin: float = 0.0


@dataclass(frozen=True, kw_only=True)
class HardestPositives(OfGuided):
    """Only the k least similar positives stay; see ``pairs.HardestPositives``."""

    made: ClassVar[type[Guided]] = mining.HardestPositives
    k: int = 1


@dataclass(frozen=True, kw_only=True)
class EasiestPositives(OfGuided):
    """Only the k most similar positives stay; see ``pairs.EasiestPositives``."""

    made: ClassVar[type[Guided]] = mining.EasiestPositives
    k: int = 1


@dataclass(frozen=True, kw_only=True)
class SemiHardNegatives(OfGuided):
    """The k most similar negatives less similar than the positive stay; see ``pairs.SemiHardNegatives``."""

    made: ClassVar[type[Guided]] = mining.SemiHardNegatives
    k: int = 1
    stand_in: bool = True


@dataclass(frozen=True, kw_only=True)
class NearestNeighbours(OfGuided):
    """Of the negatives the k most similar become positives; see ``pairs.NearestNeighbours``."""

    made: ClassVar[type[Guided]] = mining.NearestNeighbours
    k: int = 1
