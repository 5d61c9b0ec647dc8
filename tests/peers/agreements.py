"""What agrees with a public peer, in value and gradient: a table that the tests run and docs/peers.md shows."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 0, 0, 1, 2, 2])

Both = tuple[Tensor, Tensor, tuple[Tensor, ...]]
"""Our value, theirs, and what both are differentiated by."""


@dataclass(frozen=True)
class Agreement:
    """One loss of ours and one of theirs.

    Attributes:
        package: Whose.
        theirs: Class and settings.
        ours: Class and settings.
        note: Where the definitions differ otherwise, and so what the comparison leaves out.
        compute: Both values on the same rows.
    """

    package: str
    theirs: str
    ours: str
    note: str
    compute: Callable[[], Both]


class Table(list[Agreement]):
    """The agreements with one library."""

    def __init__(self, package: str) -> None:
        super().__init__()
        self.package = package

    def row(self, theirs: str, ours: str, note: str = "") -> Callable[[Callable[[], Both]], Callable[[], Both]]:
        """Enter what the function computes."""

        def enter(compute: Callable[[], Both]) -> Callable[[], Both]:
            self.append(Agreement(self.package, theirs, ours, note, compute))
            return compute

        return enter


def rows(n: int = 11, seed: int = 3, width: int = 6) -> Tensor:
    """Rows `[n, width]` in double precision, to be differentiated by."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, width, generator=generator, dtype=torch.float64).requires_grad_()
