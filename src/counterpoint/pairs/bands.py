"""Triplets from ranks: near neighbours are positives, a band further out is hard negatives, and all beyond is easy."""

from dataclasses import dataclass

import numpy as np
import torch

from counterpoint.base.errors import InputError
from counterpoint.pairs.triplet_lists import Triplets

_ANCHORS = 1024
"""Whose neighbours are looked for at once."""


@dataclass(frozen=True, kw_only=True)
class Bands:
    """Which ranks among an anchor's neighbours triplets are drawn from; rank 1 is the nearest.

    Ostendorff, Rethmeier, Augenstein, Gipp and Rehm, "Neighborhood Contrastive Learning for Scientific Document
    Representations with Citation Embeddings" (2022), arXiv:2202.06671, Section 3: the gap between the bands keeps
    positives and negatives from being confused. The defaults are those of its 52 million papers; a smaller collection
    needs a nearer band of hard negatives.

    Attributes:
        positive: First and last rank of positives.
        hard: First and last rank of hard negatives.
        hard_negatives: Triplets of an anchor with a hard negative.
        easy_negatives: Triplets of an anchor with one of any rank after the hard band.

    Raises:
        InputError: A band is empty, they overlap or change places, or there are no triplets.
    """

    positive: tuple[int, int] = (21, 25)
    hard: tuple[int, int] = (3999, 4000)
    hard_negatives: int = 2
    easy_negatives: int = 3

    def __post_init__(self) -> None:
        (first, last), (hard, far) = self.positive, self.hard
        if not 1 <= first <= last < hard <= far:
            raise InputError(f"bands must be ranks from 1, positive before hard, got {self.positive} and {self.hard}")
        if min(self.hard_negatives, self.easy_negatives) < 0 or self.hard_negatives + self.easy_negatives < 1:
            raise InputError(f"one triplet or more is needed, got {self.hard_negatives} and {self.easy_negatives}")


def band_triplets(vectors: np.ndarray, bands: Bands, *, seed: int) -> Triplets:
    """Triplets of every row that is not zero, drawn from its neighbours by cosine.

    Args:
        vectors: `[N, D]`, such as embeddings of a citation graph; rows of zeros (nodes without an edge) take no part.
        bands: From which ranks.
        seed: Of the draws.

    Raises:
        InputError: Fewer rows than the hard band is deep.
    """
    rows = np.flatnonzero(np.linalg.norm(vectors, axis=1) > 0)
    others, furthest = len(rows) - 1, bands.hard[1] + (bands.easy_negatives > 0)
    if others < furthest:
        raise InputError(f"bands reach to rank {furthest}, and there are {max(others, 0)} neighbours")
    unit = vectors[rows] / np.linalg.norm(vectors[rows], axis=1, keepdims=True)
    rng = np.random.default_rng(seed)
    ranges = [bands.hard] * bands.hard_negatives + [(bands.hard[1] + 1, others)] * bands.easy_negatives
    found = []
    for anchors in np.split(np.arange(len(rows)), range(_ANCHORS, len(rows), _ANCHORS)):
        scores = unit[anchors] @ unit.T
        scores[np.arange(len(anchors)), anchors] = np.inf  # rank 0 is the anchor
        order = np.argsort(-scores, axis=1, kind="stable")
        found += [_drawn(anchors, order, bands.positive, negative, rng) for negative in ranges]
    triples = torch.from_numpy(rows[np.concatenate(found, axis=1)])
    return Triplets(triples[0], triples[1], triples[2], len(vectors))


def _drawn(
    anchors: np.ndarray,
    order: np.ndarray,
    positive: tuple[int, int],
    negative: tuple[int, int],
    rng: np.random.Generator,
) -> np.ndarray:
    """Anchors, positives and negatives, `[3, n]`."""
    ranks = [rng.integers(first, last + 1, len(anchors)) for first, last in (positive, negative)]
    return np.stack([anchors, *(order[np.arange(len(anchors)), rank] for rank in ranks)])
