"""What was searched, removed and taken, in numbers that add up over parts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from counterpoint.retrieval.recall import Recall


@dataclass(frozen=True)
class Tally:
    """Counts; two of them add up.

    Attributes:
        queries: Pairs of query and positive that were mined for.
        candidates: Rows that the search found for them.
        removed: By rule, what it removed of that which earlier rules had left.
        left: What no rule removed.
        taken: Negatives.
        short: Queries that got fewer negatives than asked for.
        judged: Negatives of which a label or judgement is known.
        relevant: Those among them that are relevant: false negatives.
    """

    queries: int = 0
    candidates: int = 0
    removed: Mapping[str, int] = field(default_factory=dict)
    left: int = 0
    taken: int = 0
    short: int = 0
    judged: int = 0
    relevant: int = 0

    @staticmethod
    def of(before: np.ndarray, after: np.ndarray, rows: np.ndarray, *, removed: Mapping[str, int]) -> "Tally":
        """From candidates before and after the rules, bool `[q, K]`, and the rows taken `[q, n]`."""
        taken = rows >= 0
        return Tally(
            queries=len(rows),
            candidates=int(before.sum()),
            removed=removed,
            left=int(after.sum()),
            taken=int(taken.sum()),
            short=int((~taken.all(axis=1)).sum()),
        )

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        rules = dict.fromkeys([*self.removed, *other.removed])
        sums = {name: value + getattr(other, name) for name, value in asdict(self).items() if name != "removed"}
        return Tally(**sums, removed={name: self.removed.get(name, 0) + other.removed.get(name, 0) for name in rules})


@dataclass(frozen=True)
class MiningReport:
    """The result of a mining, as ``mining.json`` holds it.

    Attributes:
        tally: All counts.
        recall: Of an approximate search against the exact one; None for exact search.
        easier: Pairs that were left out because their query has harder positives.
    """

    tally: Tally
    recall: Recall | None
    easier: int = 0

    @property
    def false_negative_rate(self) -> float | None:
        """Share of the judged negatives that are relevant; None when none is judged.

        Where judgements are incomplete and count as irrelevant what they do not name, this is a lower bound.
        """
        return self.tally.relevant / self.tally.judged if self.tally.judged else None

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            **asdict(self.tally),
            "easier": self.easier,
            "recall": None if self.recall is None else asdict(self.recall),
            "false_negative_rate": self.false_negative_rate,
        }
