"""One number for a model, and what every held-out example has to do with it."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import DivergedError
from counterpoint.data import Supervision
from counterpoint.evaluation import NDCG, Qrels, Statistic, knn_predict, mean_of, retrieval_values, spearman_of
from counterpoint.evaluation.cosine import paired
from counterpoint.experiments.compare.ground import Ground
from counterpoint.experiments.judge import System

MEASURES = {
    Supervision.LABELS: "knn_accuracy",
    Supervision.PAIRS: "ndcg@10",
    Supervision.SCORES: "spearman",
}
"""What a comparison is decided by; greater is better for all of them."""


@dataclass(frozen=True)
class Scores:
    """How good a model is.

    Attributes:
        value: The measure on all held-out examples.
        per_example: `[N]`: whether an example was classified rightly (1 or 0), nDCG of a query, or cosine of a pair.
    """

    value: float
    per_example: np.ndarray


def score(system: System, ground: Ground) -> Scores:
    """Judge a model on held-out examples by the measure that goes with their columns.

    Raises:
        DivergedError: Its embeddings are not finite, or so much alike that the measure is undefined.
    """
    per_example = _per_example(system, ground)
    value = float(statistic_of(per_example, ground)(np.ones((1, len(per_example))))[0])
    if not np.isfinite(value):
        raise DivergedError("all embeddings have become the same, so that the measure is undefined")
    return Scores(value, per_example)


def statistic_of(per_example: np.ndarray, ground: Ground) -> Statistic:
    """The measure as a function of how often each held-out example is drawn."""
    if ground.supervision is not Supervision.SCORES:
        return mean_of(per_example)
    assert ground.asked.score is not None
    return spearman_of(per_example, ground.asked.score.numpy())


def _per_example(system: System, ground: Ground) -> np.ndarray:
    known, asked = ground.known, ground.asked
    match ground.supervision:
        case Supervision.LABELS:
            assert known.label is not None
            assert asked.label is not None
            predicted = knn_predict(
                _finite(system.encode(known.anchor)), known.label.numpy(), _finite(system.encode(asked.anchor))
            )
            return (predicted == asked.label.numpy()).astype(np.float64)
        case Supervision.SCORES:
            assert asked.positives is not None
            first, second = _finite(system.encode(asked.anchor)), _finite(system.encode(asked.positives))
            return paired(first, second).astype(np.float64)
        case _:
            assert asked.positives is not None
            assert asked.positive_owner is not None
            queries, documents = system.encode_query(asked.anchor), system.encode_document(asked.positives)
            owners = asked.positive_owner.numpy()
            qrels = Qrels.of_triples(
                owners, np.arange(len(owners)), n_queries=len(queries), n_candidates=len(documents)
            )
            measure = NDCG(10)
            found, _ = retrieval_values(_finite(queries), _finite(documents), qrels, measures=(measure,))
            return found[measure.name]


def _finite(embeddings: np.ndarray) -> np.ndarray:
    if not np.isfinite(embeddings).all():
        raise DivergedError("the trained model gives embeddings that are not finite")
    return embeddings
