"""The laws as functions: each raises AssertionError for an objective that breaks it."""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

import torch
from law_cases import Case
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.objectives import WeightedSum
from counterpoint.pairwise import (
    DENSE,
    EachView,
    Given,
    Loss,
    ManyViews,
    Objective,
    Plan,
    SelfLabelled,
    Tile,
    WholeBatch,
)
from counterpoint.pairwise.views import stacked_views

Outcome = dict[str, Tensor] | str
"""Loss and gradients by name, or the message of an InputError."""


@contextmanager
def anchors_without_positives_allowed() -> Iterator[None]:
    """The warning about them is tested elsewhere."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9]+ of [0-9]+ anchors have no positive")
        yield


def outcome(objective: Loss, case: Case, *, plan: Plan | None = None) -> Outcome:
    """Loss and gradients of the embeddings and of every number of the objective, or why there is none."""
    leaves, numbers = _leaves(objective, case)
    try:
        with anchors_without_positives_allowed():
            loss = objective(**leaves, **case.given(), **planned(objective, plan), **numbers)
    except InputError as error:
        return str(error)
    return _with_gradients(loss, leaves | numbers)


def planned(objective: Loss, plan: Plan | None) -> dict[str, Plan | None]:
    """A plan, for a loss that can be computed in more than one way."""
    return {"plan": plan} if isinstance(objective, Objective) else {}


def reference_outcome(objective: Loss, case: Case) -> dict[str, Tensor]:
    """The same from the paper's equation, on all there is and a relation written down in the test."""
    leaves, numbers = _leaves(objective, case)
    whole = objective.having(numbers)
    if isinstance(whole, WholeBatch):
        views = stacked_views(leaves["anchors"], leaves.get("candidates"))
        return _with_gradients(whole.reference(views, case.labels), leaves | numbers)
    if isinstance(whole, SelfLabelled):
        s_NVK = whole.score(stacked_views(leaves["anchors"], None), leaves["candidates"])
        return _with_gradients(whole.reference(s_NVK), leaves | numbers)
    if isinstance(whole, WeightedSum):
        return _sum_of(
            [(weight, reference_outcome(one, case)) for one, weight in zip(whole.losses, whole.weights, strict=True)]
        )
    assert isinstance(whole, Objective)
    return _with_gradients(_pairwise_reference(whole, case, leaves), leaves | numbers)


def _sum_of(parts: list[tuple[float, dict[str, Tensor]]]) -> dict[str, Tensor]:
    """Losses and gradients by name, added up; numbers of the parts are settings of a sum."""
    names = set.intersection(*(set(found) for _, found in parts))
    return {name: torch.stack([weight * found[name] for weight, found in parts]).sum(0) for name in names}


def _pairwise_reference(objective: Objective, case: Case, leaves: dict[str, Tensor]) -> Tensor:
    similarity = objective.similarity
    if isinstance(objective, ManyViews):
        problem = objective.arrange(leaves["anchors"], leaves.get("candidates"), Given())
        found = [
            similarity.scores(similarity.prepare(part.anchors), similarity.prepare_candidates(part.candidates))
            for part in objective.parts(problem)
        ]
        views = math.isqrt(len(found))
        s = torch.stack(found)
        s = s.unflatten(0, (views, views)) if objective.square else s
        same = torch.eye(len(problem.anchors), dtype=torch.bool)
        return objective.reference(s, Tile(positive=same, negative=~same))
    if isinstance(objective, EachView):
        views = stacked_views(leaves["anchors"], leaves.get("candidates")).unbind(1)
        scored = [similarity.scores(similarity.prepare(x), similarity.prepare_candidates(x)) for x in views]
        same = torch.eye(len(views[0]), dtype=torch.bool)
        return objective.reference(torch.stack(scored), Tile(positive=torch.zeros_like(same), negative=~same))
    others = {name: leaves[name] for name in ("negatives",) if name in leaves}
    problem = objective.arrange(leaves["anchors"], leaves.get("candidates"), Given(**case.given(), **others))
    a, b = problem.anchors, problem.candidates
    a, b = (a.T, b.T) if objective.features else (a, b)
    s = similarity.scores(similarity.prepare(a), similarity.prepare_candidates(b))
    return objective.reference(s, case.tile(joint=objective.joint, features=objective.features))


