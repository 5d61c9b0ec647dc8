"""Products of what is known of rows, in single precision at least: a threshold must not depend on autocast."""

from __future__ import annotations

import torch
from torch import Tensor

from counterpoint.base.numerics import unit_rows


def precise(side: Tensor) -> Tensor:
    """Numbers in single or double precision, without a gradient."""
    return side.detach() if side.dtype in (torch.float32, torch.float64) else side.detach().float()


def products(mine: Tensor, theirs: Tensor) -> Tensor:
    """Inner products of `[n, K]` and `[m, K]`, `[n, m]`, in their own precision."""
    with torch.autocast(mine.device.type, enabled=False):
        return mine @ theirs.T


def cosines(mine: Tensor, theirs: Tensor) -> Tensor:
    """Cosines of `[n, K]` and `[m, K]`, `[n, m]`."""
    return products(unit_rows(mine), unit_rows(theirs))
