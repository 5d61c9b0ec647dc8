"""Similarities of pairs turned into histograms, with how well they separate."""

from typing import Any

import numpy as np

from counterpoint.experiments.report.content import SimilarityPlot, SimilaritySample
from counterpoint.experiments.report.text import number

_BINS = 60


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """The probability that a positive pair is more similar than a negative one, ties counting half.

    Args:
        positive: Similarities `[P]`.
        negative: Similarities `[Q]`.
    """
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).sum() / (2.0 * len(positive) * len(negative)))


def histograms(plot: SimilarityPlot) -> list[dict[str, Any]]:
    """One drawing per moment, on common bins: percent of the pairs per bin, the AUC and the means."""
    moments = [("Before training", plot.before), ("After training", plot.after)]
    present = [(title, sample) for title, sample in moments if sample is not None]
    values = np.concatenate([part for _, sample in present for part in sample])
    low, high = float(values.min()), float(values.max())
    margin = 0.02 * (high - low) or 0.05
    edges = np.linspace(low - margin, high + margin, _BINS + 1)
    return [_moment(title, sample, edges) for title, sample in present]


def _moment(title: str, sample: SimilaritySample, edges: np.ndarray) -> dict[str, Any]:
    positive, negative = sample
    separation = auc(positive, negative)
    return {
        "title": title,
        "auc": number(separation),
        "positive_mean": number(float(positive.mean())),
        "negative_mean": number(float(negative.mean())),
        "counts": f"{len(positive):,} positive and {len(negative):,} negative pairs",
        "x": [round(float(value), 5) for value in (edges[:-1] + edges[1:]) / 2],
        "range": [round(float(edges[0]), 5), round(float(edges[-1]), 5)],
        "width": round(float(edges[1] - edges[0]), 6),
        "positive": _percent(positive, edges),
        "negative": _percent(negative, edges),
    }


def _percent(values: np.ndarray, edges: np.ndarray) -> list[float]:
    counts, _ = np.histogram(values, bins=edges)
    return [round(100 * float(count) / len(values), 3) for count in counts]
