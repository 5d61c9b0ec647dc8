"""What a pair construction hands to an objective: rows, and what they are to each other."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.pairwise import Objective, Relation


@dataclass(frozen=True, eq=False)
class Pairs:
    """Everything that an objective is called with.

    Attributes:
        anchors: `[N, D]`.
        candidates: `[M, D]`.
        relation: `[N, M]`, who is positive and negative to whom.
        weights: `[N]`, how much each anchor counts; None when all count the same.
    """

    anchors: Tensor
    candidates: Tensor
    relation: Relation
    weights: Tensor | None = None

    def under(self, objective: Objective, **more: Any) -> Tensor:
        """The objective's loss of these pairs, a scalar.

        Args:
            objective: One of anchors and candidates; none that stacks both sides.
            **more: A plan, or learnable numbers.

        Raises:
            InputError: The objective stacks both sides.
        """
        if objective.joint:
            name = type(objective).__name__
            raise InputError(
                f"{name} stacks anchors and candidates; these pairs need one that does not, such as InfoNCE"
            )
        given = {"relation": self.relation, "weights": self.weights}
        return objective(self.anchors, self.candidates, **given, **more)
