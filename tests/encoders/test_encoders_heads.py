import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders import LinearHead, NoHead, ProjectionHead

HEADS = [ProjectionHead(hidden_dim=6, out_dim=4), ProjectionHead(layers=3, batch_norm=False), LinearHead(), NoHead()]


@pytest.mark.parametrize("spec", HEADS)
def test_shape_and_round_trip(spec):
    head = spec.build(5)
    assert head(torch.randn(3, 5)).shape == (3, head.out_dim)
    assert from_json(to_json(spec)) == spec


def test_projection_head_is_its_formula():
    head = ProjectionHead(hidden_dim=6, out_dim=4).build(5)
    x = torch.randn(8, 5)
    first, _norm, _relu, last = head.layers
    hidden = x @ first.weight.T
    hidden = ((hidden - hidden.mean(0)) / (hidden.var(0, correction=0) + 1e-5).sqrt()).relu()
    torch.testing.assert_close(head(x), hidden @ last.weight.T + last.bias, atol=1e-5, rtol=1e-5)


def test_projection_head_is_as_wide_as_the_embedding_unless_told():
    shapes = [tuple(weight.shape) for weight in ProjectionHead(out_dim=4, layers=3).build(5).parameters()]
    assert [shape for shape in shapes if len(shape) == 2] == [(5, 5), (5, 5), (4, 5)]


def test_one_layer_is_linear():
    assert [tuple(p.shape) for p in ProjectionHead(out_dim=4, layers=1).build(5).parameters()] == [(4, 5), (4,)]
    assert [tuple(p.shape) for p in LinearHead(out_dim=4, bias=False).build(5).parameters()] == [(4, 5)]


def test_no_head_changes_nothing():
    x = torch.randn(3, 5)
    assert torch.equal(NoHead().build(5)(x), x)


@pytest.mark.parametrize("arguments", [{"layers": 0}, {"out_dim": 0}, {"hidden_dim": -1}])
def test_sizes_must_be_positive(arguments):
    with pytest.raises(InputError, match="at least one"):
        ProjectionHead(**arguments)
