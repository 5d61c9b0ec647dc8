"""Terms: reductions, and the merging of parts."""

import pytest
import torch

from counterpoint.pairwise import cols, rows
from counterpoint.pairwise.terms import Reduction, merge, share

X = torch.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
WHERE = torch.tensor([[True, False, True], [False, False, False]])


def test_sums():
    assert rows.sum(X).reduce().tolist() == [3.0, 12.0]
    assert cols.sum(X).reduce().tolist() == [3.0, 5.0, 7.0]
    assert rows.sum(X, where=WHERE).reduce().tolist() == [2.0, 0.0]


def test_log_sum_exps():
    torch.testing.assert_close(rows.lse(X).reduce(), X.exp().sum(1).log())
    torch.testing.assert_close(cols.lse(X).reduce(), X.exp().sum(0).log())
    found = rows.lse(X, where=WHERE).reduce()
    assert found[0] == pytest.approx((1 + torch.tensor(2.0).exp()).log().item())
    assert found[1] == -torch.inf


def test_counts():
    assert rows.count(WHERE, like=X).reduce().tolist() == [2.0, 0.0]
    assert cols.count(WHERE, like=X).reduce().tolist() == [1.0, 0.0, 1.0]
    assert rows.count(WHERE, like=X.double()).reduce().dtype == torch.float64


@pytest.mark.parametrize("reduction", Reduction, ids=str)
def test_parts_merge_to_the_whole(reduction):
    count = lambda x: rows.count(x > 0, like=x)  # noqa: E731
    ask = {Reduction.SUM: rows.sum, Reduction.LSE: rows.lse, Reduction.COUNT: count}[reduction]
    merged = merge(reduction, ask(X[:, :1]).reduce(), ask(X[:, 1:]).reduce())
    torch.testing.assert_close(merged, ask(X).reduce())
    nothing = torch.full((2,), reduction.identity)
    torch.testing.assert_close(merge(reduction, nothing, merged), merged)
    assert torch.equal(merge(reduction, nothing, nothing), nothing)


@pytest.mark.parametrize("reduction", Reduction, ids=str)
def test_share_is_the_derivative_of_merge(reduction):
    parts = [torch.tensor([0.5, -torch.inf, 2.0], dtype=torch.float64), torch.zeros(3, dtype=torch.float64)]
    if reduction is not Reduction.LSE:
        parts[0][1] = 0
    leaves = [part.clone().requires_grad_() for part in parts]
    total = merge(reduction, *leaves)
    expected = torch.autograd.grad(total.sum(), leaves)
    for part, gradient in zip(parts, expected, strict=True):
        torch.testing.assert_close(share(reduction, total.detach(), part), gradient)


def test_nothing_has_no_share_of_nothing():
    nothing = torch.full((2,), -torch.inf)
    assert share(Reduction.LSE, nothing, nothing).tolist() == [0.0, 0.0]


def test_a_row_without_entries_has_no_gradient():
    x = X.clone().requires_grad_()
    found = rows.lse(x, where=WHERE).reduce()
    (gradient,) = torch.autograd.grad(torch.where(found > -torch.inf, found, 0.0).sum(), x)
    assert torch.isfinite(gradient).all()
    assert (gradient[~WHERE] == 0).all()
