"""Places in the plane for any number of vectors: landmarks by t-SNE, all others between their nearest landmarks."""

import numpy as np

from counterpoint.experiments.report import TSNE_LIMIT, Projection, project
from counterpoint.retrieval import search

NEAREST = 8
"""Landmarks between which a vector is placed."""

_BLOCK = 50_000


def lay_out(vectors: np.ndarray, *, landmarks: int = TSNE_LIMIT, seed: int = 0) -> Projection:
    """Places for vectors `[N, D]`, a memory map perhaps; the same ones for the same vectors and seed.

    Up to ``landmarks`` vectors are laid out as in a report. Of more, as many are drawn and laid out, and each of the
    others stands at the mean of its 8 most similar landmarks' places with weights exp((s - s_1) / h): s its cosine to
    a landmark, s_1 to the nearest, h the mean of s_1 - s. O(N D) work for a fixed number of landmarks, and memory of
    a block; groups smaller than N / landmarks may have no landmark and lie among their neighbours then.

    Raises:
        InputError: Not a matrix, no rows, or a vector that is not finite (the row is named).
    """
    if len(vectors) <= landmarks:
        return project(np.asarray(vectors), seed)
    drawn = np.sort(np.random.default_rng(seed).choice(len(vectors), landmarks, replace=False))
    corners = np.asarray(vectors[drawn])
    laid_out = project(corners, seed)
    points = np.empty((len(vectors), 2))
    for start in range(0, len(vectors), _BLOCK):
        hits = search(np.asarray(vectors[start : start + _BLOCK]), corners, min(NEAREST, landmarks))
        points[start : start + _BLOCK] = _between(laid_out.points[hits.rows], hits.scores.astype(np.float64))
    points[drawn] = laid_out.points
    return Projection(points=points, method=f"{laid_out.method} of {landmarks} landmarks, the others between them")


def _between(places_nk2: np.ndarray, similarities_nk: np.ndarray) -> np.ndarray:
    behind = similarities_nk[:, :1] - similarities_nk
    weights = np.exp(-behind / np.maximum(behind.mean(1, keepdims=True), 1e-12))
    return (weights[..., None] * places_nk2).sum(1) / weights.sum(1)[:, None]
