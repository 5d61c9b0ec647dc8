"""Whose embeddings a rule goes by: those of a guide, of the encoder that learns, or a column of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact, Form
from counterpoint.pairs.rules.contract import Known, Side


class Seen(ABC):
    """Embeddings of anchors and candidates that decide; they have no gradient."""

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What must be known of every row; nothing here."""
        return ()

    @property
    def guided(self) -> bool:
        """Whether a guide's embeddings are needed."""
        return False

    @abstractmethod
    def side(self, side: Side) -> Tensor:
        """Embeddings `[n, K]` of one side.

        Raises:
            InputError: There are none.
        """

    def sides(self, known: Known) -> dict[str, Tensor | None]:
        """``anchors`` and ``candidates``, which are None where anchors are compared with each other."""
        theirs = None if known.candidates is None else self.side(known.candidates)
        return {"anchors": self.side(known.anchors), "candidates": theirs}


@dataclass(frozen=True)
class Guide(Seen):
    """The encoder in the recipe's ``guide``, which does not learn; it sees examples as they are, not their views."""

    @property
    def guided(self) -> bool:
        """It is."""
        return True

    def side(self, side: Side) -> Tensor:
        """What the guide made of the rows."""
        if side.guide is None:
            raise InputError("the relation goes by a guide, and the recipe has none: give guide=Saved(folder=...)")
        return side.guide


@dataclass(frozen=True)
class Learner(Seen):
    """The embeddings of the step itself, as they are compared."""

    def side(self, side: Side) -> Tensor:
        """What the encoder made of the rows."""
        return side.embeddings


@dataclass(frozen=True, kw_only=True)
class Vectors(Seen):
    """A column of vectors, such as the embeddings of a teacher.

    Attributes:
        column: Its name, or the word by which it is known.
    """

    column: str = "teacher"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The column."""
        return (Fact(column=self.column, form=Form.VECTOR),)

    def side(self, side: Side) -> Tensor:
        """The vectors of the rows."""
        key = self.facts[0].key
        if key not in side.facts:
            raise InputError(f"the relation reads column {self.column!r}, and the batch was read without it")
        if side.known is not None and not bool(side.known.all()):
            raise InputError(
                f"column {self.column!r} is about rows, and says nothing of the negatives that a row brings along: go "
                "by a guide, rules.Guide(), instead"
            )
        return side.facts[key]
