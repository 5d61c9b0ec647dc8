"""Suites: the same frozen model on several sets, each with few labels and a linear probe, and their mean."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data import Batch, Examples, infer_roles, named
from counterpoint.evaluation import Measure, probe_accuracy, suite_scores
from counterpoint.experiments.held_out import load_to_judge
from counterpoint.experiments.judge import Comparison, System, collect, compared
from counterpoint.experiments.protocols.task import LeftOut
from counterpoint.experiments.source import SET, DataSource, load_data

LABELS = 1000
"""Labelled examples of each set, as in VTAB-1k."""
JUDGED = 2000


@dataclass(frozen=True)
class SuiteTask:
    """One set of a suite.

    Attributes:
        name: Of the set.
        group: Sets of one group also have a mean of their own.
        label: The column of its classes, where it is not found by name.
        one_part: Its parts share no class: both sides are drawn from the one to learn from, at random.
    """

    name: str
    group: str
    label: str | None = None
    one_part: bool = False


SUITES: dict[str, tuple[SuiteTask, ...]] = {
    "images": (
        SuiteTask("cifar10", "natural"),
        SuiteTask("fashion_mnist_partial", "natural"),
        SuiteTask("emoji_image_text", "drawn", "group"),
        SuiteTask("omniglot", "drawn", "alphabet", one_part=True),
        SuiteTask("digits", "drawn"),
    ),
    "texts": (SuiteTask("banking77", "topics"), SuiteTask("trec_qc", "topics")),
}
"""Sets that are on this machine or can be; a set that is missing is left out with the reason."""


def run_suite(
    systems: Sequence[System], source: DataSource, name: str, *, labels: int = LABELS, seed: int = 0
) -> tuple[list[Comparison], list[LeftOut]]:
    """Accuracy of a linear probe on each set of a suite, and means by group and of all.

    Zhai et al., "A Large-scale Study of Representation Learning with the Visual Task Adaptation Benchmark" (2019),
    arXiv:1910.04867, with the sets that we have. Images come in the size and channels of the run.

    Args:
        systems: What to compare.
        source: What the run was trained on.
        name: Of the suite.
        labels: Examples to learn from in each set, drawn evenly.
        seed: Draws them.

    Raises:
        InputError: No such suite, or none of its sets can be judged.
    """
    if name not in SUITES:
        raise InputError(f"--suite must be one of {', '.join(SUITES)}, got {name!r}")
    found: dict[str, dict[str, list[Measure]]] = {}
    left_out: list[LeftOut] = []
    for task in SUITES[name]:
        try:
            train, test = _parts(source, task, labels, seed)
            found.setdefault(task.group, {})[task.name] = [_probe(one, train, test, task.name) for one in systems]
        except InputError as error:
            left_out.append(LeftOut(task.name, str(error)))
    if not found:
        raise InputError(f"no set of the suite {name!r} can be judged: {left_out[0].name}: {left_out[0].reason}")
    return compared(systems, [_with_means(found, place) for place in range(len(systems))]), left_out


def _parts(source: DataSource, task: SuiteTask, labels: int, seed: int) -> tuple[Batch, Batch]:
    columns = {"positive": ""} if task.label is None else {"positive": "", "label": task.label}
    if task.one_part:
        return _of_one_part(source, task, columns, labels, seed)
    data = load_to_judge(source, SET + task.name, columns=tuple(columns.items()))
    assert data.test is not None
    rows = np.random.default_rng(seed).permutation(len(data.train))[:labels]
    return data.train.batch(np.sort(rows)), collect(data.test, limit=JUDGED)


def _of_one_part(
    source: DataSource, task: SuiteTask, columns: dict[str, str], labels: int, seed: int
) -> tuple[Batch, Batch]:
    found, trained = named(task.name), load_data(source).train
    roles = infer_roles(found.train, {**found.overrides, **columns})
    if roles.kind is not trained.roles.kind:
        raise InputError(f"{task.name} holds {roles.kind} examples, and the run was trained on {trained.roles.kind}s")
    examples = Examples(found.train, roles, image=trained.image)
    rows = np.random.default_rng(seed).permutation(len(examples))
    return examples.batch(np.sort(rows[:labels])), examples.batch(np.sort(rows[labels : labels + JUDGED]))


def _probe(system: System, train: Batch, test: Batch, name: str) -> Measure:
    assert train.label is not None
    assert test.label is not None
    sides = [system.encode(one.anchor) for one in (train, test)]
    found = probe_accuracy(sides[0], train.label.numpy(), sides[1], test.label.numpy())
    return replace(found, name=name)


def _with_means(found: dict[str, dict[str, list[Measure]]], place: int) -> list[Measure]:
    tasks = {group: {name: systems[place] for name, systems in one.items()} for group, one in found.items()}
    means = [replace(one, name=f"mean/{name}") for name, one in suite_scores(tasks).items()]
    return [*(measure for group in tasks.values() for measure in group.values()), *means]
