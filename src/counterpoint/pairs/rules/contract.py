"""The contract of rules: what is known of the rows of a batch, and who belongs to whom as a setting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact
from counterpoint.pairwise import Relation


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """The rows on one side of a comparison.

    Attributes:
        embeddings: `[n, D]`, those that learn, without gradient.
        facts: Tensors of n rows, by ``Fact.key``.
        guide: `[n, K]`, embeddings of the guide; None without one.
        known: bool `[n]`, whether the facts are about this row: of a negative that a row of the table brings along
            nothing is known. None where all are.
    """

    embeddings: Tensor
    facts: Mapping[str, Tensor]
    guide: Tensor | None = None
    known: Tensor | None = None

    def __len__(self) -> int:
        """Rows."""
        return len(self.embeddings)

    def then(self, other: Side) -> Side:
        """The rows of this side, then those of the other, which may have fewer facts."""
        masks = [one.is_known() for one in (self, other)]
        seen = [one.guide for one in (self, other) if one.guide is not None]
        return Side(
            embeddings=torch.cat([self.embeddings, other.embeddings]),
            facts={key: torch.cat([self.facts[key], one]) for key, one in other.facts.items()},
            guide=torch.cat(seen) if len(seen) == 2 else None,
            known=None if self.known is None and other.known is None else torch.cat(masks),
        )

    def is_known(self) -> Tensor:
        """Bool `[n]`, true without flags."""
        if self.known is not None:
            return self.known
        return torch.ones(len(self), dtype=torch.bool, device=self.embeddings.device)


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """What is known of a batch.

    Attributes:
        supervised: What the supervision of the recipe says: views of one example, rows of one label, a row and its own
            positives.
        anchors: N rows.
        candidates: M rows; None where the anchors are compared with each other.
    """

    supervised: Relation
    anchors: Side
    candidates: Side | None = None

    @property
    def others(self) -> Side:
        """The candidates, or the anchors again."""
        return self.anchors if self.candidates is None else self.candidates

    def fact(self, fact: Fact) -> tuple[Tensor, Tensor | None]:
        """A fact of anchors, and of candidates where they are others.

        Raises:
            InputError: The batch does not have it.
        """
        if fact.key not in self.anchors.facts:
            raise InputError(f"the relation reads column {fact.column!r}, and the batch was read without it")
        return self.anchors.facts[fact.key], None if self.candidates is None else self.candidates.facts.get(fact.key)


class Rule(ABC):
    """Who belongs to whom, said without a batch: a frozen dataclass of plain values, and a relation for every batch.

    Rules compose as relations do: ``|``, ``&``, ``~``, ``*`` (with a rule or a positive number), ``sparing``.
    """

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What must be known of every row; nothing here."""
        return ()

    @property
    def guided(self) -> bool:
        """Whether a guide's embeddings are needed."""
        return False

    @abstractmethod
    def relation(self, known: Known) -> Relation:
        """The relation of a batch.

        Raises:
            InputError: What is known of the batch does not fit.
        """

    # What composes rules derives from this class, and so is imported when it is used.
    def __or__(self, other: Rule) -> Rule:
        """Positive where either is."""
        from counterpoint.pairs.rules.composed import Either

        return Either(self, other)

    def __and__(self, other: Rule) -> Rule:
        """Positive where both are."""
        from counterpoint.pairs.rules.composed import Both

        return Both(self, other)

    def __invert__(self) -> Rule:
        """Positives and negatives change places."""
        from counterpoint.pairs.rules.composed import Opposite

        return Opposite(self)

    def __mul__(self, other: Rule | float) -> Rule:
        """This rule where the other compares too; or so many times its weights."""
        from counterpoint.pairs.rules.composed import Restricted, Scaled

        return Scaled(self, float(other)) if isinstance(other, int | float) else Restricted(self, other)

    def __rmul__(self, factor: float) -> Rule:
        """So many times its weights."""
        return self * factor

    def sparing(self, suspects: Rule) -> Rule:
        """This rule without negatives that ``suspects`` calls positive."""
        from counterpoint.pairs.rules.composed import Sparing

        return Sparing(self, suspects)


@dataclass(frozen=True)
class Supervised(Rule):
    """What the supervision of the recipe says, as if there were no rule: views, labels, or pairs."""

    def relation(self, known: Known) -> Relation:
        """As the method knows it."""
        return known.supervised
