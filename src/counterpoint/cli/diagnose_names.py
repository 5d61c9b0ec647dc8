"""``counterpoint diagnose`` on a run that holds vectors by name: items and users, or nodes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.cli.nodes import opened_nodes
from counterpoint.cli.recommend import opened_items
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.diagnosing import node_space
from counterpoint.experiments.named_space import NamedSpace
from counterpoint.experiments.recommender.diagnosing import Rows, recommender_space


def named_space(run: Path, rows: Rows | None, against: Path | None, others: Mapping[str, Any]) -> NamedSpace | None:
    """The space of a run on interactions or on edges; None for a run on content.

    Args:
        run: A run folder.
        rows: Items, the usual ones, or users.
        against: Another run.
        others: Options that mean nothing here, by name.

    Raises:
        InputError: One of them was given, ``rows`` of nodes, or a run of another kind to compare with.
    """
    if (items := opened_items(run)) is not None:
        _refuse("a recommender", others)
        other = None if against is None else opened_items(against)
        _check_kind(against, other, "a recommender")
        return recommender_space(items, rows or Rows.ITEMS, against=other)
    if (nodes := opened_nodes(run)) is not None:
        _refuse("a run on edges", {**others, "--rows": rows})
        other_folder = None if against is None else RunFolder(against)
        _check_kind(against, None if other_folder is None else other_folder.graph(), "a run on edges")
        recipe, _, opened = nodes
        return node_space(RunFolder(run), recipe, opened, against=other_folder)
    return None


def _refuse(kind: str, others: Mapping[str, Any]) -> None:
    if taken := [name for name, value in others.items() if value]:
        raise InputError(f"{taken[0]} does not apply to {kind}")


def _check_kind(against: Path | None, found: object, kind: str) -> None:
    if against is not None and found is None:
        raise InputError(f"--against must be {kind} like the run, got {against}")
