"""Ranking of scored pairs against SciPy, and by hand; scores as values to be met."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.stats import kendalltau, pearsonr
from torch.nn.functional import cosine_similarity, mse_loss, normalize

from counterpoint.base.errors import InputError
from counterpoint.objectives import CoSENT, CosineRegression, DiffKendall, ListMLE, Pearson, RankNet


def draw(n: int, seed: int) -> torch.Tensor:
    return torch.randn(n, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


A, B = draw(9, 0), draw(9, 1)
Y = torch.tensor([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0])


def cosines() -> torch.Tensor:
    return (normalize(A) * normalize(B)).sum(1)


def same(one, other):
    torch.testing.assert_close(one, other)
    for left, right in zip(torch.autograd.grad(one, (A, B)), torch.autograd.grad(other, (A, B)), strict=True):
        torch.testing.assert_close(left, right)


def test_kendall_in_the_limit():
    y = torch.randperm(9, generator=torch.Generator().manual_seed(0)).double()
    tau = kendalltau(cosines().detach().numpy(), y.numpy()).statistic
    assert DiffKendall(temperature=1e-6)(A, B, scores=y).item() == pytest.approx(1 - tau, abs=1e-6)


def test_pearson_is_that_of_scipy():
    r = pearsonr(cosines().detach().numpy(), Y.numpy()).statistic
    assert Pearson()(A, B, scores=Y).item() == pytest.approx(1 - r)
    c, y = cosines() - cosines().mean(), Y.double() - Y.double().mean()
    same(Pearson()(A, B, scores=Y), 1 - (c @ y) / (c.norm() * y.norm()))


def test_pearson_takes_scores_of_any_scale_and_dtype():
    expected = Pearson()(A, B, scores=Y).item()
    assert Pearson()(A, B, scores=100 * Y - 7).item() == pytest.approx(expected)
    assert Pearson()(A.float(), B.float(), scores=Y.long()).item() == pytest.approx(expected, rel=1e-5)


def test_list_mle_is_the_likelihood_of_drawing_in_order():
    y = torch.arange(9.0).flip(0)
    c = cosines() / 0.2
    drawn = [c[i] - torch.logsumexp(c[i:], 0) for i in range(9)]
    same(ListMLE(temperature=0.2)(A, B, scores=y), -torch.stack(drawn).mean())


def test_rank_net_of_two_pairs_is_all_there_is_to_rank():
    for objective in (RankNet, CoSENT):
        loss = objective(temperature=0.2)(A[:2], B[:2], scores=Y[:2])
        torch.testing.assert_close(loss, torch.nn.functional.softplus((cosines()[1] - cosines()[0]) / 0.2))


def test_rank_net_averages_ordered_pairs():
    c = cosines()
    i, j = (Y[:, None] > Y).nonzero(as_tuple=True)
    same(RankNet(temperature=0.2)(A, B, scores=Y), torch.nn.functional.softplus((c[j] - c[i]) / 0.2).mean())


@pytest.mark.parametrize("kind", [RankNet, ListMLE, DiffKendall, Pearson])
def test_better_order_is_less_loss(kind):
    """Scores that follow the similarities, and ever fewer of them."""
    c = cosines().detach().numpy()
    falling = [np.concatenate([np.sort(c)[:k][::-1], np.sort(c)[k:]])[np.argsort(np.argsort(c))] for k in (0, 4, 9)]
    losses = [kind()(A, B, scores=torch.from_numpy(y.copy())).item() for y in falling]
    assert all(one < other for one, other in pairwise(losses))


@pytest.mark.parametrize("kind", [RankNet, ListMLE, DiffKendall, Pearson])
def test_each_says_who_needs_scores(kind):
    with pytest.raises(InputError, match=f"{kind.__name__} needs two sides of scored pairs"):
        kind()(A, B)


def test_cosines_that_should_equal_scores_are_a_regression():
    y = Y / 10
    same(CosineRegression()(A, B, scores=y), mse_loss(cosine_similarity(A, B), y.double()))
    weights = torch.tensor([1.0, 3.0] + [0.0] * 7)
    errors = (cosine_similarity(A, B) - y).square()
    same(CosineRegression()(A, B, scores=y, weights=weights), (errors[0] + 3 * errors[1]) / 4)
    with pytest.raises(InputError, match="CosineRegression needs two sides of scored pairs"):
        CosineRegression()(A, B)
