"""Sparse matrices: their shape, and the same as tensors."""

from typing import Any, cast

import numpy as np
import torch
from scipy import sparse
from torch import Tensor


def shape_of(matrix: Any) -> tuple[int, int]:
    """Rows and columns; scipy's own annotation of a shape allows for none."""
    rows, columns = cast(tuple[int, int], matrix.shape)
    return int(rows), int(columns)


def sparse_tensor(matrix: Any) -> Tensor:
    """A sparse float32 tensor with the entries of a scipy matrix."""
    entries = sparse.coo_array(matrix)
    place = torch.from_numpy(np.stack(entries.coords).astype(np.int64))
    values = torch.from_numpy(entries.data.astype(np.float32))
    return torch.sparse_coo_tensor(place, values, shape_of(entries), check_invariants=True).coalesce()
