"""A batch of examples, as methods receive it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from counterpoint.base.content import Content
from counterpoint.data.bad_rows import SkippedRow


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """N examples and what belongs to them.

    Attributes:
        rows: int64 `[N]`, their row numbers in the table.
        anchor: N examples.
        positives: P examples, those of anchor 0 first; None without such columns.
        positive_owner: int64 `[P]`, the anchor (0..N-1) each positive belongs to.
        negatives: Likewise.
        negative_owner: Likewise.
        label: int64 `[N]`, class numbers.
        score: float32 `[N]`, similarity of each anchor and its positive.
        facts: What else is known of the anchors, by ``Fact.key``: `[N]` or `[N, K]`, see :class:`Form`.
        skipped: Rows asked for and left out, with the reason; only with ``BadRows(limit=...)``.
    """

    rows: np.ndarray
    anchor: Content
    positives: Content | None = None
    positive_owner: Tensor | None = None
    negatives: Content | None = None
    negative_owner: Tensor | None = None
    label: Tensor | None = None
    score: Tensor | None = None
    facts: Mapping[str, Tensor] = field(default_factory=dict)
    skipped: tuple[SkippedRow, ...] = ()

    def __len__(self) -> int:
        """Number of anchors N."""
        return len(self.rows)
