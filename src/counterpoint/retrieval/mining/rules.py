"""Which candidates may be negatives: each rule says which it removes, and knows nothing of the others.

The margins are the positive-aware rules of NV-Retriever (Moreira et al. 2024, arXiv:2407.15831): what a model finds
nearly as similar to the query as its positive is likely to be a positive that nobody labelled.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from counterpoint.base.checks import check_not_negative
from counterpoint.base.errors import InputError
from counterpoint.retrieval.checks import at_least
from counterpoint.retrieval.cosines import cosines
from counterpoint.retrieval.mining.candidates import Candidates, KnownPairs
from counterpoint.retrieval.mining.scorers import Scorer


class Rule(Protocol):
    """One reason not to take a candidate."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    def removes(self, found: Candidates) -> np.ndarray:
        """Which candidates must go, bool `[q, K]`; of those that are not kept it may say anything."""
        ...


@dataclass(frozen=True)
class RankWindow:
    """Ranks to take negatives from, 1 being the nearest row; known positives count as ranks too.

    Attributes:
        first: The first rank that is taken.
        last: The last.
    """

    first: int = 1
    last: int = 100
    name = "rank window"

    def __post_init__(self) -> None:
        """Check the ranks."""
        at_least("the first rank", self.first, 1)
        at_least("the last rank", self.last, self.first)

    def removes(self, found: Candidates) -> np.ndarray:
        """What lies outside."""
        rank = np.arange(1, found.rows.shape[1] + 1)
        return np.broadcast_to((rank < self.first) | (rank > self.last), found.rows.shape)


@dataclass(frozen=True)
class Margin:
    """TopK-MarginPos: kept are scores of at most ``positive score - margin``.

    Attributes:
        margin: In units of cosine, at least 0.
    """

    margin: float
    name = "margin"

    def __post_init__(self) -> None:
        """Check the margin."""
        check_not_negative("margin", self.margin)

    def removes(self, found: Candidates) -> np.ndarray:
        """Those that come too near to the positive."""
        return found.scores > (found.positive_scores - self.margin)[:, None]


@dataclass(frozen=True)
class Relative:
    """TopK-PercPos: kept are scores of at most ``share * positive score``.

    Where the positive's score p is negative, that would let in what is more similar than it; the bound is
    ``p - (1 - share) |p|`` for both signs, which is the same for p of at least 0.

    Attributes:
        share: Above 0 and at most 1; the paper takes 0.95.
    """

    share: float = 0.95
    name = "share"

    def __post_init__(self) -> None:
        """Check the share."""
        if not 0 < self.share <= 1:
            raise InputError(f"share must be above 0 and at most 1, got {self.share}")

    def removes(self, found: Candidates) -> np.ndarray:
        """Those that come too near to the positive."""
        positive = found.positive_scores
        return found.scores > (positive - (1 - self.share) * np.abs(positive))[:, None]


@dataclass(frozen=True, eq=False)
class ScorerMargin:
    """A second model decides: kept are candidates that it scores at most ``positive's score - margin``.

    With a guide's :class:`Space` this is what GISTEmbed does within a batch (Solatorio 2024, arXiv:2402.16829); with
    a :class:`PairScorer` a cross-encoder filters, as in RocketQA (Qu et al. 2021, arXiv:2010.08191).

    Attributes:
        scorer: The guide or reranker; it is asked about kept candidates only.
        margin: In its units, at least 0.
        name: What reports call it.
    """

    scorer: Scorer
    margin: float = 0.0
    name: str = "guide"

    def __post_init__(self) -> None:
        """Check the margin."""
        check_not_negative("margin", self.margin)

    def removes(self, found: Candidates) -> np.ndarray:
        """Those that the other model finds too relevant."""
        query, place = np.nonzero(found.kept)
        scores = np.full(found.rows.shape, -np.inf)
        scores[query, place] = self.scorer.scores(found.queries[query], found.rows[query, place])
        return scores > (self.scorer.positive_scores(found.queries) - self.margin)[:, None]


@dataclass(frozen=True, eq=False)
class ExcludeKnown:
    """Rows known to be relevant to the query, or to be the query's own text.

    Attributes:
        pairs: Which.
    """

    pairs: KnownPairs
    name = "known"

    def removes(self, found: Candidates) -> np.ndarray:
        """The known ones."""
        return self.pairs.holds(found.queries, found.rows)


@dataclass(frozen=True, eq=False)
class ExcludeDuplicates:
    """Near copies of the positive, or of a kept candidate of the same query that is ranked before.

    Attributes:
        corpus: `[M, D]`, embeddings of the rows.
        above: Cosine above which one is a copy of the other; two rows of one text have cosine 1.
    """

    corpus: np.ndarray
    above: float = 0.999
    name = "duplicate"

    def __post_init__(self) -> None:
        """Check the threshold."""
        if not -1 <= self.above < 1:
            raise InputError(f"above must be a cosine of at least -1 and below 1, got {self.above}")

    def removes(self, found: Candidates) -> np.ndarray:
        """All but the first of every group of copies."""
        removed = np.zeros(found.rows.shape, dtype=bool)
        for i, positive in enumerate(found.positives):
            places = np.flatnonzero(found.kept[i])
            group = np.concatenate([positive[None], self.corpus[found.rows[i, places]]])
            copies = cosines(group, group) > self.above
            held = [0]
            for number, place in enumerate(places, start=1):
                if copies[number, held].any():
                    removed[i, place] = True
                else:
                    held.append(number)
        return removed
