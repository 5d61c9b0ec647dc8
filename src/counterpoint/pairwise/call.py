"""One call of a loss: its arguments checked on every rank before any of them goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from counterpoint.pairwise.agreement import Together, agree
from counterpoint.pairwise.arrange import Problem
from counterpoint.pairwise.plan import Budget, Plan
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.weights import check_weights

if TYPE_CHECKING:
    from counterpoint.pairwise.loss import Loss


@dataclass(frozen=True, eq=False)
class Call:
    """What every rank has agreed to.

    Attributes:
        problem: What is compared.
        together: The ranks.
        numbers: Numbers of the loss that were passed as tensors.
        plan: As passed.
    """

    problem: Problem
    together: Together
    numbers: dict[str, Tensor]
    plan: Plan | Budget | None


def agreed(
    loss: Loss,
    anchors: Tensor,
    arrange: Callable[[], Problem],
    *,
    weights: Tensor | None,
    plan: Plan | Budget | None,
    learnable: dict[str, Tensor],
) -> Call:
    """The call, after all ranks have checked theirs.

    Args:
        loss: What is called.
        anchors: As passed, unchecked.
        arrange: Makes the problem.
        weights: `[N]` or None.
        plan: As passed.
        learnable: Numbers passed as tensors, unchecked.

    Raises:
        InputError: An argument does not fit, on this rank or another, or ranks make different calls.
    """
    ranks, numbers = Ranks.current(), dict[str, Tensor]()

    def make() -> Problem:
        numbers.update(loss.checked_numbers(learnable))
        problem = arrange()
        check_weights(weights, anchors.shape[0])
        return problem

    weighing = "no weights" if weights is None else "weights"
    words = f"{loss!r}, learning {sorted(learnable)}, {weighing}, {plan}" if ranks.size > 1 else ""
    problem, together = agree(ranks, words, make)
    return Call(problem, together, numbers, plan)
