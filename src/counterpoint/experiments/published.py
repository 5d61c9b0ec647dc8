"""A figure that a paper prints, to stand beside ours at its own scale."""

import math
from dataclasses import dataclass

from counterpoint.base.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Published:
    """One figure of a paper's tables.

    Attributes:
        measure: What a trial calls it.
        value: In the unit of the trial.
        spread: Standard deviation that is printed with it; None where there is none.
        side: Whose figure.
        source: Which table of which paper, and what differs from what we run.

    Raises:
        InputError: A value or spread that is not finite, or no source.
    """

    measure: str
    value: float
    source: str
    spread: float | None = None
    side: str = "method"

    def __post_init__(self) -> None:
        if not math.isfinite(self.value) or (self.spread is not None and not 0 <= self.spread < math.inf):
            raise InputError(f"a published figure must be finite, got {self.value} and spread {self.spread}")
        if not self.source.strip():
            raise InputError(f"the source of the published {self.measure} must be named")
