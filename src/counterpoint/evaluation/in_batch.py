"""What the negatives of a batch are worth at a temperature: how many count, and how many are false."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine


@dataclass(frozen=True)
class BatchView:
    """The repulsion of in-batch negatives, averaged over anchors and batches.

    The softmax loss pushes an anchor away from negative j in proportion to ``w_j``, the softmax over negatives of its
    similarities over the temperature.

    Attributes:
        negatives: In a batch, for each anchor.
        effective: ``exp(entropy(w))``: as many equal negatives would push alike.
        hardest_share: Share of all push that comes from the hardest tenth of the negatives.
        positive_probability: Mean softmax of the positive among all candidates; towards 1 nothing is left to learn.
        false_share: Share of all push that goes to negatives of the anchor's own label; None without labels.
        false_rate: Share of the negatives that have the anchor's own label; None without labels.
    """

    negatives: int
    effective: float
    hardest_share: float
    positive_probability: float
    false_share: float | None
    false_rate: float | None


def batch_view(
    first: np.ndarray,
    second: np.ndarray,
    *,
    temperature: float,
    batch_size: int,
    labels: np.ndarray | None = None,
    batches: int = 20,
    seed: int = 0,
) -> BatchView:
    """Look at random batches as a softmax loss sees them, and take the mean of what is seen.

    Args:
        first: `[N, D]` anchors.
        second: `[N, D]`; row i is the positive of anchor i, and a negative of the others.
        temperature: Of the loss.
        batch_size: Rows of a batch, at most N.
        labels: `[N]`, where there are any: negatives of the anchor's own label are false ones.
        batches: How many are drawn; the standard error falls with their square root.
        seed: Of the draw.

    Raises:
        InputError: Shapes do not fit, or the batch is larger than the data or smaller than 3.
    """
    views = batch_views(
        first, second, temperature=temperature, batch_size=batch_size, labels=labels, batches=batches, seed=seed
    )
    effective, hardest, positive = (
        float(np.mean([getattr(view, name) for view in views]))
        for name in ("effective", "hardest_share", "positive_probability")
    )
    share, rate = (
        None if labels is None else float(np.mean([getattr(view, name) for view in views]))
        for name in ("false_share", "false_rate")
    )
    return BatchView(batch_size - 1, effective, hardest, positive, share, rate)


def batch_views(
    first: np.ndarray,
    second: np.ndarray,
    *,
    temperature: float,
    batch_size: int,
    labels: np.ndarray | None = None,
    labels_are_positives: bool = False,
    batches: int = 20,
    seed: int = 0,
) -> list[BatchView]:
    """As :func:`batch_view`, each batch by itself: their spread is the error of the mean.

    Args:
        first: `[N, D]` anchors.
        second: `[N, D]`; row i is the positive of anchor i.
        temperature: Of the loss.
        batch_size: Rows of a batch, at most N.
        labels: `[N]`, where there are any.
        labels_are_positives: Rows of the anchor's label are positives of the loss: they are no negatives.
        batches: How many are drawn.
        seed: Of the draw.

    Raises:
        InputError: Shapes do not fit, the batch is larger than the data or smaller than 3, or no anchor has a negative.
    """
    first, second = checks.dense("first", first), checks.dense("second", second)
    checks.same_shape("first", first, "second", second)
    checks.positive("temperature", temperature)
    checks.at_least("batches", batches, 1)
    if not 3 <= batch_size <= len(first):
        raise InputError(f"batch_size must be between 3 and the {len(first)} rows, got {batch_size}")
    if labels is not None:
        labels = checks.labels("labels", labels, len(first))
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(len(first), batch_size, replace=False) for _ in range(batches)]
    return [
        _one_batch(first[i], second[i], temperature, None if labels is None else labels[i], labels_are_positives)
        for i in drawn
    ]


def duplicates(embeddings: np.ndarray, *, at_least: float = 0.999) -> np.ndarray:
    """Whether each row has another that is as good as the same, bool `[N]`; exact, in blocks.

    Args:
        embeddings: `[N, D]`, or sparse.
        at_least: The cosine from which two rows count as one.
    """
    embeddings = checks.embeddings("embeddings", embeddings)
    blocks = cosine.top_k(embeddings, embeddings, 1, exclude_self=True)
    return np.concatenate([block.similarity[:, 0] >= at_least for block in blocks])


def _one_batch(
    first: np.ndarray, second: np.ndarray, temperature: float, labels: np.ndarray | None, labels_are_positives: bool
) -> BatchView:
    scores = cosine.similarities(cosine.unit_rows(first), cosine.unit_rows(second)).astype(np.float64) / temperature
    n = len(scores)
    positive = float(np.diag(special.softmax(scores, axis=1)).mean())
    same = np.eye(n, dtype=bool) if labels is None else labels[:, None] == labels[None, :]
    negative = ~same if labels_are_positives else ~np.eye(n, dtype=bool)
    kept = negative.any(axis=1)
    if not kept.any():
        raise InputError("no anchor of a batch has a negative")
    push = special.softmax(np.where(negative, scores, -np.inf)[kept], axis=1)
    count = negative[kept].sum(axis=1)
    tenth = np.maximum(1, np.round(0.1 * count)).astype(np.int64)
    largest = np.cumsum(-np.sort(-push, axis=1), axis=1)
    false = same[kept] & negative[kept]
    return BatchView(
        round(count.mean()),
        float(np.exp(special.entr(push).sum(axis=1)).mean()),
        float(largest[np.arange(len(push)), tenth - 1].mean()),
        positive,
        None if labels is None else float((push * false).sum(axis=1).mean()),
        None if labels is None else float((false.sum(axis=1) / count).mean()),
    )
