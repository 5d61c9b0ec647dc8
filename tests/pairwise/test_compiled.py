"""Compiled tiles: equal to the dense matrix, really compiled, a few versions for all shapes, and said where not had."""

import shutil
import warnings
from dataclasses import dataclass, replace

import pytest
import torch
from law_cases import cases, labels_of
from law_checks import outcome, same

from counterpoint.base.errors import InputError
from counterpoint.objectives import Circle, InfoNCE, SmoothAP
from counterpoint.pairwise import (
    DENSE,
    STAGE,
    Given,
    Needs,
    NegativeEuclidean,
    Objective,
    Plan,
    Weighted,
    cols,
    compilable,
    compiled,
    explain,
    rows,
)  # fmt: skip
from counterpoint.pairwise.decide import Case, Path, decide
from counterpoint.pairwise.footprints import Sizes

PLAN = Plan(rows=4, cols=6, compiled=True)


@dataclass(frozen=True, kw_only=True)
class Own(Objective):
    """A term of a user's own."""

    needs = Needs.POSITIVES
    sharpness: float = 2.0

    def terms(self, s_NM, rel):
        yield rows.sum(torch.tanh(self.sharpness * s_NM) ** 2, where=rel.negative)

    def head(self, found_N):
        return found_N.mean()

    def reference(self, s_NM, rel, /):
        return torch.where(rel.negative, torch.tanh(self.sharpness * s_NM) ** 2, 0.0).sum(1).mean()


class Staged(Own):
    """A stage of nothing but a count, one of the largest, and one that reads both, over columns."""

    def terms(self, s_NM, rel):
        yield rows.count(rel.negative, like=s_NM)
        (count,) = yield STAGE
        yield rows.max(s_NM / count, where=rel.negative)
        (hardest,) = yield STAGE
        yield cols.lse(self.sharpness * (s_NM - hardest), where=rel.negative)

    def head(self, count_N, hardest_N, found_M):
        return (count_N * hardest_N).sum() + found_M.mean()


class Deciding(Own):
    """It looks at a number of the tile, which no compiler can know."""

    def terms(self, s_NM, rel):
        factor = 2.0 if s_NM.sum().item() > 0 else 1.0
        yield rows.sum(factor * torch.tanh(s_NM), where=rel.negative)


class Counting:
    """A backend that runs what torch has traced, and counts versions and runs."""

    def __init__(self):
        self.versions = self.runs = 0

    def __call__(self, graph, _):
        self.versions += 1

        def run(*given):
            self.runs += 1
            return graph.forward(*given)

        return run


@pytest.fixture
def counting(monkeypatch):
    backend = Counting()
    monkeypatch.setattr(compiled, "BACKEND", backend)
    return backend


def pairs(n: int, m: int | None = None):
    g = torch.Generator().manual_seed(n)
    return tuple(torch.randn(k, 5, generator=g, dtype=torch.float64).requires_grad_() for k in (n, m or n))


KINDS = [Own(), Circle(), Staged(), InfoNCE(similarity=NegativeEuclidean())]
"""Sums and log-sum-exps, stages of a count and of the largest, rows that are scored pair by pair."""


@pytest.mark.parametrize("objective", KINDS, ids=labels_of)
def test_value_and_every_gradient_are_those_of_the_dense_matrix(objective, counting):
    """Also of every number that is learnt; what runs are the graphs of forward and backward that torch has traced."""
    case = cases(objective, n=8)[0]
    same(outcome(objective, case, plan=PLAN), outcome(objective, case, plan=DENSE))
    assert counting.runs > 2


@pytest.mark.filterwarnings("ignore:.*script_method. is deprecated:DeprecationWarning")  # torch's own
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch compiles for a CPU with g++")
def test_compiled_to_machine_code_it_is_the_same():
    a, b = pairs(20)
    expected = Own()(a, b, plan=DENSE)
    found = Own()(a, b, plan=Plan(rows=16, cols=16, compiled=True))
    torch.testing.assert_close(found, expected)
    for one, other in zip(*(torch.autograd.grad(loss, (a, b)) for loss in (found, expected)), strict=True):
        torch.testing.assert_close(one, other)


def test_tiles_are_compiled_but_the_first(counting):
    a, b = pairs(8, 9)
    Own()(a[:8], b[:8], plan=Plan(rows=4, cols=4, compiled=True)).backward()
    # The first of 4 tiles shows what the terms are; backward all are made.
    assert counting.runs == 3 + 4
    assert counting.versions == 2
    before = counting.runs
    Own()(a[:8], b[:8], plan=Plan(rows=4, cols=4)).backward()
    assert counting.runs == before


