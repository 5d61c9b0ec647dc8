"""What a recipe names: a function of embeddings without learnable state, of one of a few kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from math import inf
from typing import Any, ClassVar, Self

from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairwise.arrange import at_least_float32
from counterpoint.pairwise.needs import Needs
from counterpoint.pairwise.plan import Budget, Plan
from counterpoint.pairwise.relation import Relation


@dataclass(frozen=True, kw_only=True)
class Loss(ABC):
    """A function of embeddings; one of ``Objective`` (pairs), ``ManyViews``, ``WholeBatch`` and ``SelfLabelled``.

    Attributes:
        cites: Class-level: the paper and its equation.
        needs: Class-level: what there is no loss without.
        joint: Class-level: two views are stacked and compared among themselves (2N x 2N) rather than with each other.
        detached: Class-level: parts of it are constants to the gradient, as the paper has it, so that the gradient is
            not that of the value; it is held to that of the reference alone.
    """

    cites: ClassVar[Citation]
    needs: ClassVar[Needs]
    joint: ClassVar[bool] = False
    detached: ClassVar[bool] = False

    @abstractmethod
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
        """The loss over the global batch, a scalar; what a kind of loss cannot use is refused, never ignored."""

    def having(self, learnable: dict[str, Tensor]) -> Self:
        """The same loss with tensors in place of some of its numbers."""
        return replace(self, **learnable) if learnable else self

    def numbers(self) -> tuple[str, ...]:
        """Names of the fields that hold one real number, hence may be passed as learnable tensors.

        A number that the loss has no gradient in says so: ``field(default=0.05, metadata={"learnable": False})``.
        """
        real = [
            one.name for one in fields(self) if one.type not in (int, "int") and one.metadata.get("learnable", True)
        ]
        values = ((name, getattr(self, name)) for name in real)
        return tuple(
            n for n, value in values if isinstance(value, (int, float, Tensor)) and not isinstance(value, bool)
        )

    def checked_numbers(self, learnable: dict[str, Any]) -> dict[str, Tensor]:
        """What a caller passed in place of numbers, as scalars of float32 or better.

        Raises:
            InputError: There is no such number, it is no tensor of one number, or a temperature is not positive.
        """
        return {name: self._checked_number(name, value) for name, value in learnable.items()}

    def _checked_number(self, name: str, value: Any) -> Tensor:
        kind = type(self).__name__
        if name not in self.numbers():
            raise InputError(f"{kind} has no number {name!r} to learn; it has {list(self.numbers())}")
        if not isinstance(value, Tensor):
            raise InputError(f"{name} must be a tensor to learn; a fixed number is a setting: {kind}({name}={value!r})")
        if value.numel() != 1:
            raise InputError(f"{name} must hold one number, got shape {list(value.shape)}")
        if name == "temperature" and not 0 < float(value.detach()) < inf:
            raise InputError(f"temperature must be a positive number, got {float(value.detach())}")
        return at_least_float32(value).reshape(())
