"""Mean and 95 % interval of a few values."""

import math

import numpy as np
from scipy import stats


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean of `[S]` values, and the ends of its 95 % t-interval."""
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    half = float(stats.t.ppf(0.975, len(values) - 1)) * spread / math.sqrt(len(values))
    return mean, mean - half, mean + half
