import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.evaluation import batch_view, duplicates
from counterpoint.objectives import InfoNCE

RNG = np.random.default_rng(0)


def test_equal_negatives_all_count():
    """Anchors along one axis, positives and negatives at right angles to it: every push is the same."""
    x, y = np.tile([[1.0, 0.0]], (8, 1)), np.tile([[0.0, 1.0]], (8, 1))
    found = batch_view(x, y, temperature=0.1, batch_size=8, batches=2)
    assert (found.negatives, found.effective) == (7, pytest.approx(7))
    assert found.hardest_share == pytest.approx(1 / 7)
    assert found.positive_probability == pytest.approx(1 / 8)
    assert found.false_share is None


def test_the_push_is_the_gradient_of_the_loss():
    """The share of false negatives in the gradient of InfoNCE with respect to similarities."""
    x, y = RNG.normal(size=(2, 12, 5))
    labels = np.arange(12) % 3
    unit = [torch.from_numpy(one / np.linalg.norm(one, axis=1, keepdims=True)) for one in (x, y)]
    scores = (unit[0] @ unit[1].T).requires_grad_()
    torch.nn.functional.cross_entropy(scores / 0.2, torch.arange(12)).backward()
    push = scores.grad.numpy() * ~np.eye(12, dtype=bool)
    share = (push * (labels[:, None] == labels)).sum(axis=1) / push.sum(axis=1)
    found = batch_view(x, y, temperature=0.2, batch_size=12, labels=labels, batches=1)
    assert found.false_share == pytest.approx(share.mean(), rel=1e-6)
    assert found.false_rate == pytest.approx(3 / 11)
    loss = InfoNCE(temperature=0.2)(torch.from_numpy(x), torch.from_numpy(y)).item()
    assert found.positive_probability >= np.exp(-loss), "Jensen"


def test_a_colder_temperature_looks_at_fewer():
    x = RNG.normal(size=(100, 4))
    views = [batch_view(x, x + 0.1, temperature=t, batch_size=50) for t in (1.0, 0.1, 0.01)]
    assert [round(one.effective) for one in views] == sorted((round(one.effective) for one in views), reverse=True)
    assert views[0].hardest_share < views[1].hardest_share < views[2].hardest_share


def test_duplicates_are_seen_whatever_their_length():
    x = RNG.normal(size=(6, 4))
    x[4] = 3 * x[1]
    assert duplicates(x).tolist() == [False, True, False, False, True, False]


def test_bad_calls():
    x = RNG.normal(size=(6, 4))
    with pytest.raises(InputError, match="batch_size must be between 3 and the 6 rows, got 7"):
        batch_view(x, x, temperature=0.1, batch_size=7)
    with pytest.raises(InputError, match="temperature must be a positive number"):
        batch_view(x, x, temperature=0.0, batch_size=4)