def test_ragged_tiles_and_other_numbers_need_no_versions_without_end(counting):
    """Sides of one row have versions of their own; sizes, values of numbers and calls have not."""
    for n in (24, 22, 26, 36):
        a, b = pairs(n)
        for sharpness in (2.0, 2.5):
            Own(sharpness=sharpness)(a, b, plan=Plan(rows=7, cols=5, compiled=True)).backward()
    assert 2 <= counting.versions <= 8
    before = counting.versions
    for n in (25, 17, 27, 34):
        Own(sharpness=1.5)(*pairs(n), plan=Plan(rows=7, cols=5, compiled=True)).backward()
    assert counting.versions == before


def test_weights_of_pairs_reach_compiled_tiles(counting):
    a, b = pairs(9)
    objective = InfoNCE(similarity=NegativeEuclidean())
    relation = Weighted(objective.arrange(a, b, Given()).relation, torch.rand(9, 9, dtype=torch.float64))
    found, expected = (objective(a, b, relation=relation, plan=plan) for plan in (PLAN, DENSE))
    assert counting.runs > 0
    torch.testing.assert_close(found, expected)
    for one, other in zip(*(torch.autograd.grad(loss, (a, b)) for loss in (found, expected)), strict=True):
        torch.testing.assert_close(one, other)


def on_cuda(monkeypatch, *, usable: bool = True) -> Case:
    """A large call on a GPU, which only decides."""
    monkeypatch.setattr(compilable, "runs_on", lambda device: usable)
    sizes = Sizes(n=4096, m=4096, block=4096, width=64, itemsize=4, alike=False, ranks=1)
    return Case(sizes, every=4096, keyed=True, per_pair=1, device=torch.device("cuda"))


def test_it_is_the_default_on_cuda_alone(monkeypatch):
    case = on_cuda(monkeypatch)
    assert decide(Own(), case, None, {}).plan.compiled
    assert not decide(Own(), replace(case, device=torch.device("cpu")), None, {}).plan.compiled
    assert not decide(Own(), case, Plan(64, 64), {}).plan.compiled
    # What is in closed form has kernels of its own, and whole rows are sorted by torch's.
    for objective, path in ((InfoNCE(), Path.CLOSED), (SmoothAP(), Path.ROWS)):
        decision = decide(objective, case, Plan(64, 64, compiled=True), {})
        assert (decision.path, decision.plan.compiled) == (path, False)


def test_a_default_that_cannot_be_had_is_told_once(monkeypatch):
    case = on_cuda(monkeypatch)
    compilable.said_once.cache_clear()
    with pytest.warns(UserWarning, match="tiles of Deciding are not compiled, which makes them slower: "):
        decision = decide(Deciding(), case, None, {})
    assert not decision.plan.compiled
    assert decision.obstacle
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decide(Deciding(), case, None, {})


def test_what_is_asked_for_and_cannot_be_had_is_refused(monkeypatch):
    with pytest.raises(InputError, match="plan asks for compiled tiles, and Deciding cannot have them: "):
        Deciding()(*pairs(9), plan=PLAN)
    case = on_cuda(monkeypatch, usable=False)
    with pytest.raises(InputError, match=r"torch\.compile needs Triton and a GPU"):
        decide(Own(), case, PLAN, {})
    monkeypatch.setattr(compilable, "can_be_told_apart", lambda: False)
    with pytest.raises(InputError, match="this torch is too old"):
        decide(Own(), case, PLAN, {})
    with pytest.raises(InputError, match="compiled is about tiles, and a dense plan has none"):
        Plan(rows=0, cols=0, compiled=True)


def test_explanations_say_it(monkeypatch):
    assert "compiled" not in str(explain(Own(), 4096, d=8))
    monkeypatch.setattr("counterpoint.pairwise.decide.is_default", lambda device: True)
    said = explain(Own(), 4096, d=8)
    assert ", compiled by torch" in str(said)
    assert said.as_json()["compiled"] is True
    compilable.said_once.cache_clear()
    with pytest.warns(UserWarning, match="not compiled"):
        said = explain(Deciding(), 4096, d=8)
    assert "; not compiled: " in said.reason
    assert said.as_json()["compiled"] is False
