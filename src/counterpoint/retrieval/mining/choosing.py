"""What is taken of the candidates that no rule has removed: the nearest, any, or the ambiguous ones."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from counterpoint.base.checks import check_not_negative
from counterpoint.base.errors import InputError
from counterpoint.retrieval.checks import at_least
from counterpoint.retrieval.mining.candidates import Candidates
from counterpoint.retrieval.mining.rules import RankWindow


class Sample(StrEnum):
    """What is taken of the candidates that are left."""

    TOP = "top"
    RANDOM = "random"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How many negatives, from which ranks, and how they are chosen.

    Ambiguous is the draw of SimANS (Zhou et al. 2022, arXiv:2210.11773): candidate i is drawn with a probability
    proportional to ``exp(-sharpness (s_i - p - offset)^2)``, p being the positive's score; without repeats.

    Attributes:
        negatives: At most so many a query.
        window: Ranks to take them from.
        sample: The nearest, any with equal probability, or those whose score is near the positive's.
        seed: Decides the draw, together with the number of the query alone.
        sharpness: Of the ambiguous draw, in units of one over cosine squared; 0 draws any with equal probability.
            With 100, a score 0.1 away from the middle is drawn 0.37 times as often as one there.
        offset: Where the middle of the ambiguous draw is, in cosines above the positive's score.
    """

    negatives: int = 5
    window: RankWindow = field(default_factory=RankWindow)
    sample: Sample = Sample.TOP
    seed: int = 0
    sharpness: float = 100.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Check that the window holds so many."""
        at_least("negatives", self.negatives, 1)
        at_least("seed", self.seed, 0)
        check_not_negative("sharpness", self.sharpness)
        if not np.isfinite(self.offset):
            raise InputError(f"offset must be a finite number, got {self.offset}")
        ranks = self.window.last - self.window.first + 1
        if ranks < self.negatives:
            raise InputError(
                f"{self.negatives} negatives do not fit into ranks {self.window.first} to {self.window.last}"
            )

    def check_corpus(self, rows: int) -> None:
        """Refuse a window that ends beyond the corpus.

        Raises:
            InputError: With both numbers.
        """
        if self.window.last > rows:
            raise InputError(f"the last rank is {self.window.last}, but the corpus has {rows} rows")


def chosen(found: Candidates, plan: Plan) -> np.ndarray:
    """Rows taken for each query, int64 `[q, n]`, nearest first; -1 at the end where fewer than n are left."""
    rows = np.full((len(found.queries), plan.negatives), -1, dtype=np.int64)
    for i, query in enumerate(found.queries):
        places = np.flatnonzero(found.kept[i])
        if plan.sample is not Sample.TOP and len(places) > plan.negatives:
            draw = np.random.default_rng((plan.seed, int(query)))
            if plan.sample is Sample.RANDOM:
                drawn = draw.choice(places, plan.negatives, replace=False)
            else:
                drawn = places[_ambiguous(found.scores[i, places] - found.positive_scores[i], plan, draw)]
            places = np.sort(drawn)
        places = places[: plan.negatives]
        rows[i, : len(places)] = found.rows[i, places]
    return rows


def _ambiguous(above_k: np.ndarray, plan: Plan, draw: np.random.Generator) -> np.ndarray:
    """Places drawn without repeats, given scores above the positive's.

    The largest of log weight plus Gumbel noise: a weighted draw (Kool et al. 2019, arXiv:1903.06059) in which no
    weight can underflow.
    """
    logits = -plan.sharpness * (above_k.astype(np.float64) - plan.offset) ** 2
    return np.argsort(-(logits + draw.gumbel(size=len(logits))), kind="stable")[: plan.negatives]
