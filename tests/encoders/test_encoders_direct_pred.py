"""The closed-form predictor and the projection off directions, against their formulas."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders import DirectPred, DirectPredictor, NullspaceProjection, PredictionHead, nullspace_projection


def rows(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def test_the_predictor_is_its_formula():
    part = DirectPredictor(rho=0.3, eps=0.1).build(5).layers
    assert isinstance(part, DirectPred)
    first, second = rows(20, 5), rows(20, 5, seed=1) * torch.arange(1.0, 6.0)
    part.observe(first)
    part.observe(second)
    correlation = 0.3 * (first.T @ first / 20) + 0.7 * (second.T @ second / 20)
    torch.testing.assert_close(part.correlation_DD, correlation)
    values, vectors = torch.linalg.eigh(correlation)
    weight = vectors @ torch.diag((values / values.max()).sqrt() + 0.1) @ vectors.T
    torch.testing.assert_close(part.weight_DD, weight, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(part(first), first @ weight, atol=1e-4, rtol=1e-4)


def test_its_square_is_the_correlation():
    """Without eps, W is a root of F over its largest eigenvalue."""
    part = DirectPred(4, rho=0.0, eps=0.0)
    part.observe(rows(50, 4))
    square = part.weight_DD @ part.weight_DD
    largest = torch.linalg.eigvalsh(part.correlation_DD).max()
    torch.testing.assert_close(square, part.correlation_DD / largest, atol=1e-5, rtol=1e-4)


def test_gradients_reach_the_input_and_nothing_else():
    part = DirectPred(4, rho=0.3, eps=0.01)
    z = rows(6, 4).requires_grad_()
    part.observe(z)
    out = part(z)
    part.observe(rows(6, 4, seed=3))  # before the backward pass
    out.sum().backward()
    assert z.grad is not None
    assert not any(True for _ in part.parameters())
    assert not part.correlation_DD.requires_grad


def test_before_it_has_seen_anything_it_passes_on():
    z = rows(3, 4)
    assert torch.equal(DirectPred(4, rho=0.3, eps=0.01)(z), z)


def test_what_it_has_seen_is_saved():
    part, again = (DirectPred(4, rho=0.3, eps=0.01) for _ in range(2))
    part.observe(rows(9, 4))
    again.load_state_dict(part.state_dict())
    z = rows(5, 4, seed=2)
    part.observe(z)
    again.observe(z)
    assert torch.equal(part(z), again(z))


@pytest.mark.parametrize("z", [torch.zeros(5, 3), torch.ones(5, 3), torch.full((5, 3), 1e-30)])
def test_collapsed_inputs_give_a_finite_predictor(z):
    part = DirectPred(3, rho=0.3, eps=0.01)
    part.observe(z)
    assert torch.isfinite(part.weight_DD).all()


@pytest.mark.parametrize("spec", [DirectPredictor(), PredictionHead(), PredictionHead(hidden_dim=3, batch_norm=False)])
def test_predictors_keep_the_dimension_and_are_written_down(spec):
    head = spec.build(8)
    assert head.out_dim == 8
    assert head(rows(4, 8)).shape == (4, 8)
    assert from_json(to_json(spec)) == spec


def test_a_prediction_head_is_a_bottleneck():
    shapes = [tuple(one.shape) for one in PredictionHead(batch_norm=False).build(8).parameters() if one.ndim == 2]
    assert shapes == [(2, 8), (8, 2)]


@pytest.mark.parametrize(("arguments", "why"), [({"rho": 1.0}, "rho must be"), ({"eps": -0.1}, "eps must be")])
def test_bad_settings(arguments, why):
    with pytest.raises(InputError, match=why):
        DirectPredictor(**arguments)


def test_a_projection_takes_the_directions_away_and_nothing_else():
    directions = torch.tensor([[1.0, 1.0, 0.0, 0.0], [2.0, 2.0, 0.0, 0.0]])  # of one line
    projection = nullspace_projection(directions)
    z = rows(7, 4)
    torch.testing.assert_close(z @ projection @ directions.T, torch.zeros(7, 2), atol=1e-6, rtol=0)
    torch.testing.assert_close(projection @ projection, projection)
    kept = torch.tensor([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 3.0, 1.0]])
    torch.testing.assert_close(kept @ projection, kept)


def test_rounds_of_projection_remove_the_span_of_all_directions():
    part, (first, second) = NullspaceProjection(5), (rows(1, 5), rows(2, 5, seed=1))
    part.remove(first)
    part.remove(second)
    expected = nullspace_projection(torch.cat([first, second]))
    torch.testing.assert_close(part.projection_DD, expected, atol=1e-5, rtol=1e-4)
    assert torch.linalg.matrix_rank(part.projection_DD, atol=1e-4) == 2


def test_projection_guards_a_planted_attribute():
    """A linear attribute cannot be told any more after a round, and one at right angles to it still can."""
    z = rows(400, 6)
    attribute, task = z[:, 0].sign(), z[:, 1].sign()
    part = NullspaceProjection(6)

    def weights(target):
        return torch.linalg.lstsq(part(z), target[:, None], driver="gelsd").solution.T

    def accuracy(target):
        return ((part(z) @ weights(target).T)[:, 0].sign() == target).float().mean()

    assert accuracy(attribute) > 0.9
    part.remove(weights(attribute))
    assert accuracy(attribute) < 0.6
    assert accuracy(task) > 0.9


@pytest.mark.parametrize(
    "directions", [torch.ones(3), torch.ones(2, 3, dtype=torch.int64), torch.tensor([[float("nan")]])]
)
def test_bad_directions(directions):
    with pytest.raises(InputError, match="directions"):
        nullspace_projection(directions)
    with pytest.raises(InputError, match=r"directions must have D = 4, got \[2, 3\]"):
        NullspaceProjection(4).remove(torch.ones(2, 3))
