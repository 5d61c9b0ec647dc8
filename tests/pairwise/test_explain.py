"""Explanations decide as the engine does, count what grows, and read well; budgets change no value."""

import json
from dataclasses import asdict, fields, replace

import pytest
import torch

import counterpoint.pairwise.statistics as engine
from counterpoint.base.errors import InputError
from counterpoint.objectives import (
    CLIP,
    DCL,
    Alignment,
    BarlowTwins,
    BatchHardTriplet,
    CoSENT,
    NTXent,
    SigLIP,
    SmoothAP,
    SupCon,
)
from counterpoint.pairwise import DENSE, Budget, Dot, MaxSim, NegativeEuclidean, Plan, explain
from counterpoint.pairwise.decide import Path
from counterpoint.pairwise.plan import choose
from counterpoint.pairwise.room import Footprint, Room
from counterpoint.pairwise.work import Speeds, calibrate

OBJECTIVES = [CLIP(), NTXent(), SupCon(), SigLIP(), DCL(), SmoothAP(), BatchHardTriplet(), CLIP(similarity=Dot())]
OBJECTIVES += [CLIP(similarity=NegativeEuclidean())]
SPEEDS = Speeds(products=1e10, powers=1e9, passes=1e9, fresh=1e9, masks=1e8, tops=1e8, calls=1e6)


def views(n: int, d: int, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(n, d, generator=g, dtype=dtype).requires_grad_() for _ in range(2))
    return a, b


@pytest.mark.parametrize("budget", [None, 1_500_000, 10**9])
@pytest.mark.parametrize("objective", [*OBJECTIVES, BarlowTwins(), CoSENT()], ids=repr)
def test_the_engine_does_what_was_said(objective, budget, monkeypatch):
    made = []
    decide = engine.decide
    monkeypatch.setattr(engine, "decide", lambda *given: made.append(decide(*given)) or made[-1])
    a, b = views(700, 20, torch.float32)
    given = {"scores": torch.arange(700.0)} if isinstance(objective, CoSENT) else {}
    objective(a, b, plan=None if budget is None else Budget(budget), **given)
    said = explain(objective, 700, d=20, budget=budget)
    assert [(one.path, one.plan) for one in made] == [(said.path, said.plan)]


@pytest.mark.parametrize("objective", OBJECTIVES, ids=repr)
def test_a_budget_changes_neither_value_nor_gradient(objective):
    a, b = views(150, 6)
    expected = torch.autograd.grad(loss := objective(a, b, plan=DENSE), (a, b))
    for share in (0.5, 0.8):
        budget = Budget(int(share * explain(objective, 150, d=6, dtype=torch.float64).peak_bytes))
        found = objective(a, b, plan=budget)
        torch.testing.assert_close(found, loss)
        torch.testing.assert_close(torch.autograd.grad(found, (a, b)), expected)


def test_more_budget_keeps_more_tiles_and_makes_fewer_scores():
    said = [explain(CLIP(), 4096, d=64, budget=budget) for budget in (10**7, 4 * 10**7, 10**9)]
    assert said[0].tiles.kept < said[1].tiles.kept < said[2].tiles.kept == said[2].tiles.count
    assert said[0].passes > said[1].passes > said[2].passes == 1
    assert [one.peak_bytes <= budget for one, budget in zip(said, (10**7, 4 * 10**7, 10**9), strict=True)] == [True] * 3


@pytest.mark.parametrize("objective", [CLIP(), NTXent(), SigLIP(), SmoothAP(), BatchHardTriplet()], ids=repr)
def test_time_grows_with_the_square(objective):
    small, large = (explain(objective, n, d=64).operations for n in (8192, 16384))
    assert large.seconds(SPEEDS) / small.seconds(SPEEDS) == pytest.approx(4, rel=0.1)
    assert small.seconds(replace(SPEEDS, products=1e9)) > small.seconds(SPEEDS)


def test_speeds_are_positive_numbers():
    found = calibrate(torch.device("cpu"), torch.float32, 16)
    assert all(value > 0 for value in asdict(found).values())
    assert len(fields(found)) == 7


def test_it_reads_well():
    said = explain(CLIP(), 4096, d=32, ranks=4, budget=10**8)
    assert all(
        words in str(said) for words in ("closed form", "on each of 4 ranks (ring)", "MB at the peak", "1,024 x 4,096")
    )
    plain = said.as_json()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["path"] == "closed form"
    assert plain["exchange"] == "ring"
    assert plain["seconds"] > 0
    assert explain(SmoothAP(), 4096, d=32, ranks=4).exchange == "gathered"
    assert explain(CLIP(), 64, d=32).exchange is None


def test_sizes_follow_the_call():
    assert (explain(NTXent(), 700, d=8).n, explain(NTXent(), 700, 0, 8).n) == (1400, 700)
    assert explain(CLIP(), 100, 900, 8).m == 900
    assert (explain(BarlowTwins(), 100, d=30).n, explain(BarlowTwins(), 100, d=30).d) == (30, 100)
    assert explain(SigLIP(), 64, d=8).path is Path.DENSE
    learnt, fixed = (explain(Alignment(), 2000, d=8, learnable=names) for names in (("alpha",), ()))
    assert learnt.operations.fresh > fixed.operations.fresh
    double = explain(CLIP(), 4096, d=64, dtype=torch.float64).peak_bytes
    assert (
        double > explain(CLIP(), 4096, d=64).peak_bytes == explain(CLIP(), 4096, d=64, dtype=torch.bfloat16).peak_bytes
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n": 0}, "n must be at least 1, got 0"),
        ({"d": -1}, "d must be at least 1, got -1"),
        ({"ranks": 0}, "ranks must be at least 1"),
        ({"m": -2}, "m must be a number of candidates"),
        ({"budget": 0}, "budget must be a whole number of bytes"),
        ({"budget": 10}, r"budget: 10 bytes are too few for N = 50, M = 50, D = 256: .* take [\d,]+ bytes"),
        ({"dtype": torch.int32}, "dtype must be floating point"),
        ({"learnable": ("margin",)}, "CLIP has no number 'margin'"),
        ({"objective": NTXent(), "m": 7}, "m must be n = 50 for NTXent"),
        ({"objective": CLIP(similarity=MaxSim())}, "compares sets of vectors"),
    ],
)
def test_what_makes_no_sense_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        explain(**{"objective": CLIP(), "n": 50, **given})


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "2GB"])
def test_a_budget_is_a_number_of_bytes(value):
    with pytest.raises(InputError, match="budget must be a whole number of bytes"):
        Budget(value)


def test_sets_have_budgets_too():
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(40, 5, 8, generator=g, dtype=torch.float64) for _ in range(2))
    objective = CLIP(similarity=MaxSim())
    torch.testing.assert_close(objective(a, b, plan=Budget(1_000_000)), objective(a, b, plan=DENSE))


def room(budget: int, entry: int = 4) -> Room:
    return Room(budget, Footprint(fixed=100, entry=entry), Footprint(fixed=100, entry=4 * entry), "N", most_kept=10**6)


def test_tiles_shrink_until_they_fit_and_what_is_left_is_kept():
    assert choose(512, 512, room=room(10**9)) == DENSE
    assert not choose(512, 512, room=room(10**6)).dense
    plan = choose(1000, 1000, closed=True, room=room(10_100))
    assert 100 + 4 * plan.rows * plan.cols + plan.keep <= 10_100
    assert plan.keep > 0
    assert choose(1000, 1000, closed=True, room=room(104)) == Plan(1, 1)
    with pytest.raises(InputError, match="103 bytes are too few for N"):
        choose(1000, 1000, closed=True, room=room(103))
