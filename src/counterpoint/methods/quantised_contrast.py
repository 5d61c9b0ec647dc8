"""Two views of a sample against each other and against what a codebook keeps of them, shared out per sample."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE


class QuantisedContrast(nn.Module):
    """Instance and cluster contrast, shared out per sample.

    Formula, for views a, b of sample i with share ``w_i``: ``mean_i w_i InfoNCE(a_i, b) + (1 - w_i) InfoNCE(a_i,
    q(b))`` with ``q(b) = softmax(cos(b, Q) / sharpness) Q``. A sample of a user about whom much is known should have a
    large share: what the codebook leaves out of it is known well. After Pan, Yao, Han, Jia, Zhang and Yang (2021),
    "Click-through Rate Prediction with Auto-Quantized Contrastive Learning", arXiv:2109.13921.

    Attributes:
        codebook: Q, learnt `[K, D]`.
    """

    def __init__(self, codes: int, dim: int, *, temperature: float = 0.2, sharpness: float = 0.1) -> None:
        """Draw the codebook from torch's random state.

        Args:
            codes: K.
            dim: D.
            temperature: Of both InfoNCE.
            sharpness: Temperature of the assignment to codes.

        Raises:
            InputError: Fewer than two codes, or a temperature that is not positive.
        """
        super().__init__()
        if codes < 2:
            raise InputError(f"codes must be at least 2, got {codes}")
        check_positive_number("sharpness", sharpness)
        self.codebook = nn.Parameter(torch.randn(codes, dim) * dim**-0.5)
        self.objective, self.sharpness = InfoNCE(temperature=temperature), sharpness

    def quantised(self, rows: Tensor) -> Tensor:
        """What the codebook keeps of rows, `[N, D]`."""
        codes = normalize(self.codebook, dim=1)
        return torch.softmax(normalize(rows, dim=1) @ codes.T / self.sharpness, dim=1) @ codes

    def forward(self, first: Tensor, second: Tensor, share: Tensor) -> Tensor:
        """The loss, a scalar.

        Args:
            first: `[N, D]`.
            second: `[N, D]`, other views of the same samples.
            share: `[N]`, from 0 (the codebook alone) to 1 (the instance alone).

        Raises:
            InputError: A share lies outside.
        """
        if not ((share >= 0) & (share <= 1)).all():
            raise InputError("share must lie between 0 and 1 for every sample")
        loss = first.new_zeros(())
        for weights, candidates in ((share, second), (1 - share, self.quantised(second))):
            if weights.sum() > 0:
                loss = loss + weights.mean() * self.objective(first, candidates, weights=weights)
        return loss
