import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders.meta_filter import MetaFilter


def made(rank=2):
    torch.manual_seed(0)
    module = MetaFilter(4, told=6, rank=rank)
    return module, torch.randn(5, 4), torch.randn(5, 6)


def test_every_row_passes_its_own_matrix():
    module, rows, told = made()
    found = module(rows, told)
    known = module.compress(told)
    down, up = module.down(known).reshape(5, 4, 2), module.up(known).reshape(5, 2, 4)
    for i in range(5):
        left = torch.softmax(down[i] + down.mean(0), 0)
        right = torch.softmax(up[i] + up.mean(0), 0)
        torch.testing.assert_close(found[i], rows[i] @ left @ right)


def test_it_averages_so_that_equal_features_pass_whole():
    module, _, told = made(rank=3)
    torch.testing.assert_close(module(torch.full((5, 4), 2.5), told), torch.full((5, 4), 2.5))


def test_what_is_told_learns_nothing_and_the_rest_does():
    module, rows, told = made()
    rows.requires_grad_()
    told.requires_grad_()
    module(rows, told).square().sum().backward()
    assert told.grad is None
    assert rows.grad.abs().sum() > 0
    assert all(one.grad is not None and one.grad.abs().sum() > 0 for one in module.parameters())


@pytest.mark.parametrize("sizes", [(0, 6, 2), (4, 0, 2), (4, 6, 0)])
def test_sizes_below_one_are_refused(sizes):
    dim, told, rank = sizes
    with pytest.raises(InputError, match=f"at least 1, got {dim}, {told} and {rank}"):
        MetaFilter(dim, told=told, rank=rank)
