"""Max-sim against three loops; what padding, blocks and wrong shapes do."""

import pytest
import torch
from similar import gradients, normal, scores

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE, NTXent
from counterpoint.pairwise import Cosine, MaxSim, token_sets

A, B = normal(3, 4, 5), normal(6, 7, 5, seed=1)


def real(tokens):
    """Unit tokens, without padding."""
    return [token / token.norm() for token in tokens if token.any()]


def by_loops(a, b, mean=False):
    found = torch.zeros(len(a), len(b), dtype=a.dtype)
    for i, query in enumerate(a):
        for j, document in enumerate(b):
            if not real(document) or not real(query):
                continue
            for token in real(query):
                found[i, j] += max(token.dot(other) for other in real(document))
            found[i, j] /= len(real(query)) if mean else 1
    return found


def padded():
    """Sets of 4, 2, 1 and 0 tokens with zeros after, between and before; candidates of 7, 1, 3, 0, 7 and 7."""
    a, b = torch.cat([A, A[:1]]), B.clone()
    a[1, 1::2], a[2, :3], a[3] = 0, 0, 0
    b[1, 1:], b[2, ::2], b[3] = 0, 0, 0
    return a, b


@pytest.mark.parametrize("mean", [False, True])
def test_three_loops(mean):
    torch.testing.assert_close(scores(MaxSim(mean=mean), A, B), by_loops(A, B, mean))
    torch.testing.assert_close(scores(MaxSim(mean=mean), *padded()), by_loops(*padded(), mean))


def test_one_token_is_a_cosine():
    a, b = A[:, 0].clone(), B[:, 0]
    a[0] = 0
    torch.testing.assert_close(scores(MaxSim(), a[:, None], b[:, None]), scores(Cosine(), a, b))


@pytest.mark.parametrize("mean", [False, True])
def test_padding_changes_nothing(mean):
    def longer(x):
        return torch.cat([x, x.new_zeros(len(x), 3, 5)], 1)

    similarity, weights = MaxSim(mean=mean), normal(3, 6)
    torch.testing.assert_close(scores(similarity, longer(A), longer(B)), scores(similarity, A, B))
    for x, y in zip(
        gradients(similarity, longer(A), longer(B), weights), gradients(similarity, A, B, weights), strict=True
    ):
        torch.testing.assert_close(x[:, : y.shape[1]], y)
        assert (x[:, y.shape[1] :] == 0).all()


def test_negative_cosines_are_not_beaten_by_padding():
    a = torch.tensor([[[1.0, 0.0]]])
    b = torch.tensor([[[-2.0, 0.0], [0.0, 0.0], [-1.0, -1.0]]])
    assert scores(MaxSim(), a, b).item() == pytest.approx(-(0.5**0.5))


def test_a_set_without_tokens_scores_nothing_and_learns_nothing():
    a, b = padded()
    assert (scores(MaxSim(), a, b)[3] == 0).all()
    assert (scores(MaxSim(), a, b)[:, 3] == 0).all()
    first, second = gradients(MaxSim(), a, b, normal(4, 6))
    assert (first[3] == 0).all()
    assert (second[3] == 0).all()
    assert (first[1, 1::2] == 0).all()


def test_bounds_and_direction():
    assert scores(MaxSim(mean=True), A, A).diagonal().tolist() == pytest.approx([1.0] * 3)
    assert scores(MaxSim(), A, A).diagonal().tolist() == pytest.approx([4.0] * 3)
    assert not torch.allclose(scores(MaxSim(), A, A), scores(MaxSim(), A, A).T)


def test_ties_give_the_gradient_once():
    a = torch.tensor([[[1.0, 0.0]]])
    b = torch.tensor([[[1.0, 1.0], [2.0, 2.0], [-1.0, 0.0]]])
    _, gradient = gradients(MaxSim(), a, b, torch.ones(1, 1))
    assert (gradient[0] != 0).any(1).sum() == 1


@pytest.mark.parametrize("numbers", [1, 28, 29, 100, 200, 400])
def test_blocks_change_nothing(monkeypatch, numbers):
    a, b = padded()
    whole, whole_gradients = scores(MaxSim(), a, b), gradients(MaxSim(), a, b, normal(4, 6))
    monkeypatch.setattr(token_sets, "NUMBERS", numbers)
    torch.testing.assert_close(scores(MaxSim(), a, b), whole)
    for x, y in zip(gradients(MaxSim(), a, b, normal(4, 6)), whole_gradients, strict=True):
        torch.testing.assert_close(x, y)


def test_blocks_bound_what_is_held():
    shapes = []
    product = torch.Tensor.__matmul__

    class Watched(torch.Tensor):
        def __matmul__(self, other):
            shapes.append(len(self) * other.shape[1])
            return product(self, other)

    a, b = torch.randn(64, 32, 4).as_subclass(Watched), torch.randn(200, 128, 4)
    assert MaxSim().scores(a, b).shape == (64, 200)
    assert max(shapes) <= token_sets.NUMBERS
    assert sum(shapes) == 64 * 32 * 200 * 128
    assert MaxSim().numbers_per_pair(a, b) == 32 * 128


def test_sets_may_differ_in_length():
    loss = InfoNCE(similarity=MaxSim())(A, B[:3], negatives=B[3:])
    s = by_loops(A, B) / InfoNCE().temperature
    torch.testing.assert_close(loss, (torch.logsumexp(s, 1) - s.diagonal()).mean())


def test_wrong_shapes_name_the_argument():
    one = InfoNCE(similarity=MaxSim())
    with pytest.raises(InputError, match=r"anchors must have shape \[N, L, D\].*\[3, 5\]"):
        one(A[:, 0], B)
    with pytest.raises(InputError, match=r"candidates must have shape \[N, L, D\].*\[3, 5\]"):
        one(A, B[:3, 0])
    with pytest.raises(InputError, match=r"anchors must have shape \[N, D\].*\[3, 4, 5\]"):
        InfoNCE()(A, A)
    with pytest.raises(InputError, match="candidates has D = 3, but the anchors have D = 5"):
        one(A, A[:, :, :3])
    with pytest.raises(InputError, match=r"negatives \[3, 4, 5\] and candidates \[3, 7, 5\].*pad"):
        one(A, B[:3], negatives=A)
    with pytest.raises(InputError, match=r"candidates \[3, 7, 5\] and anchors \[3, 4, 5\].*pad"):
        NTXent(similarity=MaxSim())(A, B[:3])
    broken = B[:3].clone()
    broken[1, 2, 3] = torch.nan
    with pytest.raises(InputError, match="candidates holds NaN or infinity, first in row 1"):
        one(A, broken)
