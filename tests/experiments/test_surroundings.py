import numpy as np
import pytest
import torch
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.experiments.surroundings import walk_surroundings

PATH = sparse.csr_array(np.diag(np.ones(5), 1) + np.diag(np.ones(5), -1))


def test_walks_meet_what_is_near_and_the_shortest_is_the_node():
    near, own = walk_surroundings(PATH, np.array([0, 3]), lengths=(0, 2), walks=30, seed=0)
    assert own.to_dense().argmax(1).tolist() == [0, 3]
    assert (near.to_dense() > 0).int().tolist() == [[1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 1, 1]]
    torch.testing.assert_close(near.to_dense().sum(1), torch.ones(2))


def test_what_does_not_fit_is_one_clear_error():
    with pytest.raises(InputError, match="lengths must be numbers from 0, and walks at least 1"):
        walk_surroundings(PATH, np.arange(2), lengths=(), walks=1, seed=0)
