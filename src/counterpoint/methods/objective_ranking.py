"""Objectives of the catalogue as rankings of items: a batch's users against its items, told apart by a relation."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.methods.item_ranking import ItemRanking, Known, Triples
from counterpoint.pairs import Edges, Linked
from counterpoint.pairwise import Cosine, Dot, EachView, Loss, Needs, Objective, Relation, SameKey, Tile

_OTHERS = Needs.SCORES | Needs.VIEWS | Needs.LABELS
"""Needs that a relation cannot fill."""


@dataclass(frozen=True, kw_only=True)
class ObjectiveRanking(ItemRanking):
    """Any objective that a relation tells who belongs to whom; see :func:`ranks_items`.

    B triples are B anchors, the users `[B, D]`, and M candidates, the distinct items that they took or that were drawn
    `[M, D]`. Of anchor b, the item of its triple is positive; other items that its user is known to have taken take no
    part; all else is negative, what was drawn for it among it. So every anchor has one positive and a negative.

    Attributes:
        objective: Whose similarity is the cosine or the dot product; items are ranked by it after training, too.

    Raises:
        InputError: The objective cannot be used so.
    """

    objective: Objective
    by_cosine: bool = field(init=False)

    def __post_init__(self) -> None:
        """Check the objective."""
        if not ranks_items(self.objective):
            name = type(self.objective).__name__
            raise InputError(
                f"objective must tell by cosine or dot product, as a relation says, a user's items from others, and "
                f"{name} does not"
            )
        object.__setattr__(self, "by_cosine", isinstance(self.objective.similarity, Cosine))

    def loss(self, users: Tensor, items: Tensor, triples: Triples, known: Known) -> Tensor:
        """The objective of one batch; a triple's own item is positive, be it known or not."""
        rows, taken, drawn = triples
        candidates = torch.cat([taken, drawn]).unique()
        anchors = users.index_select(0, rows), items.index_select(0, candidates)
        return self.objective(*anchors, relation=_relation(rows, taken, candidates, known()))


def _relation(rows: Tensor, taken: Tensor, candidates: Tensor, known: Tensor) -> Relation:
    suspects = Linked(edges=Edges.of(known), anchors=rows, candidates=candidates)
    return SameKey(taken, candidates).sparing(suspects)


def ranks_items(loss: Loss) -> bool:
    """Whether the loss can rank: it compares rows with other rows as a relation says, and pulls the right way.

    That is asked of it: it must be smaller where a positive scores more than the negatives than where it scores less,
    be it the positive that moves or the negatives. Alignment, which knows no negatives, does not rank, nor does a
    bound on information, which is made small to tell two sides apart.
    """
    if not isinstance(loss, Objective) or isinstance(loss, EachView) or loss.needs & _OTHERS:
        return False
    if loss.features or loss.prototypes or loss.joint or not isinstance(loss.similarity, Cosine | Dot):
        return False
    by_positive = _at(loss, positive=0.8, negative=0.4) < _at(loss, positive=0.0, negative=0.4)
    return by_positive and _at(loss, positive=0.4, negative=0.0) < _at(loss, positive=0.4, negative=0.8)


def _at(objective: Objective, *, positive: float, negative: float) -> float:
    """The value where every one of four anchors has one positive and five negatives, all alike."""
    own = torch.eye(4, 6, dtype=torch.bool)
    score = torch.where(own, torch.tensor(positive, dtype=torch.float64), negative)
    return float(objective.reference(score, Tile(own)))
