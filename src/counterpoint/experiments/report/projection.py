"""From embeddings to places in the plane, the same ones every time."""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from counterpoint.base.errors import InputError

TSNE_LIMIT = 2_000
"""Most points that are laid out by t-SNE: seconds of work there, and growing faster than linearly."""

_TSNE_FEWEST = 8
_TSNE_STEPS = 500
_COMPONENTS = 50


@dataclass(frozen=True, kw_only=True, eq=False)
class Projection:
    """Places and how they were found.

    Attributes:
        points: `[N, 2]`, float64.
        method: Name of the method with the setting that matters.
    """

    points: np.ndarray
    method: str


def project(embeddings: np.ndarray, seed: int = 0) -> Projection:
    """Lay out embeddings `[N, D]` in the plane: t-SNE from 8 to 2,000 points, PCA otherwise.

    Rows are brought to length 1 first, because similarity is cosine. t-SNE starts from the principal components and
    runs on one thread, so equal input and seed give equal places.

    Raises:
        InputError: Not a finite matrix, or one without rows or columns.
    """
    if embeddings.ndim != 2 or 0 in embeddings.shape or not np.isfinite(embeddings).all():
        raise InputError(f"expected finite embeddings of shape [N, D], got {embeddings.shape}")
    rows = embeddings.astype(np.float64)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    if np.ptp(rows, axis=0).max() < 1e-9:
        return Projection(points=np.zeros((len(rows), 2)), method="none: all embeddings are equal")
    scores, share = _principal(rows, seed)
    if _TSNE_FEWEST <= len(rows) <= TSNE_LIMIT:
        perplexity = min(30.0, (len(rows) - 1) / 3)
        return Projection(points=_tsne(scores, perplexity, seed), method=f"t-SNE (perplexity {perplexity:.0f})")
    return Projection(points=scores[:, :2], method=f"PCA ({share:.0%} of the variance)")


def _principal(rows: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
    """Up to 50, at least 2 principal component scores, and the share of variance in the first two."""
    model = PCA(min(_COMPONENTS, *rows.shape), random_state=seed)
    scores = model.fit_transform(rows)
    if scores.shape[1] < 2:
        scores = np.column_stack([scores, np.zeros(len(scores))])
    return scores, float(model.explained_variance_ratio_[:2].sum())


def _tsne(scores: np.ndarray, perplexity: float, seed: int) -> np.ndarray:
    start = scores[:, :2] / scores[:, 0].std() * 1e-4
    model = TSNE(perplexity=perplexity, init=start, max_iter=_TSNE_STEPS, random_state=seed)
    # Threads add up forces in an order of their own, and t-SNE amplifies the last digit.
    with threadpool_limits(limits=1):
        return model.fit_transform(scores).astype(np.float64)
