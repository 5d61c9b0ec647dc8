"""Fused log-sum-exps on a GPU: scores live in registers, tile by tile, and no matrix is stored.

Importing this package does not import Triton; the first call does.
"""

from counterpoint.pairwise.triton.availability import usable
from counterpoint.pairwise.triton.fused import fused_log_sum_exps

__all__ = ["fused_log_sum_exps", "usable"]
