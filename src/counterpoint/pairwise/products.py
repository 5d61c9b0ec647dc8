"""Matrix products into memory that is there already, in the precision that a plan asks for."""

import torch
from torch import Tensor


def product(a_nD: Tensor, b_Dm: Tensor, *, into: Tensor | None = None, bfloat16: bool = False) -> Tensor:
    """``a @ b``, in the dtype of ``a``."""
    if bfloat16:
        found = _bfloat16_product(a_nD, b_Dm)
        return found.to(a_nD.dtype) if into is None else into.copy_(found)
    return torch.mm(a_nD, b_Dm) if into is None else torch.mm(a_nD, b_Dm, out=into)


def add_product(into: Tensor, w_nm: Tensor, x_mD: Tensor, *, bfloat16: bool) -> None:
    """``into += w @ x``."""
    if bfloat16:
        into.add_(_bfloat16_product(w_nm, x_mD))
    else:
        into.addmm_(w_nm, x_mD)


def _bfloat16_product(a: Tensor, b: Tensor) -> Tensor:
    """Summed in float32; a CPU rounds the sums to bfloat16 once more, as it offers nothing else."""
    if a.is_cuda:
        return torch.mm(a.bfloat16(), b.bfloat16(), out_dtype=torch.float32)
    return a.bfloat16() @ b.bfloat16()
