"""Rows and candidates drawn in inverse proportion to how easily they are come by."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from counterpoint.base.checks import check_positive_number
from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.pairs.batches.contract import Batching, BatchPlan, Rows, check_size, generator
from counterpoint.pairs.batches.spread import spread

_CITES = Citation(
    "Miao, Du, Zhang",
    "DebCSE: Rethinking Unsupervised Contrastive Sentence Embedding Learning in the Debiasing Perspective",
    2023,
    "arXiv:2309.07396",
    "Sec. 3, inverse propensity weighted sampling; the propensities are the caller's",
)


@dataclass(frozen=True, kw_only=True)
class InversePropensity(Batching):
    """Row i is used `w_i = max(p_i, floor)^(-power)` times as often as a row of weight 1, in every epoch.

    p_i is the propensity with which a row is come by for a reason that should not count: the frequency of its words,
    of its length, of its class, of its source. The expected uses in an epoch of M batches are `min(M, c * w_i)` with c
    such that they sum to M * B; the real number is the one below or above (systematic sampling). A row that is used
    several times is used in different batches.

    Attributes:
        column: p_i, positive.
        power: 1 undoes the propensity, 0.5 half of it (in the logarithm).
        floor: Smaller propensities count as this one, which bounds the weights.

    Example:
        >>> rows = KnownRows(n=4, columns={"propensity": np.array([0.1, 0.2, 0.2, 0.5])})
        >>> np.bincount(InversePropensity().plan(rows, batch_size=2, seed=0).epoch(0).ravel())[0]
        np.int64(2)
    """

    cites: ClassVar[Citation] = _CITES
    column: str = "propensity"
    power: float = 1.0
    floor: float = 1e-6

    def __post_init__(self) -> None:
        """Refuse numbers that are not positive."""
        check_positive_number("power", self.power)
        check_positive_number("floor", self.floor)

    def plan(self, rows: Rows, *, batch_size: int, seed: int) -> BatchPlan:
        """Expected uses once; every epoch their rounding and a deal."""
        check_size(rows, batch_size)
        weights = inverse_propensity(rows.numbers(self.column), power=self.power, floor=self.floor)
        batches = len(rows) // batch_size
        expected = expected_uses(weights, batches, batch_size)
        capped = int((expected >= batches).sum())
        notices = (
            f"{capped} rows are used in each of the {batches} batches of an epoch, and would be used more often by "
            "their propensity",
        )

        def draw(epoch: int) -> np.ndarray:
            random = generator(seed, epoch)
            uses = _rounded(expected, batches, batches * batch_size, random)
            members = np.repeat(np.arange(len(uses)), uses)
            return members[spread(members, batches, batch_size, random)]

        return BatchPlan(batches=batches, batch_size=batch_size, draw=draw, notices=notices if capped else ())


def inverse_propensity(propensity: np.ndarray, *, power: float = 1.0, floor: float = 1e-6) -> np.ndarray:
    """Weights `max(p, floor)^(-power)`, of the shape of ``propensity``, scaled to a largest of 1.

    Raises:
        InputError: A propensity is not a positive number.
    """
    if not (np.isfinite(propensity).all() and (propensity > 0).all()):
        raise InputError("propensities must be positive numbers, and one is not")
    logs = -power * np.log(np.maximum(propensity, floor))
    return np.exp(logs - logs.max())


def expected_uses(weights: np.ndarray, batches: int, size: int) -> np.ndarray:
    """`min(batches, c * w)`, float64 `[N]`, with c such that they sum to ``batches * size``.

    Args:
        weights: float64 `[N]`, positive, at least ``size`` of them.
        batches: No row is used more often.
        size: Rows of a batch.
    """
    total = batches * size
    order = np.argsort(-weights, kind="stable")
    falling = weights[order]
    tails = np.cumsum(falling[::-1])[::-1]
    # With the k heaviest at the cap, c = (total - k * batches) / (the weight of the others).
    scales = (total - batches * np.arange(len(weights))) / tails
    k = int(np.argmax(scales * falling <= batches * (1 + 1e-12)))
    return np.minimum(batches, scales[k] * weights)


def _rounded(expected: np.ndarray, batches: int, total: int, random: np.random.Generator) -> np.ndarray:
    """Whole numbers, int64 `[N]`, next to ``expected``, with that mean, which sum to ``total``."""
    uses = np.full(len(expected), batches, dtype=np.int64)
    order = random.permutation(np.flatnonzero(expected < batches))
    if len(order):
        edges = np.cumsum(expected[order])
        edges[-1] = total - batches * (len(expected) - len(order))
        uses[order] = np.diff(np.floor(edges + random.random()).astype(np.int64), prepend=0)
    return uses


def draw_candidates(
    relevance: np.ndarray, propensity: np.ndarray, count: int, *, seed: int, power: float = 1.0, floor: float = 1e-6
) -> np.ndarray:
    """Candidates of each anchor, int64 `[N, count]`, drawn without repeats by `relevance_ij / propensity_ij^power`.

    A candidate that is like its anchor in meaning (relevance) though not on the surface (propensity: shared words,
    equal length) is favoured over one that is like it in both.

    Args:
        relevance: float64 `[N, M]`, at least 0; 0 is never drawn.
        propensity: float64 `[N, M]`, positive.
        count: Candidates for each anchor.
        seed: Decides the draw.
        power: How much of the propensity is undone.
        floor: Smaller propensities count as this one.

    Raises:
        InputError: Numbers that cannot be, or an anchor with fewer than ``count`` candidates.
    """
    if relevance.shape != propensity.shape or not (np.isfinite(relevance).all() and (relevance >= 0).all()):
        raise InputError(f"relevance must be numbers of at least 0 of shape {list(propensity.shape)}")
    possible = (relevance > 0).sum(axis=1)
    if (possible < count).any():
        row = int(np.argmin(possible))
        raise InputError(f"anchor {row} has {possible[row]} candidates with relevance, and {count} are to be drawn")
    weights = relevance * inverse_propensity(propensity, power=power, floor=floor)
    with np.errstate(divide="ignore"):
        # The largest of log w + Gumbel noise are a draw without repeats by w.
        scores = np.log(weights) + np.random.default_rng(seed).gumbel(size=weights.shape)
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]
