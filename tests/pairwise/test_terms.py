"""Terms: reductions, and the merging of parts."""

import pytest
import torch

from counterpoint.pairwise import cols, rows

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


def test_a_row_without_entries_has_no_gradient():
    x = X.clone().requires_grad_()
    found = rows.lse(x, where=WHERE).reduce()
    (gradient,) = torch.autograd.grad(torch.where(found > -torch.inf, found, 0.0).sum(), x)
    assert torch.isfinite(gradient).all()
    assert (gradient[~WHERE] == 0).all()
