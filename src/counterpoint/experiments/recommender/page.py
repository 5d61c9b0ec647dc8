"""The page of a recommender's run."""

from collections.abc import Sequence

import numpy as np

from counterpoint.base.spec import to_json
from counterpoint.data.interactions import name_of
from counterpoint.experiments import report
from counterpoint.experiments.again import commands_again
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.named_space import diagnosed
from counterpoint.experiments.recommend import Vectors
from counterpoint.experiments.recommender.diagnosing import OpenedRun, Rows, recommender_space
from counterpoint.experiments.recommender.opening import Opened
from counterpoint.experiments.recommender.vectors import vectors_of
from counterpoint.experiments.shown_scores import shown_score

MAP_POINTS, QUERIES, HITS = 1_500, 6, 6


def write_page(folder: RunFolder, opened: Opened, found: Sequence[Comparison]) -> None:
    """Curves, measures, items in the plane and diagnosed, and what is recommended to a few users."""
    learnt = folder.recommender()
    assert learnt is not None  # a run on interactions
    recipe, source = learnt
    space = recommender_space(OpenedRun(folder=folder, recipe=recipe, source=source, opened=opened), Rows.ITEMS)
    users, items = vectors_of(folder, opened.split.known)
    shown = np.sort(np.random.default_rng(0).permutation(len(items))[:MAP_POINTS])
    plane = report.project(items[shown], seed=0)
    names = [name_of(one) for one in opened.whole.item_names]
    page = report.Report(
        title=f"Recommendations from {source.data}",
        subtitle=opened.described,
        reproduce=commands_again(folder),
        configuration=to_json(recipe),
        curves=tuple(folder.records()),
        scores=tuple(shown_score(one) for one in found),
        map=report.Map(points=plane.points, method=plane.method, content=[names[row] for row in shown]),
        neighbours=tuple(_recommended(opened, (users, items), int(user)) for user in _asked(opened)),
        questions=diagnosed(folder, space),
    )
    report.write_report(page, folder.report)


def _asked(opened: Opened) -> np.ndarray:
    users = np.unique(opened.split.test.users)
    return users[np.linspace(0, len(users) - 1, min(QUERIES, len(users))).astype(int)]


def _recommended(opened: Opened, vectors: Vectors, user: int) -> report.Neighbours:
    known, scores = opened.split.known, vectors[1] @ vectors[0][user]
    scores[known.items[known.users == user]] = -np.inf
    best = np.argsort(-scores, kind="stable")[: min(HITS, int(np.isfinite(scores).sum()))]
    return report.Neighbours(
        query=report.Item(content=f"user {name_of(known.user_names[user])}", row=user),
        hits=tuple(
            (report.Item(content=name_of(known.item_names[row]), row=int(row)), float(scores[row])) for row in best
        ),
    )
