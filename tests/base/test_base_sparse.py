import numpy as np
import pytest
import torch
from scipy import sparse

from counterpoint.base.sparse import shape_of, sparse_tensor


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
def test_a_tensor_has_the_entries_of_the_matrix(kind):
    dense = np.array([[0, 2, 0], [1, 0, 3]])
    assert shape_of(kind(dense)) == (2, 3)
    found = sparse_tensor(kind(dense))
    assert found.dtype == torch.float32
    assert found.is_coalesced()
    assert found.to_dense().tolist() == dense.tolist()
