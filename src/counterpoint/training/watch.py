"""Watching the loss for NaN and infinity without waiting for the device at every step."""

import torch
from torch import Tensor


class LossWatch:
    """Remembers, on the device, the first step whose loss was not finite."""

    def __init__(self, device: torch.device) -> None:
        self._first = torch.full((), -1, dtype=torch.int64, device=device)

    def see(self, loss: Tensor, step: int) -> None:
        """Look at the loss of ``step``."""
        bad = ~torch.isfinite(loss) & (self._first < 0)
        self._first = torch.where(bad, step, self._first)

    def first_bad(self) -> int | None:
        """The first bad step so far; waits for the device."""
        step = int(self._first)
        return step if step >= 0 else None
