"""The engine on objectives made for the test: what the shipped ones happen not to use, and its memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import (
    DENSE,
    Dot,
    Needs,
    Objective,
    Plan,
    SameKey,
    Similarity,
    Term,
    Tile,
    cols,
    rows,
)

TILED = Plan(rows=2, cols=3)


@dataclass(frozen=True, kw_only=True)
class Mixed(Objective):
    """Columns restricted to positives (some have none), a count of them, and a number that only the head uses."""

    needs: ClassVar[Needs] = Needs.NOTHING
    scale: float = 2.0
    only_counts: bool = False

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        yield cols.count(rel.positive, like=s_NM)
        if not self.only_counts:
            yield cols.lse(s_NM, where=rel.positive)
            yield rows.sum(s_NM**2)

    def head(self, *statistics: Tensor) -> Tensor:
        count_M, *rest = statistics
        loss = self.scale * count_M.sum()
        if rest:
            lse_M, squares_N = rest
            loss = loss + (self.scale * lse_M[count_M > 0]).sum() + squares_N.mean()
        return loss

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        raise NotImplementedError


def gradients(objective, plan, **more):
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(n, 2, generator=g, dtype=torch.float64).requires_grad_() for n in (4, 5))
    scale = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    relation = SameKey(torch.arange(4), torch.tensor([0, 1, 1, -1, -1]))
    loss = objective(a, b, relation=relation, plan=plan, scale=scale, **more)
    return loss, *torch.autograd.grad(loss, (a, b, scale), materialize_grads=True)


@pytest.mark.parametrize("objective", [Mixed(), Mixed(only_counts=True), Mixed(similarity=Dot())], ids=str)
def test_tiled_equals_dense(objective):
    for found, expected in zip(gradients(objective, TILED), gradients(objective, DENSE), strict=True):
        torch.testing.assert_close(found, expected)


def test_numbers_are_those_fields_that_are_one():
    assert Mixed().numbers() == ("scale",)
    assert Mixed().having({"scale": torch.tensor(3.0)}).numbers() == ("scale",)
    assert Mixed().having({}) == Mixed()


def test_similarity_is_asked_for_rows_once_and_for_pairs_by_tile():
    calls = []

    class Spy(Similarity):
        def prepare(self, x_ND):
            calls.append(("prepare", len(x_ND)))
            return x_ND

        def scores(self, a_nD, b_mD):
            calls.append(("scores", len(a_nD), len(b_mD)))
            return a_nD @ b_mD.T

    InfoNCE(similarity=Spy())(torch.eye(4), torch.eye(4), plan=TILED)
    assert calls[:2] == [("prepare", 4), ("prepare", 4)]
    assert calls[2:] == [("scores", n, m) for n in (2, 2) for m in (3, 1)]


@pytest.mark.parametrize("objective", [InfoNCE(), Mixed()], ids=["closed", "tile by tile"])
def test_a_second_derivative_is_refused_on_tiles(objective):
    a = torch.eye(4, requires_grad=True)
    with pytest.raises(InputError, match="plan=DENSE"):
        torch.autograd.grad(objective(a, torch.eye(4), plan=TILED), a, create_graph=True)
    (first,) = torch.autograd.grad(objective(a, torch.eye(4), plan=DENSE), a, create_graph=True)
    first.square().sum().backward()
    assert a.grad is not None


def most_bytes(action) -> int:
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        action()
    results = record.profiler.kineto_results
    assert results is not None
    live = most = 0
    for event in sorted((e for e in results.events() if e.name() == "[memory]"), key=lambda e: e.start_ns()):
        live += event.nbytes()
        most = max(most, live)
    return most


def test_four_thousand_rows_stay_far_below_one_matrix():
    """InfoNCE by its own plan holds less than half of N x M x 4 bytes, where autograd on the whole holds five."""
    n = 4096
    a, b = (torch.randn(n, 16, requires_grad=True) for _ in range(2))
    most = most_bytes(lambda: InfoNCE()(a, b).backward())
    assert 0 < most < n * n * 4 / 2, f"{most:,} bytes"
