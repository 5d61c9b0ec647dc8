"""Compositional probes: does an anchor prefer the true description to one with a word swapped, replaced or added?"""

from collections.abc import Sequence

import numpy as np

from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure
from counterpoint.evaluation.checks import Embeddings

TIE = 1e-6
"""Cosines closer than this are equal: a bag of words cannot tell a swap, and rounding must not decide for it."""


def preference_values(anchors: Embeddings, right: Embeddings, wrong: Embeddings) -> np.ndarray:
    """1 where row i of ``right`` is nearer to anchor i than row i of ``wrong``, 0 where it is not, 1/2 at a tie.

    Args:
        anchors: `[N, D]` images, or other captions of them.
        right: `[N, D]` true captions.
        wrong: `[N, D]` the same captions with something changed.

    Raises:
        InputError: Shapes differ.
    """
    anchors = checks.embeddings("anchors", anchors)
    sides = []
    for name, side in (("right", right), ("wrong", wrong)):
        side = checks.embeddings(name, side)
        checks.same_shape("anchors", anchors, name, side)
        sides.append(cosine.paired(anchors, side))
    gap = sides[0] - sides[1]
    return np.where(np.abs(gap) < TIE, 0.5, gap > 0)


def preference(
    anchors: Embeddings,
    right: Embeddings,
    wrong: Embeddings,
    kinds: Sequence[str] | None = None,
    *,
    name: str = "preference",
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """Share of anchors that prefer the true description, overall and for each kind of change; chance is 1/2.

    Hsieh et al., "SugarCrepe: Fixing Hackable Benchmarks for Vision-Language Compositionality" (2023),
    arXiv:2306.14610, with a tie counted half instead of wrong.

    Args:
        anchors: `[N, D]`, or sparse.
        right: `[N, D]`.
        wrong: `[N, D]`.
        kinds: `[N]` what was changed, such as ``swap_obj``; kinds of a single row get no line of their own.
        name: Of the measure over all rows; a kind's is ``name/kind``.
        bootstrap: Resamples, level and seed; rows are drawn.

    Raises:
        InputError: Shapes differ, or fewer than two rows.
    """
    values = preference_values(anchors, right, wrong)
    found = [mean_measure(name, values, bootstrap=bootstrap)]
    if kinds is None:
        return found
    kind = checks.labels("kinds", kinds, len(values))
    distinct, count = np.unique(kind, return_counts=True)
    return found + [
        mean_measure(f"{name}/{one}", values[kind == one], bootstrap=bootstrap) for one in distinct[count > 1]
    ]
