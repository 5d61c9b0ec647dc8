"""The page of a run of several tasks."""

from collections.abc import Sequence

import numpy as np

from counterpoint.base.spec import to_json
from counterpoint.experiments import report
from counterpoint.experiments.again import commands_again
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.judge import Comparison, collect
from counterpoint.experiments.multi_task.job import choose
from counterpoint.experiments.multi_task.opening import OpenedTasks
from counterpoint.experiments.shown_scores import shown_score

MAP_POINTS = 1_500


def write_page(folder: RunFolder, opened: OpenedTasks, found: Sequence[Comparison], *, notes: Sequence[str]) -> None:
    """Curves, the measures of every task, and held-out texts of all tasks in one plane.

    Args:
        folder: A finished run.
        opened: Its data, of which at least one task holds rows out.
        found: What was measured.
        notes: Rows that were passed over.
    """
    plan, _ = folder.plan()
    page = report.Report(
        title=f"{len(opened.tasks)} tasks: {', '.join(one.name for one in opened.tasks)}",
        subtitle="; ".join(_told(opened)),
        summary=tuple(f"{one.name}: {one.data.described}" for one in opened.tasks),
        reproduce=commands_again(folder),
        configuration=to_json(plan),
        curves=tuple(folder.records()),
        scores=tuple(shown_score(one) for one in found),
        map=_map(folder, opened),
        notes=tuple(notes),
    )
    report.write_report(page, folder.report)


def _told(opened: OpenedTasks) -> list[str]:
    return [
        f"{one.name}: {type(one.recipe.objective).__name__} on {len(one.data.train):,} {one.recipe.supervision.value}"
        for one in opened.tasks
    ]


def _map(folder: RunFolder, opened: OpenedTasks) -> report.Map:
    """Anchors that the tasks hold out, as many of each as there is place for, coloured by task."""
    encoder = folder.encoders()[0]
    judged = [one for one in opened.tasks if one.data.test is not None]
    texts, names, vectors = [], [], []
    for number, one in enumerate(opened.tasks):
        if one.data.test is None:
            continue
        choose(encoder, number)
        anchors = [str(text) for text in collect(one.data.test, limit=MAP_POINTS // len(judged)).anchor]
        texts += anchors
        names += [one.name] * len(anchors)
        vectors.append(encoder.encode(anchors))
    plane = report.project(np.concatenate(vectors), seed=0)
    return report.Map(points=plane.points, method=plane.method, labels=tuple(names), content=texts)
