"""The page of a recommender's run."""

from collections.abc import Sequence

import numpy as np

from counterpoint.base.spec import to_json
from counterpoint.encoders.id_vectors import IdTables
from counterpoint.experiments import report
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.named_vectors import tables_of
from counterpoint.experiments.recommender.opening import Opened
from counterpoint.experiments.shown_scores import shown_score

MAP_POINTS, QUERIES, HITS = 1_500, 6, 6


def write_page(folder: RunFolder, opened: Opened, found: Sequence[Comparison]) -> None:
    """Curves, measures, items in the plane, and what is recommended to a few users."""
    recipe, source = folder.plan()
    encoder = tables_of(folder)
    items, users = encoder.encode(encoder.names["items"]), encoder.table[len(encoder.names["items"]) :].numpy()
    shown = np.sort(np.random.default_rng(0).permutation(len(items))[:MAP_POINTS])
    plane = report.project(items[shown], seed=0)
    names = encoder.names["items"]
    page = report.Report(
        title=f"Recommendations from {source.data if source else 'interactions'}",
        subtitle=opened.described,
        configuration=to_json(recipe),
        curves=tuple(folder.records()),
        scores=tuple(shown_score(one) for one in found),
        map=report.Map(points=plane.points, method=plane.method, content=[names[row] for row in shown]),
        neighbours=tuple(_recommended(encoder, opened, items, users, int(user)) for user in _asked(opened)),
    )
    report.write_report(page, folder.report)


def _asked(opened: Opened) -> np.ndarray:
    users = np.unique(opened.split.test.users)
    return users[np.linspace(0, len(users) - 1, min(QUERIES, len(users))).astype(int)]


def _recommended(
    encoder: IdTables, opened: Opened, items: np.ndarray, users: np.ndarray, user: int
) -> report.Neighbours:
    scores = items @ users[user] / max(float(np.linalg.norm(users[user])), 1e-12)
    known = opened.split.known
    scores[known.items[known.users == user]] = -np.inf
    best = np.argsort(-scores, kind="stable")[: min(HITS, int(np.isfinite(scores).sum()))]
    return report.Neighbours(
        query=report.Item(content=f"user {encoder.names['users'][user]}", row=user),
        hits=tuple(
            (report.Item(content=encoder.names["items"][row], row=int(row)), float(scores[row])) for row in best
        ),
    )
