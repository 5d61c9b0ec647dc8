"""What objectives of scored pairs share: the pairs become rows of one number each."""

from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.pairwise import Given, Greater, Problem, checked_embeddings


def scored_pairs(
    name: str, anchors: Tensor, candidates: Tensor | None, given: Given, *, graded: bool = False
) -> Problem:
    """Pairs of pairs: rows are cosines `[N, 1]`, and a pair is positive with every pair of lower score.

    Args:
        name: The objective, for messages.
        anchors: `[N, D]`.
        candidates: `[N, D]`.
        given: Scores `[N]`, and nothing else.
        graded: How far scores are apart counts, and not their order alone.

    Raises:
        InputError: Scores are missing, or something else was given that such an objective has no use for.
    """
    if candidates is None or given.scores is None:
        raise InputError(f"{name} needs two sides of scored pairs: objective(a, b, scores=y)")
    given.only("scores", why=f"{name} orders pairs by their scores")
    a = checked_embeddings("anchors", anchors)
    b = checked_embeddings("candidates", candidates, like=a)
    scores = given.scores.to(a.device)
    if scores.shape != (len(a),) or len(b) != len(a):
        raise InputError(f"got {len(a)} anchors, {len(b)} candidates and scores of shape {list(scores.shape)}")
    if scores.is_complex() or bool(scores.isnan().any()):
        raise InputError("scores must be real numbers, and some are not")
    pairs = (unit_rows(a) * unit_rows(b)).sum(1, keepdim=True)
    return Problem(pairs, pairs, Greater(scores, scores, graded=graded))


def mean_over_pairs(total_N: Tensor, count_N: Tensor) -> Tensor:
    """Mean over ordered pairs of pairs, from their sums and numbers; 0 when all scores are equal."""
    return total_N.sum() / count_N.sum().clamp_min(1)
