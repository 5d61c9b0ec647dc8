"""Prototypes, many views and whole batches: what they accept, and what they equal."""

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import (
    CLIP,
    CMC,
    GRAM,
    MVDHEL,
    InfoNCE,
    InverseOT,
    LeaveOneOut,
    MCInfoNCE,
    NTXent,
    PolyForm,
    PolyView,
    ProxyNCA,
    VICReg,
)
from counterpoint.pairwise import Budget, Explicit, Plan, SameKey, explain


def rows(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def agree(one, other, *leaves):
    torch.testing.assert_close(one, other)
    for left, right in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(left, right)


def test_any_objective_takes_prototypes_by_a_relation():
    z, prototypes, y = rows(7, 4), rows(3, 4, seed=1), torch.tensor([0, 2, 1, 1, 0, 2, 2])
    relation = SameKey(y, torch.arange(3), prototypes=True)
    expected = cross_entropy(normalize(z) @ normalize(prototypes).T / 0.2, y)
    agree(InfoNCE(temperature=0.2)(z, prototypes, relation=relation), expected, z, prototypes)


@pytest.mark.parametrize(
    ("labels", "candidates", "message"),
    [
        (torch.tensor([0, 1, 3]), rows(3, 4), "labels go up to 3, and candidates hold 3 rows"),
        (None, rows(3, 4), "labels must say which of the candidates"),
        (torch.tensor([0, 1, 2]), None, "one row per class"),
        (torch.tensor([0, 1]), rows(3, 4), "labels must be 3 integers"),
    ],
)
def test_prototypes_that_do_not_fit_are_refused(labels, candidates, message):
    with pytest.raises(InputError, match=message):
        ProxyNCA()(rows(3, 4), candidates, labels=labels)


def test_a_relation_that_is_written_out_is_the_relation():
    a, b, y = rows(5, 3), rows(6, 3, seed=1), torch.tensor([0, 1, 0, 2, 1])
    keys = torch.tensor([0, 0, 1, 1, 2, -1])
    same = y[:, None] == keys[None, :]
    agree(
        CLIP()(a, b, relation=Explicit(same, ~same), plan=Plan(2, 4)),
        CLIP()(a, b, relation=SameKey(y, keys)),
        a, b,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("positive", "negative", "message"),
    [
        (torch.ones(2, 2), torch.zeros(2, 2, dtype=torch.bool), "positive must be a bool matrix"),
        (torch.ones(2, 2) > 0, torch.zeros(2, 3) > 0, "one shape"),
        (torch.ones(2, 2) > 0, torch.ones(2, 2) > 0, "disjoint"),
    ],
)
def test_matrices_that_are_no_relation_are_refused(positive, negative, message):
    with pytest.raises(InputError, match=message):
        Explicit(positive, negative)


def test_two_views_are_the_losses_of_pairs():
    a, b = rows(6, 4), rows(6, 4, seed=1)
    views = torch.stack([a, b], dim=1)
    agree(CMC(temperature=0.2)(views), CLIP(temperature=0.2)(a, b), a, b)
    agree(LeaveOneOut(temperature=0.2)(a, b), CLIP(temperature=0.2)(a, b), a, b)
    for form in PolyForm:
        agree(PolyView(temperature=0.2, form=form)(a, b), NTXent(temperature=0.2)(a, b), a, b)
    agree(MCInfoNCE(temperature=0.2)(a, b), InfoNCE(temperature=0.2)(a, b), a, b)
    agree(InverseOT(temperature=0.2, iterations=1)(a, b), InfoNCE(temperature=0.2)(a, b), a, b)


def test_dhel_by_its_definition():
    a, b = rows(5, 3), rows(5, 3, seed=1)
    x, y = normalize(a), normalize(b)

    def within(z):
        return (z @ z.T / 0.5).masked_fill(torch.eye(5, dtype=torch.bool), -torch.inf).logsumexp(1)

    expected = (within(x) + within(y) - (x * y).sum(1) / 0.5).mean()
    agree(MVDHEL(temperature=0.5)(a, b), expected, a, b)


def test_the_order_of_views_means_nothing():
    views = rows(5, 3, 4)
    for objective in (CMC(), MVDHEL(), VICReg(), LeaveOneOut(), *(PolyView(form=form) for form in PolyForm)):
        agree(objective(views), objective(views[:, [2, 0, 1]]), views)


def test_the_volume_is_the_root_of_a_determinant():
    objective = GRAM()
    views = rows(4, 3, 5)
    similarity = objective.similarity
    found = similarity.scores(similarity.prepare(views[:, 0]), similarity.prepare_candidates(views[:, 1:]))
    unit = normalize(views, dim=2)
    for i in range(4):
        for j in range(4):
            vectors = torch.cat([unit[i, :1], unit[j, 1:]])
            expected = -torch.linalg.det(vectors @ vectors.T).sqrt()
            torch.testing.assert_close(found[i, j], expected, rtol=0, atol=2e-5)


def test_weights_enter_the_mean_over_examples():
    views, weights = rows(4, 3, 5), torch.tensor([1.0, 0.0, 2.0, 1.0], dtype=torch.float64)
    ones = torch.ones(4, dtype=torch.float64)
    agree(CMC()(views, weights=ones), CMC()(views), views)
    assert not torch.isclose(CMC()(views, weights=weights), CMC()(views))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CMC()(rows(4, 5)), "give two or more"),
        (lambda: CMC()(rows(4, 2, 5), labels=torch.arange(4)), "labels cannot be used here"),
        (lambda: CMC()(rows(4, 5), rows(3, 5)), "second view of the 4 anchors, got 3 rows"),
        (lambda: VICReg()(rows(4, 5)), "give two or more"),
        (lambda: VICReg()(rows(4, 5), rows(4, 5), plan=Budget(1000)), "plan cannot be used here"),
        (lambda: VICReg()(rows(4, 5), rows(4, 5), weights=torch.ones(4)), "weights cannot be used here"),
        (lambda: VICReg()(rows(1, 5), rows(1, 5)), "two or more rows"),
        (lambda: MCInfoNCE()(rows(4, 5)), "candidates must be samples"),
        (lambda: MCInfoNCE()(rows(4, 2, 5), rows(4, 3, 5)), "must have the shape of the anchors"),
        (lambda: explain(CMC(), 100), "no plan to explain"),
        (lambda: explain(VICReg(), 100), "no plan to explain"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
