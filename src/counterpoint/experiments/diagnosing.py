"""What of a run there is to diagnose: held-out examples through the trained model, its head and its views."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from counterpoint.base.content import Content, Kind, kind_of, take
from counterpoint.base.errors import InputError
from counterpoint.data import Batch, Examples, Supervision
from counterpoint.encoders import Encoder, Role
from counterpoint.evaluation.diagnosis import Subject
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import start_method
from counterpoint.experiments.judge import collect
from counterpoint.experiments.multi_task.job import choose
from counterpoint.experiments.multi_task.opening import open_tasks
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, load_data
from counterpoint.methods import Method
from counterpoint.training import CHECKPOINTS, load_newest_weights
from counterpoint.views import Identity, fork, row_seeds


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Further columns of the data to look at.

    Attributes:
        factors: Columns that should be readable from embeddings.
        group: Column whose directions are to be removed.
        popularity: Column of how often a row is used.
    """

    factors: tuple[str, ...] = ()
    group: str | None = None
    popularity: str | None = None


def run_subject(
    folder: RunFolder, data: Data, *, columns: Columns | None = None, against: RunFolder | None = None
) -> Subject:
    """The held-out examples of ``data`` as the trained model sees them.

    Positives are the given ones; of scored pairs the upper third; of a run that learns from views, a view of each
    example. Rows are at most 20,000, as when judging.

    Args:
        folder: A finished run.
        data: With held-out examples.
        columns: Further columns.
        against: Another run, which embeds the same examples.

    Raises:
        InputError: Nothing was held out, a column is missing, or the other run takes other content.
        CheckpointError: The run is not finished, or damaged.
    """
    recipe, _ = folder.read()
    method = _trained(folder, recipe)
    return _subject(folder, recipe, data, method, folder.encoders(), columns=columns, against=against)


def task_subject(
    folder: RunFolder, plan: MultiTask, task: str, *, data: Data | None = None, columns: Columns | None = None
) -> Subject:
    """The same of a run of several tasks, as one of them has learnt to see its held-out examples.

    Pairs are compared as the encoder leaves them: heads and learnt temperatures belong to training.

    Args:
        folder: A finished run of several tasks.
        plan: What it learnt by.
        task: Whose objective, supervision and expert; its own data are looked at where ``data`` is None.
        data: Others, with held-out examples.
        columns: Further columns.

    Raises:
        InputError: There is no such task, nothing was held out, or a column is missing.
        CheckpointError: The run is not finished, or damaged.
    """
    number = plan.number_of(task)
    opened, encoders = open_tasks(plan).tasks[number], folder.encoders()
    choose(encoders[0], number)
    return _subject(folder, opened.recipe, data or opened.data, None, encoders, columns=columns)


def _subject(
    folder: RunFolder,
    recipe: Recipe,
    data: Data,
    method: Method | None,
    encoders: tuple[Encoder, Encoder],
    *,
    columns: Columns | None,
    against: RunFolder | None = None,
) -> Subject:
    if data.test is None:
        raise InputError(f"{folder.path} held nothing out: name data with --on")
    batch = _paired(collect(data.test), data.test)
    first, other = encoders
    query, document = _roles(data.test.roles.supervision)
    anchors = first.encode(batch.anchor, normalize=False, role=query)
    positives = _positives(recipe, batch)
    subject = Subject(
        anchors=anchors,
        positives=None if positives is None else other.encode(positives, normalize=False, role=document),
        labels=None if batch.label is None else _names(batch.label.numpy(), data.test.label_names),
        labels_are_positives=recipe.supervision is Supervision.LABELS,
        two_sides=other is not first,
        content=fingerprints(batch.anchor),
        temperature=_temperature(recipe, method),
        batch_size=recipe.training.batch_size,
        seed=recipe.training.seed,
        ids=batch.rows,
        against=None if against is None else _embedded(against.encoders()[0], batch.anchor, query),
        **_further(data.test, batch, columns or Columns()),
    )
    return _with_head(subject, method)


def _embedded(encoder: Encoder, content: Content, role: Role) -> np.ndarray:
    return encoder.encode(content, normalize=False, role=role)


