"""Few-shot classification of frozen embeddings: many small tasks of n classes with k examples each."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure


def few_shot_accuracy(
    embeddings: np.ndarray,
    labels: np.ndarray,
    *,
    ways: int = 5,
    shots: int = 1,
    queries: int = 15,
    episodes: int = 600,
    seed: int = 0,
    bootstrap: Bootstrap = DEFAULT,
) -> Measure:
    """Mean accuracy over episodes of the nearest class mean of unit embeddings.

    Snell et al., "Prototypical Networks for Few-shot Learning", NeurIPS 2017, Eqs. 1-2, on unit rows as in Wang et
    al., "SimpleShot", 2019. Each episode draws ``ways`` classes and, of each, ``shots`` examples to know and
    ``queries`` others to classify by squared Euclidean distance to the class means. The interval is over episodes, as
    published few-shot numbers are; it does not cover the choice of the data set.

    Args:
        embeddings: `[N, D]`.
        labels: `[N]` integers or strings; classes with fewer than ``shots + queries`` examples take no part.
        ways: Classes in an episode.
        shots: Known examples per class.
        queries: Classified examples per class.
        episodes: Number of episodes.
        seed: Seed of the episodes.
        bootstrap: Resamples, level and seed of the interval.

    Raises:
        InputError: Fewer than ``ways`` classes are large enough.
    """
    for name, value, least in (
        ("ways", ways, 2),
        ("shots", shots, 1),
        ("queries", queries, 1),
        ("episodes", episodes, 2),
    ):
        checks.at_least(name, value, least)
    embeddings = checks.embeddings("embeddings", embeddings)
    labels = checks.labels("labels", labels, embeddings.shape[0])
    _, group = np.unique(labels, return_inverse=True)
    members = [np.flatnonzero(group == c) for c in range(group.max() + 1)]
    members = [rows for rows in members if rows.size >= shots + queries]
    if len(members) < ways:
        raise InputError(
            f"labels has {len(members)} classes with at least {shots + queries} examples (shots + queries), "
            f"and {ways} ways need {ways}"
        )
    rng = np.random.default_rng(seed)
    accuracy = [_episode(embeddings, _draw(members, ways, shots + queries, rng), shots) for _ in range(episodes)]
    return mean_measure(f"few_shot_accuracy_{ways}way_{shots}shot", np.array(accuracy), bootstrap=bootstrap)


def _draw(members: list[np.ndarray], ways: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Rows `[ways, size]` of one episode."""
    classes = rng.choice(len(members), size=ways, replace=False)
    return np.stack([rng.choice(members[c], size=size, replace=False) for c in classes])


def _episode(embeddings: np.ndarray, rows: np.ndarray, shots: int) -> float:
    ways, size = rows.shape
    unit = cosine.unit_rows(embeddings[rows.ravel()]).reshape(ways, size, -1)
    mean = unit[:, :shots].mean(axis=1)
    # |x - m|^2 = |x|^2 - 2 x.m + |m|^2, and |x|^2 is the same for every class.
    distance = (mean * mean).sum(axis=1) - 2 * unit[:, shots:] @ mean.T
    return float((distance.argmin(axis=2) == np.arange(ways)[:, None]).mean())
