"""Prototypes: one learnable row per class or cluster, which an objective compares embeddings with."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True)
class LearnablePrototypes:
    """As many prototypes as the data have classes, or as many as are said.

    Attributes:
        count: Rows K; None takes one per class of the training data. More than there are classes are allowed: the
            others are nobody's.
    """

    count: int | None = None

    def __post_init__(self) -> None:
        if self.count is not None and self.count < 2:
            raise InputError(f"count must be at least 2 prototypes, or None for one per class, got {self.count}")

    def rows(self, classes: int | None) -> int:
        """How many rows there will be.

        Args:
            classes: Of the training data; None where it has no labels.

        Raises:
            InputError: There is nothing to count, or fewer prototypes than classes.
        """
        if self.count is None and classes is None:
            raise InputError("prototypes: count must say how many, as there are no labels to count classes by")
        count = self.count or classes or 0
        if classes is not None and count < classes:
            raise InputError(f"prototypes: count must be at least the {classes} classes of the data, got {count}")
        return count

    def build(self, classes: int | None, dim: int) -> "Prototypes":
        """The module that holds the parameter, with weights from torch's global random state."""
        return Prototypes(self.rows(classes), dim)


class Prototypes(nn.Module):
    """Calling it gives the prototypes `[K, D]`, one parameter.

    They start as independent, uniformly distributed points of the unit sphere, as far from all embeddings as any two
    random directions are. A loss that compares by cosine never sees their length, which only sets how fast they turn:
    the gradient falls as one over it.

    Args:
        count: K.
        dim: D, that of what the objective sees.
    """

    def __init__(self, count: int, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.functional.normalize(torch.randn(count, dim), dim=1))

    def forward(self) -> Tensor:
        """The prototypes."""
        return self.weight
