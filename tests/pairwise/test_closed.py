"""The closed form against the dense matrix: values, gradients, what it takes and what it leaves to the other paths."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from counterpoint.objectives import CLIP, DCL, HCL, BatchHardTriplet, InfoNCE, NTXent, SigLIP, SupCon, Uniformity
from counterpoint.pairwise import DENSE, Cosine, Dot, Needs, Objective, Plan, SameKey, Term, Tile, cols, rows
from counterpoint.pairwise.closed import Closed
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.relation import Others
from counterpoint.pairwise.rotation import Rotation
from counterpoint.pairwise.terms import Axis, Reduction
from counterpoint.pairwise.trace import Which, trace
from counterpoint.pairwise.valued import Greater

PLANS = (Plan(rows=1, cols=1), Plan(rows=5, cols=4), Plan(rows=9, cols=40), Plan(rows=99, cols=99))


@dataclass(frozen=True, kw_only=True)
class Everything(Objective):
    """Every reduction over every mask along both axes, at two scales and with two shifts."""

    needs: ClassVar[Needs] = Needs.NOTHING
    temperature: float = 0.4
    margin: float = 0.3

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        sharp, flat = (s_NM - self.margin) / self.temperature, 0.5 - s_NM
        for ask in (rows, cols):
            for where in (rel.positive, rel.negative, rel.compared, None):
                yield ask.lse(sharp, where=where)
                yield ask.sum(self.margin * flat + self.temperature, where=where)
            yield ask.count(rel.positive, like=s_NM)
            yield ask.count(rel.negative, like=s_NM)
            yield ask.count(rel.compared, like=s_NM)
            yield ask.lse(flat, where=rel.negative)
            yield ask.max(sharp, where=rel.negative)
            yield ask.max(flat, where=rel.positive)
            yield ask.top(sharp, 3, where=rel.compared)
            for bend in (torch.relu, torch.exp, torch.square, logsigmoid, softplus):
                for where in (rel.positive, rel.compared, None):
                    yield ask.sum(-0.3 * bend(flat - self.margin), where=where)

    def head(self, *statistics: Tensor) -> Tensor:
        weights = torch.linspace(0.5, 1.5, len(statistics), dtype=statistics[0].dtype)
        finite = [torch.where(one.isfinite(), one, 0.0) for one in statistics]
        return sum(
            (w * (one * one.detach().cos()).mean() for w, one in zip(weights, finite, strict=True)), torch.tensor(0.0)
        )

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class EverythingJoint(Everything):
    joint: ClassVar[bool] = True


OBJECTIVES = [
    SigLIP(), SigLIP(scale=100.0, bias=-3.0), SigLIP(similarity=Dot()), BatchHardTriplet(), HCL(), HCL(beta=0.0),
    InfoNCE(temperature=0.1), InfoNCE(temperature=0.005), InfoNCE(temperature=0.3, similarity=Dot()), CLIP(),
    CLIP(temperature=0.005), NTXent(temperature=0.1), NTXent(temperature=0.005), SupCon(), SupCon(temperature=0.005),
    DCL(), Uniformity(), Everything(), EverythingJoint(), Everything(similarity=Dot()),
    EverythingJoint(temperature=0.01),
]  # fmt: skip


def run(objective: Objective, plan: Plan, labels: Tensor | None) -> list[Tensor]:
    """Value, and gradients of both sides and of every number."""
    generator = torch.Generator().manual_seed(1)
    a, b = (torch.randn(13, 6, dtype=torch.float64, generator=generator).requires_grad_() for _ in range(2))
    learned = {
        name: torch.tensor(getattr(objective, name), dtype=torch.float64, requires_grad=True)
        for name in objective.numbers()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rows without a positive are wanted here
        loss = objective(a, b, labels=labels, plan=plan, **learned)
    loss.backward()
    return [loss.detach(), *(x.grad for x in (a, b, *learned.values()) if x.grad is not None)]


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("objective", OBJECTIVES, ids=repr)
def test_equals_the_dense_matrix(objective: Objective, labelled: bool) -> None:
    labels = torch.randint(-1, 4, (13,), generator=torch.Generator().manual_seed(2)) if labelled else None
    assert trace(objective) is not None
    wanted = run(objective, DENSE, labels)
    for plan in PLANS:
        found = run(objective, plan, labels)
        assert len(found) == len(wanted) == 3 + len(objective.numbers())
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-11)


def test_what_cannot_be_followed_is_left_alone() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Other(Everything):
        how: ClassVar[int] = 0

        def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
            values = [
                lambda: s_NM**2, lambda: torch.sin(s_NM), lambda: s_NM * s_NM, lambda: 1 / s_NM, lambda: s_NM.exp(),
                lambda: torch.where(rel.positive, s_NM, -s_NM), lambda: s_NM * torch.ones(3), lambda: s_NM[0],
                lambda: s_NM * rel.positive, lambda: torch.ones(3) - s_NM, lambda: abs(s_NM), lambda: s_NM > 0,
            ][self.how]()  # fmt: skip
            yield rows.sum(values, where=rel.positive)

    for how in range(12):
        Other.how = how
        assert trace(Other()) is None, how


def test_scalar_tensors_on_either_side_are_followed() -> None:
    t = torch.tensor(2.0)

    @dataclass(frozen=True, kw_only=True)
    class Left(Everything):
        def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
            yield rows.sum(t - t * s_NM + t)

    (one,) = trace(Left()) or []
    assert (float(one.values.scale), float(one.values.shift)) == (-2.0, 4.0)
    assert (one.axis, one.reduction, one.which) == (Axis.ROWS, Reduction.SUM, None)


def test_only_relations_of_keys_have_a_closed_form() -> None:
    keys = torch.tensor([0, 1, 1])
    assert Keys.of(Greater(torch.ones(3), torch.ones(3))) is None
    assert Keys.of(Others(Greater(torch.ones(3), torch.ones(3)))) is None
    found = Keys.of(Others(SameKey(keys, keys), first=0))
    assert found is not None
    assert found.symmetric
    counted = found.counts(Axis.ROWS, Which.POSITIVE, torch.ones(1))
    assert counted.tolist() == [0.0, 1.0, 1.0]


def test_scores_of_inner_products_stay_inner_products() -> None:
    with pytest.raises(TypeError, match="derive it from Similarity"):

        class Scaled(Cosine):
            def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
                return 2 * a_nD @ b_mD.T


@pytest.mark.parametrize("temperature", [0.001, 0.01, 0.0166, 0.0167, 0.1, 100.0])
def test_float32_at_any_temperature(temperature: float) -> None:
    """Either side of the largest score that needs no shift."""
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(300, 4, generator=generator)
    b = torch.cat([a[:150], -a[150:]])  # the best and the worst cosine, exactly
    found, wanted = [], []
    for into, dtype, plan in ((found, torch.float32, Plan(rows=64, cols=100)), (wanted, torch.float64, DENSE)):
        x = a.to(dtype, copy=True).requires_grad_()
        loss = CLIP(temperature=temperature)(x, b.to(dtype), plan=plan)
        loss.backward()
        into += [loss.detach().double(), x.grad.double()]
    scale = wanted[1].abs().max()
    torch.testing.assert_close(found[0], wanted[0], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(found[1] / scale, wanted[1] / scale, rtol=0, atol=1e-4)


def test_no_sum_over_positives_makes_a_matrix() -> None:
    """Sums and counts alone need no tile: a plan of one entry a tile would take minutes."""

    @dataclass(frozen=True, kw_only=True)
    class Sums(Everything):
        def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
            yield rows.sum(s_NM, where=rel.negative)
            yield cols.count(rel.positive, like=s_NM)

    z = torch.nn.functional.normalize(torch.randn(40_000, 3, generator=torch.Generator().manual_seed(0)))
    labels = torch.arange(40_000) % 7
    keys = Keys.of(SameKey(labels, labels))
    requests = trace(Sums())
    assert keys is not None
    assert requests is not None
    sums, counts = Closed(keys, Rotation.alone(len(z)), Plan(rows=1, cols=1), 1.0, z, z).statistics(requests)
    torch.testing.assert_close(sums[0], z[0] @ z[labels != 0].sum(0), rtol=1e-4, atol=1e-3)
    assert int(counts[3]) == 5714