def equals_reference(objective: Loss, case: Case) -> None:
    """Dense equals the paper's equation in value and in every gradient."""
    same(outcome(objective, case, plan=DENSE), reference_outcome(objective, case))


def streams(objective: Objective, case: Case, plan: Plan) -> None:
    """Tiles of any size equal the whole matrix in value and in every gradient, or raise the same error."""
    same(outcome(objective, case, plan=plan), outcome(objective, case, plan=DENSE))


def has_right_gradient(objective: Loss, case: Case, plan: Plan) -> None:
    """The streamed gradient equals finite differences. Targets without gradient are held where they are."""
    leaves, numbers = _leaves(objective, case)
    if isinstance(objective, SelfLabelled):
        objective = with_targets_held(objective, case)
    names = [*leaves, *numbers]

    def loss(*values: Tensor) -> Tensor:
        return objective(**dict(zip(names, values, strict=True)), **case.given(), **planned(objective, plan))

    with anchors_without_positives_allowed():
        # Along random directions: one difference instead of one for every entry.
        assert torch.autograd.gradcheck(loss, (*leaves.values(), *numbers.values()), fast_mode=True)


def with_targets_held(objective: SelfLabelled, case: Case) -> Loss:
    """The same loss with the targets of this case, wherever its rows go."""
    with torch.no_grad():
        s_NVK = objective.score(stacked_views(case.anchors, None), case.candidates)
        held = objective.targets(objective.labelled(s_NVK))
    kind = type(objective)
    settings = {field.name: getattr(objective, field.name) for field in fields(objective) if field.init}
    return type(f"Held{kind.__name__}", (kind,), {"targets": lambda self, s_NVK: held})(**settings)


def every_number_matters(objective: Loss, every: list[Case]) -> None:
    """A number of the objective that changes nothing in any kind of call is not one."""
    found = [outcome(objective, case) for case in every]
    for name in objective.numbers():
        effects = [one[name].abs() > 1e-9 for one in found if not isinstance(one, str)]
        assert any(effects), f"{name} of {objective} has no effect on the loss"


def finite(found: Outcome) -> None:
    """A number or a clear error, never NaN or infinity."""
    if isinstance(found, str):
        return
    for name, value in found.items():
        assert torch.isfinite(value).all(), f"{name} is not finite: {value}"


def same(found: Outcome, expected: Outcome, *, rtol: float = 1e-9, atol: float = 1e-11) -> None:
    """Equal losses and gradients, name by name, or equal messages."""
    if isinstance(found, str) or isinstance(expected, str):
        assert found == expected
        return
    assert found.keys() == expected.keys()
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name], rtol=rtol, atol=atol, msg=lambda m, name=name: f"{name}: {m}")


def close(found: dict[str, Tensor], expected: dict[str, Tensor], *, relative: float) -> None:
    """Equal up to ``relative`` times the largest entry of each loss or gradient (at least 1 for the loss)."""
    assert found.keys() == expected.keys()
    for name, value in found.items():
        scale = max(expected[name].abs().max().item(), 1.0 if name == "loss" else 1e-3)
        error = (value.double() - expected[name]).abs().max().item()
        assert error <= relative * scale, f"{name} is off by {error / scale:.2e} of its size, allowed {relative:.0e}"


def _leaves(objective: Loss, case: Case) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    embeddings = {name: value.clone().requires_grad_() for name, value in case.embeddings().items()}
    numbers = {
        name: torch.tensor(float(getattr(objective, name)), dtype=torch.float64, requires_grad=True)
        for name in objective.numbers()
    }
    return embeddings, numbers


def _with_gradients(loss: Tensor, leaves: dict[str, Tensor]) -> dict[str, Tensor]:
    assert loss.shape == (), f"a loss is a scalar, got shape {list(loss.shape)}"
    gradients = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
    return {"loss": loss.detach(), **dict(zip(leaves, gradients, strict=True))}
