"""How similar are things that belong together, and things that do not: samples of both, for pictures."""

import numpy as np

from counterpoint.base.content import take
from counterpoint.data import Batch, Supervision
from counterpoint.experiments.judge import System

PAIRS = 5_000


def similarity_samples(system: System, test: Batch, supervision: Supervision) -> tuple[np.ndarray, np.ndarray] | None:
    """Cosines of up to 5,000 positive and as many negative pairs; None where the columns name no pairs.

    Positive are: rows of equal label; an anchor and its positive; the pairs scored in the upper third, with the lower
    third as negatives.
    """
    rng = np.random.default_rng(0)
    if supervision is Supervision.LABELS:
        return _by_label(system, test, rng)
    if supervision is Supervision.PAIRS and test.positives is not None and test.positive_owner is not None:
        owners = test.positive_owner.numpy()
        chosen = rng.permutation(len(owners))[:PAIRS]
        a = system.encode_query(take(test.anchor, owners[chosen]))
        b = system.encode_document(take(test.positives, chosen))
        return _cosines(a, b), _cosines(a, np.roll(b, 1, axis=0))
    if supervision is Supervision.SCORES and test.positives is not None and test.score is not None:
        score = test.score.numpy()
        cosines = _cosines(system.encode(test.anchor), system.encode(test.positives))
        low, high = np.quantile(score, [1 / 3, 2 / 3])
        return cosines[score >= high], cosines[score <= low]
    return None


def _by_label(system: System, test: Batch, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    assert test.label is not None
    label, z = test.label.numpy(), system.encode(test.anchor)
    i, j = rng.integers(0, len(label), (2, 40 * PAIRS))
    same, other = (label[i] == label[j]) & (i != j), label[i] != label[j]
    pairs = [np.flatnonzero(kind)[:PAIRS] for kind in (same, other)]
    return _cosines(z[i[pairs[0]]], z[j[pairs[0]]]), _cosines(z[i[pairs[1]]], z[j[pairs[1]]])


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.einsum("nd,nd->n", a, b) / np.maximum(norms, np.finfo(np.float32).tiny)