def _roles(supervision: Supervision) -> tuple[Role, Role]:
    return (Role.QUERY, Role.DOCUMENT) if supervision is Supervision.PAIRS else (Role.PLAIN, Role.PLAIN)


def _paired(batch: Batch, examples: Examples) -> Batch:
    """One positive for each anchor, its first; anchors without one are left out, and scored pairs of low score."""
    if batch.positives is None or batch.positive_owner is None:
        return batch
    owner, place = np.unique(batch.positive_owner.numpy(), return_index=True)
    if batch.score is not None:
        score = batch.score.numpy()[owner]
        high = score >= np.quantile(score, 2 / 3)
        owner, place = owner[high], place[high]
    return replace(
        batch,
        rows=batch.rows[owner],
        anchor=take(batch.anchor, owner),
        positives=take(batch.positives, place),
        positive_owner=torch.arange(len(owner)),
        label=None if batch.label is None else batch.label[owner],
        score=None,
    )


def _positives(recipe: Recipe, batch: Batch) -> Content | None:
    if batch.positives is not None:
        return batch.positives
    view = recipe.views[1]
    if recipe.supervision is not Supervision.VIEWS or isinstance(view, Identity):
        return None
    return view(batch.anchor, fork(row_seeds(batch.rows, seed=recipe.training.seed, epoch=0), 1))


def _names(labels: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Class names, so that pictures need no table; a missing label is a class of its own."""
    return np.array([*names, "(none)"])[labels]


def fingerprints(content: Content) -> np.ndarray:
    """int64 `[N]`, equal where two examples are the same text or the same numbers."""
    if isinstance(content, torch.Tensor):
        parts: Iterable[bytes] = (row.tobytes() for row in np.ascontiguousarray(content.numpy()))
    else:
        parts = (text.encode("utf-8") for text in content)
    return np.frombuffer(b"".join(hashlib.blake2b(one, digest_size=8).digest() for one in parts), dtype=np.int64)


def _further(examples: Examples, batch: Batch, columns: Columns) -> dict[str, Any]:
    factors = {name: _column(examples, batch, name) for name in columns.factors}
    if columns.group is not None:
        factors["group"] = _column(examples, batch, columns.group)
    nuisances: dict[str, np.ndarray] = {}
    if kind_of(batch.anchor) is Kind.TEXT:
        nuisances["length"] = np.array([len(text) for text in batch.anchor], dtype=np.float64)
    if columns.popularity is not None:
        nuisances["popularity"] = _column(examples, batch, columns.popularity).astype(np.float64)
    return {"factors": factors, "nuisances": nuisances}


def _column(examples: Examples, batch: Batch, name: str) -> np.ndarray:
    values = np.asarray(examples.table.take(batch.rows, [name])[name])
    if values.ndim != 1 or values.dtype.kind not in "iubfUO":
        raise InputError(f"column {name} must hold one number or text for each row")
    return values.astype(str) if values.dtype == object else values


def _trained(folder: RunFolder, recipe: Recipe) -> Method | None:
    """The method as its last checkpoint left it; None where that is not what the saved model is, or not known."""
    source = folder.read()[1]
    if source is None or recipe.training.ema is not None:
        return None
    method = start_method(recipe, load_data(source).train)
    return method.eval() if load_newest_weights(folder.path / CHECKPOINTS, method) else None


def _temperature(recipe: Recipe, method: Method | None) -> float | None:
    """What similarities are divided by in a contrast of pairs; scored pairs are ranked, which is something else."""
    if recipe.supervision is Supervision.SCORES:
        return None
    if recipe.temperature is None:
        return getattr(recipe.objective, "temperature", None)
    learnt = None if method is None else getattr(method, "temperature", None)
    return float(learnt().detach()) if isinstance(learnt, nn.Module) else None


def _with_head(subject: Subject, method: Method | None) -> Subject:
    # A siamese method keeps encoder and head in the branch that learns.
    head = getattr(getattr(method, "online", method), "head", None)
    if not isinstance(head, nn.Module) or not list(head.parameters()):
        return subject
    return replace(
        subject,
        projected=_through(head, subject.anchors),
        projected_positives=None if subject.positives is None else _through(head, subject.positives),
    )


def _through(head: nn.Module, rows: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return np.concatenate([head(part).numpy() for part in torch.from_numpy(rows).split(4096)])
