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
    """Look at random batches as a softmax loss sees them.

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
    found = [_one_batch(first[i], second[i], temperature, None if labels is None else labels[i]) for i in drawn]
    means = np.mean(np.array(found, dtype=np.float64), axis=0)
    effective, hardest, positive, share, rate = means.tolist()
    known = labels is not None
    return BatchView(batch_size - 1, effective, hardest, positive, share if known else None, rate if known else None)


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
    first: np.ndarray, second: np.ndarray, temperature: float, labels: np.ndarray | None
) -> tuple[float, float, float, float, float]:
    scores = cosine.similarities(cosine.unit_rows(first), cosine.unit_rows(second)).astype(np.float64) / temperature
    n = len(scores)
    positive = float(np.diag(special.softmax(scores, axis=1)).mean())
    others = ~np.eye(n, dtype=bool)
    push = special.softmax(scores[others].reshape(n, n - 1), axis=1)
    tenth = max(1, round(0.1 * (n - 1)))
    hardest = np.partition(push, -tenth, axis=1)[:, -tenth:].sum(axis=1).mean()
    effective = np.exp(special.entr(push).sum(axis=1)).mean()
    if labels is None:
        return effective, hardest, positive, 0.0, 0.0
    same = (labels[:, None] == labels[None, :])[others].reshape(n, n - 1)
    return effective, hardest, positive, float((push * same).sum(axis=1).mean()), float(same.mean())
