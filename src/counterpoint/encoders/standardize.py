"""Zero mean and unit spread, fitted once on a sample and kept as buffers."""

import torch
from torch import Tensor, nn

SMALLEST_SPREAD = 1e-6
"""A feature that varies less than this is constant: it is centred and not scaled."""


class Standardize(nn.Module):
    """(x - mean) / spread along axis 1, with buffers of shape `[C]`."""

    mean: Tensor
    spread: Tensor

    def __init__(self, mean: Tensor, spread: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean.to(torch.float32))
        self.register_buffer("spread", spread.to(torch.float32))

    @classmethod
    def fit(cls, x: Tensor) -> "Standardize":
        """Mean and (population) standard deviation of axis 1 of ``x`` `[N, C, ...]`, in float64."""
        axes = [axis for axis in range(x.ndim) if axis != 1]
        spread, mean = torch.std_mean(x.to(torch.float64), dim=axes, correction=0)
        return cls(mean, torch.where(spread < SMALLEST_SPREAD, 1.0, spread))

    @classmethod
    def constant(cls, channels: int, *, mean: float = 0.5, spread: float = 0.5) -> "Standardize":
        """The same mean and spread for every one of ``channels``."""
        return cls(torch.full((channels,), mean), torch.full((channels,), spread))

    def forward(self, x: Tensor) -> Tensor:
        """``x`` `[N, C, ...]` standardised."""
        shape = (1, -1) + (1,) * (x.ndim - 2)
        return (x - self.mean.view(shape)) / self.spread.view(shape)
