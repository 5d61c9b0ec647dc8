"""What is predicted is what is measured, and a budget is kept: bytes by the allocator's own records."""

import pytest
import torch
from law_budget_ranks import BUDGET, CALLS, call, rows, work
from law_cases import finished_classes, labels_of, pairwise_classes

from counterpoint.base.errors import InputError
from counterpoint.experiments.peak import peak_bytes
from counterpoint.pairwise import Budget, EachView, ManyViews, Needs, Objective, Streams, explain
from counterpoint.pairwise.decide import Path, closed_form
from counterpoint.pairwise.terms import Reduction
from processes import together

CLOSED, OTHERS = 1.5, 2.5
"""How many times as much as measured may be predicted; less may not."""

SHARES = (None, 0.6, 3.0)
"""Budgets, in peaks of the call without one."""

CALLED = (((300, 64), None), ((1200, 24), 0.6))
"""Sizes N, D and budgets."""


def measured(objective: Objective, n: int, d: int, budget: int | None, *, labels: bool = False) -> int:
    a, b = (x.requires_grad_() for x in rows(n, d))
    given: dict[str, object] = {"plan": None if budget is None else Budget(budget)}
    if Needs.SCORES in objective.needs:
        given["scores"] = torch.linspace(0, 1, n)
    if labels or objective.prototypes:
        given["labels"] = torch.arange(n) // (2 if labels else objective.per_class)
    return peak_bytes(lambda: objective(a, None if labels else b, **given).backward())


def check(objective: Objective, n: int, d: int, share: float | None, *, labels: bool = False) -> None:
    m = 0 if labels else None
    budget = None if share is None else int(share * explain(objective, n, m, d).peak_bytes)
    said = explain(objective, n, m, d, budget=budget)
    found = measured(objective, n, d, budget, labels=labels)
    most = CLOSED if said.path is Path.CLOSED else OTHERS
    assert found <= said.peak_bytes <= most * found, f"{said.path}: predicted {said.peak_bytes:,}, measured {found:,}"
    assert budget is None or said.peak_bytes <= budget


def sums_alone(objective: Objective) -> bool:
    """Sums over equal keys and nothing else take O((N + M) D), and where pairs are known still less than predicted."""
    requests = closed_form(objective, plain=True)
    return requests is not None and all(
        one.bent is None and one.reduction in (Reduction.SUM, Reduction.COUNT) for one in requests
    )


def predicted() -> list[object]:
    """Losses of one matrix that is not held whole: what holds it refuses large ones instead."""
    kinds = [
        one for one in pairwise_classes() if not issubclass(one, (ManyViews, EachView)) and one.__name__ != "Pearson"
    ]
    return [pytest.param(one(), id=labels_of(one())) for one in kinds if one.streams is not Streams.WHOLE]


@pytest.mark.parametrize(("size", "share"), CALLED, ids=str)
@pytest.mark.parametrize("objective", predicted())
def test_predicted_bytes_are_those_measured(objective, size, share):
    n, d = (24, size[0]) if objective.features else size
    # What is made of embeddings before scored pairs are compared is not counted.
    d = 4 if Needs.SCORES in objective.needs else d
    # Where scores are values to be met, pairs are not compared with each other: N errors in place of N x N.
    if sums_alone(objective) or getattr(objective, "absolute", False):
        assert measured(objective, n, d, None) <= explain(objective, n, None, d).peak_bytes
        return
    check(objective, n, d, share)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("name", ["CLIP", "NTXent", "SigLIP", "SmoothAP", "BatchHardTriplet"])
def test_rows_among_themselves(name, share):
    (objective,) = (one() for one in finished_classes() if one.__name__ == name)
    check(objective, 1000, 32, share, labels=True)


@pytest.mark.parametrize("name", ["CLIP", "NTXent", "SigLIP", "SmoothAP"])
def test_the_least_that_would_do_does(name):
    (objective,) = (one() for one in finished_classes() if one.__name__ == name)
    with pytest.raises(InputError, match=r"budget: 1,000 bytes are too few for N = \d+, M = \d+, D = 64") as refused:
        measured(objective, 60, 64, 1000)
    least = int(str(refused.value).split()[-2].replace(",", ""))
    assert measured(objective, 60, 64, least) <= least
    with pytest.raises(InputError, match="budget"):
        measured(objective, 60, 64, least - 1)


def test_ranks_keep_a_budget_each():
    """Two processes with uneven shares: value, averaged gradient, bytes; other or tiny budgets are errors on both."""
    first, second = together(work, 2)
    for name in CALLS:
        loss, ga, gb = call(name, *rows(), None)
        for found in (first, second):
            torch.testing.assert_close(found[name][0], loss)
            assert found[f"{name} peak"] <= BUDGET
        for k, whole in ((1, ga), (2, gb)):
            torch.testing.assert_close(torch.cat([first[name][k], second[name][k]]) / 2, whole, rtol=1e-4, atol=1e-6)
    assert all("one call" in found["other budgets"] for found in (first, second))
    assert all("too few" in found["tiny budget"] for found in (first, second))
