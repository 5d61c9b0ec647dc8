"""Similarities against their formulas, and the cosine where it has none."""

import pytest
import torch
from torch.nn.functional import cosine_similarity

from counterpoint.pairwise import Cosine, Difference, Dot

G = torch.Generator().manual_seed(0)
A, B = torch.randn(4, 3, generator=G, dtype=torch.float64), torch.randn(5, 3, generator=G, dtype=torch.float64)


def scores(similarity, a, b):
    return similarity.scores(similarity.prepare(a), similarity.prepare(b))


def test_cosine():
    torch.testing.assert_close(scores(Cosine(), A, B), cosine_similarity(A[:, None], B[None], dim=-1))


def test_dot():
    torch.testing.assert_close(scores(Dot(), A, B), torch.einsum("nd,md->nm", A, B))


def test_difference():
    a, b = torch.tensor([[1.0], [2.0]]), torch.tensor([[5.0], [7.0], [1.0]])
    assert scores(Difference(), a, b).tolist() == [[4.0, 6.0, 0.0], [3.0, 5.0, -1.0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_a_zero_row_is_similar_to_nothing_and_learns_at_the_usual_pace(dtype):
    a = A.to(dtype).clone()
    a[1] = 0
    a.requires_grad_()
    found = scores(Cosine(), a, B.to(dtype))
    assert (found[1] == 0).all()
    (100 * found).sum().backward()
    assert a.grad is not None
    assert torch.isfinite(a.grad).all()
    assert a.grad[1].norm() < 1e3
