"""What every score has to do with an AUC, so that it can be resampled like any mean."""

import numpy as np


def auc_shares(positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Values `[P + Q]` whose mean is the AUC, and whose resampled means vary as the AUC does, to first order.

    The placement ``u_i`` of a positive is the share of negatives below it, ties half; ``w_j`` of a negative the share
    of positives above it. Their means are both the AUC ``A``. With ``N = P + Q`` the value of a positive is
    ``A + (u_i - A) N / P``, that of a negative ``A + (w_j - A) N / Q`` (DeLong, DeLong & Clarke-Pearson, "Comparing the
    areas under two or more correlated receiver operating characteristic curves", Biometrics 44, 1988, whose variance of
    the AUC is that of the mean of these). A resample costs N operations, where the AUC itself takes several passes.

    Args:
        positive: Finite scores `[P]` of what should score high, at least one.
        negative: Likewise `[Q]` of what should not.
    """
    above = _placed(positive, negative)
    below = 1 - _placed(negative, positive)
    auc, n = above.mean(), len(positive) + len(negative)
    return auc + np.concatenate([(above - auc) * n / len(positive), (below - auc) * n / len(negative)])


def _placed(scores: np.ndarray, among: np.ndarray) -> np.ndarray:
    """For each of ``scores`` the share of ``among`` below it, ties half."""
    ordered = np.sort(among)
    either = (np.searchsorted(ordered, scores, side) for side in ("left", "right"))
    return sum(either, np.zeros(len(scores))) / (2 * len(among))
