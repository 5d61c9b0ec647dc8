"""One score over a suite of tasks in groups, as in VTAB, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation.bootstrap import Measure


def suite_scores(tasks: Mapping[str, Mapping[str, Measure]]) -> dict[str, Measure]:
    """The mean of every group, and ``all``: the mean over all tasks, each counted once.

    Zhai et al., "A Large-scale Study of Representation Learning with the Visual Task Adaptation Benchmark" (2019),
    arXiv:1910.04867, Section 2.

    Args:
        tasks: For every group, its tasks by name.

    Raises:
        InputError: There is no group, a group is empty or called ``all``, or two tasks differ in level or direction.
    """
    if not tasks or not all(tasks.values()) or "all" in tasks:
        raise InputError(f"tasks must hold groups of one task or more, none called 'all', got {sorted(tasks)}")
    every = [one for group in tasks.values() for one in group.values()]
    return {name: mean_score(name, list(group.values())) for name, group in tasks.items()} | {
        "all": mean_score("all", every)
    }


def mean_score(name: str, measures: Sequence[Measure]) -> Measure:
    """The mean of measures on different examples; its interval adds their errors as independent ones.

    Formula: each side of the interval is ``sqrt(sum_t h_t^2) / T`` long, ``h_t`` that of task t. The choice of tasks
    is not part of it.

    Args:
        name: Of the mean.
        measures: One per task, of one level and direction.

    Raises:
        InputError: There is none, or levels or directions differ.
    """
    if len({(one.level, one.greater_is_better) for one in measures}) != 1:
        raise InputError("measures must be one or more, of one level and direction")
    values, lows, highs = (np.array([getattr(m, part) for m in measures]) for part in ("value", "low", "high"))
    below, above = (np.sqrt(np.square(side).sum()) / len(measures) for side in (values - lows, highs - values))
    mean = float(values.mean())
    return replace(
        measures[0],
        name=name,
        value=mean,
        low=mean - float(below),
        high=mean + float(above),
        n=sum(one.n for one in measures),
        excluded=sum(one.excluded for one in measures),
    )
