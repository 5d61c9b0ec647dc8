"""What a contrastive loss proves about shared information."""

import math

from counterpoint.base.errors import InputError


def info_nce_bound(loss: float, candidates: int) -> float:
    """``log(candidates) - loss``, in nats: a lower bound of the mutual information of anchors and positives.

    It holds in expectation over fresh batches, for any scores, when the other candidates are drawn independently of the
    anchor; it never exceeds ``log(candidates)``, however much is shared.

    van den Oord, Li and Vinyals, "Representation Learning with Contrastive Predictive Coding" (2018), arXiv:1807.03748,
    Eq. 5.

    Args:
        loss: InfoNCE, with one positive per anchor.
        candidates: How many each positive was found among, itself included.

    Raises:
        InputError: There are no candidates, or the loss is not finite.
    """
    if candidates < 1 or not math.isfinite(loss):
        raise InputError(f"a bound needs a finite loss and at least one candidate, got {loss} and {candidates}")
    return math.log(candidates) - loss
