"""Sums of losses, so that a recipe can name one."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_finite
from counterpoint.objectives.spread import Alignment, Uniformity
from counterpoint.pairwise import Budget, Loss, Needs, Plan, Relation


@dataclass(frozen=True, kw_only=True)
class WeightedSum(Loss):
    """A weighted sum of losses, by default alignment plus uniformity.

    Formula: ``sum_k w_k L_k``, every ``L_k`` of the same arguments. What one of the losses cannot use is refused, as it
    is by that loss alone.

    What it needs is what its losses need, and views are stacked if they are for one of them: a relation is then
    `[2N, 2N]`, on the stack. Numbers of its losses cannot be passed as tensors at the call, as two losses may have one
    of the same name; they are settings.

    Shapes: those that every loss takes.

    Attributes:
        losses: The losses, one at least.
        weights: As many numbers.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> both = WeightedSum(losses=(Alignment(), Uniformity()), weights=(3.0, 0.5))
        >>> parts = 3 * Alignment()(z, z.flip(0)) + 0.5 * Uniformity()(z, z.flip(0))
        >>> torch.equal(both(z, z.flip(0)), parts)
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Wang and Isola",
        "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere",
        2020,
        "arXiv:2005.10242",
        "Section 5, the sum of both losses",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    joint: ClassVar[bool] = True
    losses: tuple[Loss, ...] = (Alignment(), Uniformity())
    weights: tuple[float, ...] = (1.0, 1.0)

    def __post_init__(self) -> None:
        """Check the settings, and find out what the losses need."""
        losses = self.losses
        if not losses or not all(isinstance(one, Loss) for one in losses):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(f"losses must be one or more losses, got {losses!r}")
        if len(self.weights) != len(losses):
            raise InputError(f"weights must be {len(losses)} numbers, one for each loss, got {self.weights!r}")
        for weight in self.weights:
            check_finite("weights", weight)
        # What the class says of its default is said of each instance: both depend on the losses.
        needs = Needs.NOTHING
        for one in losses:
            needs |= one.needs
        object.__setattr__(self, "needs", needs)
        object.__setattr__(self, "joint", any(one.joint for one in losses))

    def __call__(
        self,
        anchors: Tensor,
        candidates: Tensor | None = None,
        *,
        labels: Tensor | None = None,
        scores: Tensor | None = None,
        relation: Relation | None = None,
        negatives: Tensor | None = None,
        weights: Tensor | None = None,
        plan: Plan | Budget | None = None,
        **learnable: Tensor,
    ) -> Tensor:
        """The sum over the global batch, a scalar.

        Args:
            anchors: As for every one of the losses, and so on below.
            candidates: The other side.
            labels: int `[N]`.
            scores: `[N]`.
            relation: Who is positive to whom.
            negatives: Nobody's positives.
            weights: `[N]`, of anchors.
            plan: How to compute each of them.
            **learnable: Refused.

        Raises:
            InputError: As any of the losses, or a number is passed as a tensor.
        """
        self.checked_numbers(learnable)
        found = [
            weight
            * one(
                anchors,
                candidates,
                labels=labels,
                scores=scores,
                relation=relation,
                negatives=negatives,
                weights=weights,
                plan=plan,
            )
            for weight, one in zip(self.weights, self.losses, strict=True)
        ]
        return torch.stack(found).sum()
