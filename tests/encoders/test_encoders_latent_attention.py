"""Latent attention."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import LatentAttention, Mean


def stirred(pool):
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in pool.parameters():
            weight.copy_(torch.randn_like(weight) * 0.3)
    return pool.double()


def test_it_starts_as_the_mean():
    states, mask = torch.randn(2, 5, 8), torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    torch.testing.assert_close(
        LatentAttention(latents=3, heads=2).build(8)(states, mask), Mean().build(8)(states, mask)
    )


def test_it_is_its_formula_with_one_head():
    pool, dim = stirred(LatentAttention(latents=3, heads=1).build(4)), 4
    states = torch.randn(1, 6, dim, dtype=torch.float64)
    weight, bias = pool.look_up.in_proj_weight.view(3, dim, dim), pool.look_up.in_proj_bias.view(3, dim)
    query = pool.norm(states[0]) @ weight[0].T + bias[0]
    key, value = (pool.latents @ weight[part].T + bias[part] for part in (1, 2))
    found = torch.softmax(query @ key.T / dim**0.5, dim=1) @ value
    out = states[0] + found @ pool.look_up.out_proj.weight.T + pool.look_up.out_proj.bias
    out = out + pool.perceptron(pool.second_norm(out))
    torch.testing.assert_close(pool(states, torch.ones(1, 6))[0], out.mean(0))


def test_padding_changes_nothing_and_every_part_learns():
    pool = stirred(LatentAttention(latents=5, heads=2).build(8))
    states = torch.randn(2, 4, 8, dtype=torch.float64)
    mask = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]])
    out = pool(states, mask)
    torch.testing.assert_close(pool(states.masked_fill(mask[..., None] == 0, 9.0), mask), out)
    out.square().sum().backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in pool.parameters())


@pytest.mark.parametrize(
    ("options", "message"), [({"latents": 0}, "latents must be"), ({"heads": 3}, "heads must divide")]
)
def test_what_does_not_fit(options, message):
    with pytest.raises(InputError, match=message):
        LatentAttention(**options).build(8)
