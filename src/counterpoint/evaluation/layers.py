"""Which layer of a model to take: what can be measured of every layer without labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.information import info_nce_bound
from counterpoint.evaluation.matrix_entropy import matrix_entropy, shared_entropy
from counterpoint.evaluation.spectrum import lidar


@dataclass(frozen=True)
class LayerMeasures:
    """One layer, seen without labels.

    Skean et al., "Layer by Layer: Uncovering Hidden Representations in Language Models" (2025), arXiv:2502.02013.

    Attributes:
        entropy: Mean over texts of the matrix entropy of their tokens, in nats.
        effective_rank: Mean over texts of its exponential.
        curvature: Mean over texts of how sharply their path from token to token turns, in radians.
        info_nce: ``log N`` less the InfoNCE loss between two views, in nats; more is more invariant.
        lidar: Effective rank of what tells examples apart across their views.
        shared_entropy: What two views share by matrix entropies (DiME), in nats.
    """

    entropy: float
    effective_rank: float
    curvature: float
    info_nce: float
    lidar: float
    shared_entropy: float


def layer_measures(tokens: Sequence[np.ndarray], first: np.ndarray, second: np.ndarray) -> LayerMeasures:
    """All that is measured of one layer.

    Args:
        tokens: For every text its tokens `[L, D]` in their order; L may differ, and is 3 or more.
        first: `[N, D]` embeddings of one view of N examples.
        second: `[N, D]` of another view of them.

    Raises:
        InputError: There is no text, a text has fewer than three tokens, or views do not fit each other.
    """
    if not tokens:
        raise InputError("tokens must hold at least one text")
    entropies = np.array([matrix_entropy(one) for one in tokens])
    views = np.concatenate([first, second])
    return LayerMeasures(
        entropy=float(entropies.mean()),
        effective_rank=float(np.exp(entropies).mean()),
        curvature=float(np.mean([curvature(one) for one in tokens])),
        info_nce=view_information(first, second),
        lidar=lidar(views, np.tile(np.arange(len(first)), 2)),
        shared_entropy=shared_entropy(first, second),
    )


def choose_layer(values: Sequence[float], *, lower: bool = False) -> int:
    """The layer with the best value of one measure; of equal ones the earliest, which is the cheapest.

    Args:
        values: One per layer.
        lower: Less is better, as for curvature.

    Raises:
        InputError: There is no layer, or a value is not finite.
    """
    found = checks.numbers("values", values, len(values))
    checks.at_least("the number of layers", found.size, 1)
    return int(np.argmin(found) if lower else np.argmax(found))


def curvature(path: np.ndarray) -> float:
    """Mean angle between one step of a path and the next, in radians: 0 on a straight line, pi where it turns back.

    Formula: the mean over k of ``arccos(<v_k, v_(k+1)> / (|v_k| |v_(k+1)|))`` with ``v_k = z_(k+1) - z_k``.

    Hosseini and Fedorenko, "Large language models implicitly learn to straighten neural sentence trajectories"
    (2023), arXiv:2311.04930.

    Args:
        path: `[L, D]`, three points or more; points that stay where the one before was are passed over.

    Raises:
        InputError: Fewer than two steps are left.
    """
    steps = np.diff(checks.dense("path", path, at_least=3).astype(np.float64), axis=0)
    steps = steps[np.linalg.norm(steps, axis=1) > 0]
    checks.at_least("the number of steps of path", len(steps), 2)
    return float(np.arccos(np.clip(cosine.paired(steps[:-1], steps[1:]), -1, 1)).mean())


def view_information(first: np.ndarray, second: np.ndarray, *, temperature: float = 0.1) -> float:
    """``log N`` less the InfoNCE loss of finding each row's other view among all rows, in nats; `[N, N]` is held.

    Args:
        first: `[N, D]`; sample the rows of a large set first.
        second: `[N, D]`; row i is another view of row i.
        temperature: Divides the cosines.

    Raises:
        InputError: Shapes do not fit, or the temperature is not positive.
    """
    first, second = checks.dense("first", first), checks.dense("second", second)
    checks.same_shape("first", first, "second", second)
    checks.positive("temperature", temperature)
    scores = cosine.similarities(cosine.unit_rows(first), cosine.unit_rows(second)).astype(np.float64) / temperature
    loss = -float(special.log_softmax(scores, axis=1).diagonal().mean())
    return info_nce_bound(loss, len(scores))
