"""Stages: what later terms read of earlier ones, along both axes, tile by tile and on real processes."""

import pytest
import torch
from staged import STAGED, AdaptiveTemperature, Extremes, StageFirst, StageLast, TopOfAll, TwoStages

from counterpoint.base.errors import InputError
from counterpoint.pairwise import DENSE, STAGE, Cosine, Dot, NegativeEuclidean, Plan, SameKey, cols
from counterpoint.pairwise.valued import Weighted

PLANS = [
    Plan(rows=1, cols=1),
    Plan(rows=2, cols=3),
    Plan(rows=7, cols=2),
    Plan(rows=3, cols=50),
    Plan(rows=99, cols=99),
]
ANCHOR_KEYS = torch.tensor([0, 1, 2, 0, 1, 5, -1])
CANDIDATE_KEYS = torch.tensor([0, 1, 2, 0, 1, 5, -1, 2, 0, 7, 1])


def outcome(objective, plan, *, weighted=False):
    """The loss and gradients of both sides and of every number."""
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(n, 3, generator=g, dtype=torch.float64).requires_grad_() for n in (7, 11))
    relation = SameKey(ANCHOR_KEYS, CANDIDATE_KEYS)
    if weighted:
        relation = Weighted(relation, torch.ones(7, 11))
    numbers = {
        name: torch.tensor(float(getattr(objective, name)), dtype=torch.float64, requires_grad=True)
        for name in objective.numbers()
    }
    loss = objective(a, b, relation=relation, plan=plan, **numbers)
    gradients = torch.autograd.grad(loss, (a, b, *numbers.values()), materialize_grads=True)
    return dict(zip(("loss", "a", "b", *numbers), (loss.detach(), *gradients), strict=True))


def same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name], msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: f"{plan.rows}x{plan.cols}")
@pytest.mark.parametrize("objective", STAGED, ids=repr)
def test_tiles_equal_the_whole_matrix(objective, plan):
    same(outcome(objective, plan), outcome(objective, DENSE))


@pytest.mark.parametrize("objective", STAGED, ids=repr)
@pytest.mark.parametrize("similarity", [Dot(), NegativeEuclidean()], ids=repr)
def test_by_other_similarities_too(objective, similarity):
    other = type(objective)(similarity=similarity)
    same(outcome(other, Plan(rows=2, cols=3)), outcome(other, DENSE))


@pytest.mark.parametrize("objective", STAGED, ids=repr)
def test_every_number_and_both_sides_matter(objective):
    """The comparisons above are of something."""
    for name, value in outcome(objective, DENSE).items():
        assert value.abs().max() > 1e-6, name


@pytest.mark.parametrize("objective", [Extremes(), TopOfAll()], ids=repr)
def test_extremes_in_closed_form_equal_those_by_tiles(objective):
    """A relation of weights 1 is not a relation of keys, so the same terms go the other way."""
    plan = Plan(rows=3, cols=4)
    same(outcome(objective, plan, weighted=True), outcome(objective, plan))


@pytest.mark.parametrize("plan", [DENSE, Plan(rows=2, cols=3)], ids=str)
def test_adaptive_temperature_by_hand(plan):
    """Plain autograd through the variance of each row."""
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(n, 3, generator=g, dtype=torch.float64).requires_grad_() for n in (7, 11))
    objective = AdaptiveTemperature()
    s = torch.nn.functional.normalize(a) @ torch.nn.functional.normalize(b).T
    logits = s / (0.05 + s.var(1, correction=0, keepdim=True))
    count = torch.full((7,), 11.0, dtype=torch.float64)
    loss = objective.head(s.sum(1), (s**2).sum(1), count, logits.logsumexp(1), logits.logsumexp(0))
    expected = (loss.detach(), *torch.autograd.grad(loss, (a, b)))
    found = outcome(objective, plan)
    for one, other in zip((found["loss"], found["a"], found["b"]), expected, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("plan", [DENSE, Plan(rows=2, cols=3)], ids=str)
def test_column_statistics_read_by_rows_by_hand(plan):
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(n, 3, generator=g, dtype=torch.float64).requires_grad_() for n in (7, 11))
    objective = TwoStages()
    s = torch.nn.functional.normalize(a) @ torch.nn.functional.normalize(b).T
    positive = (ANCHOR_KEYS[:, None] == CANDIDATE_KEYS) & (ANCHOR_KEYS[:, None] >= 0)
    negatives = torch.where(positive, -torch.inf, s)
    lse, hard = (1.2 * s).logsumexp(0), negatives.T.topk(2).values
    hardest, easy = negatives.amax(1), (-s).topk(2).values
    found = [
        lse, hard, hardest, easy,
        torch.where(positive, 0.0, torch.sigmoid(3 * (s - hard[:, 1]) + 0.1)).sum(1),
        (s * lse / 2).logsumexp(1),
        torch.where(positive, (s - hardest[:, None] - 0.1) ** 2 * easy[:, :1], 0.0).sum(0),
        (~positive & (s > hard[:, 0] - 0.4567)).sum(1).double(),
        (s + hardest[:, None]).amax(0),
    ]  # fmt: skip
    loss = objective.head(*found)
    expected = (loss.detach(), *torch.autograd.grad(loss, (a, b)))
    found = outcome(objective, plan)
    for one, other in zip((found["loss"], found["a"], found["b"]), expected, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("plan", [DENSE, Plan(rows=2, cols=3)], ids=str)
def test_a_stage_at_either_end_changes_nothing(plan):
    same(outcome(StageLast(), plan), outcome(StageFirst(), plan))


class SortedColumns(StageFirst):
    def terms(self, s_NM, rel):
        yield cols.whole(s_NM.T)
        yield STAGE


@pytest.mark.parametrize("plan", [DENSE, Plan(rows=99, cols=99)], ids=str)
def test_whole_columns_are_refused(plan):
    with pytest.raises(InputError, match=r"use rows\.whole"):
        SortedColumns(similarity=Cosine())(torch.eye(3), torch.eye(3), plan=plan)
