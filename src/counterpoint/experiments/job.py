"""One training job: a recipe and data become a run folder with a trained encoder in it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from counterpoint.base.content import Content, Kind, concatenate, kind_of
from counterpoint.base.errors import InputError
from counterpoint.base.folders import atomic_folder
from counterpoint.data import Batch, Examples, Learnable, Supervision
from counterpoint.encoders import Encoder, export_obstacle, export_sentence_transformers
from counterpoint.encoders.token_tables import check_token_tables
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data
from counterpoint.methods import Method
from counterpoint.training import Observer, TrainResult, TrainSettings, is_main, train

_SAMPLE_ROWS = {Kind.TEXT: 200_000, Kind.IMAGE: 1_000, Kind.VECTOR: 20_000}
"""Rows that fit a vocabulary or a standardisation; images only need their channels and mean colour."""


def start_method(recipe: Recipe, examples: Examples) -> Method:
    """The method with fresh weights; the same for the same recipe and examples.

    Raises:
        InputError: The recipe's encoders do not fit the examples or themselves.
    """
    batch = sampled(examples, recipe.training.seed)
    first, other = _samples(recipe, batch)
    with blaming("encoder" if recipe.other_encoder is None else "encoder or other_encoder"):
        method = recipe.build(
            first, other, classes=class_count(recipe, examples), facts=batch.facts, examples=len(examples)
        )
        check_token_tables(method)
    return method


def class_count(recipe: Recipe, examples: Examples) -> int | None:
    """Classes that labels may name, None where the recipe does not learn from labels."""
    return len(examples.label_names) if recipe.supervision is Supervision.LABELS else None


@contextmanager
def blaming(part: str) -> Iterator[None]:
    """Say in which part of the job the input does not fit."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{part}: {error}") from error


def run_job(
    recipe: Recipe,
    data: Data,
    folder: RunFolder,
    *,
    resume: bool = False,
    fall_back: bool = False,
    observers: Sequence[Observer] = (),
    method: Method | None = None,
    on_start: Callable[[Method], None] = lambda method: None,
) -> TrainResult:
    """Train and save; the folder's config must exist.

    Args:
        recipe: What to train.
        data: What to train on.
        folder: Where everything goes.
        resume: Continue from the newest checkpoint.
        fall_back: When resuming, take an earlier checkpoint if the newest is damaged.
        observers: Told of every record and checkpoint.
        method: What :func:`start_method` made of the same recipe and data, if it was called before.
        on_start: Sees the method before the first step.

    Raises:
        InputError: Something does not fit; nothing was trained.
    """
    if method is None:
        method = start_method(recipe, data.train)
    if is_main() and not folder.initial.exists():  # before anyone sees the method, who may change it
        save_encoders(method, folder.initial)
    on_start(method)
    return run_method(
        method, data.train, recipe.training, folder, resume=resume, fall_back=fall_back, observers=observers
    )


def run_method(
    method: Method,
    examples: Learnable,
    settings: TrainSettings,
    folder: RunFolder,
    *,
    resume: bool = False,
    fall_back: bool = False,
    observers: Sequence[Observer] = (),
) -> TrainResult:
    """Train a method and save its encoders, before and after; the folder's config must exist.

    Args:
        method: Trained in place.
        examples: What it learns from.
        settings: How long and how.
        folder: Where everything goes.
        resume: Continue from the newest checkpoint.
        fall_back: When resuming, take an earlier checkpoint if the newest is damaged.
        observers: Told of every record and checkpoint.

    Raises:
        InputError: Something does not fit; nothing was trained.
    """
    if is_main() and not folder.initial.exists():
        save_encoders(method, folder.initial)
    result = train(method, examples, settings, folder.path, resume=resume, fall_back=fall_back, observers=observers)
    if is_main() and not result.interrupted:
        save_encoders(method, folder.model, share=True)
    return result


def save_encoders(method: Method, where: Path, *, share: bool = False) -> None:
    """Write the encoders of a method as :func:`save_towers` does; the training head is left off."""
    save_towers(method.encoder, method.other, where, share=share)


def save_towers(encoder: Encoder, other: Encoder | None, where: Path, *, share: bool = False) -> None:
    """Write an encoder, and the second tower in ``candidates/`` inside, if there is one.

    With ``share`` an encoder that sentence-transformers can open is also written in its form.

    The folder appears whole or not at all: a kill between two towers must not leave one of them alone.
    """
    with atomic_folder(where) as temporary:
        _save(encoder, temporary, share=share)
        if other is not None:
            _save(other, temporary / "candidates", share=share)


def _save(encoder: Encoder, where: Path, *, share: bool) -> None:
    encoder.save(where)
    if share and export_obstacle(encoder) is None:
        export_sentence_transformers(encoder, where)


def _samples(recipe: Recipe, batch: Batch) -> tuple[Content, Content | None]:
    if recipe.other_encoder is None:
        return with_positives(batch), None
    if batch.positives is None:
        raise InputError("a recipe with two encoders needs a positive column")
    return batch.anchor, batch.positives


def sampled(examples: Examples, seed: int, *, parts: int = 1) -> Batch:
    """Rows that encoders are fitted to: all, or as many as that takes.

    Args:
        examples: Where they are drawn.
        seed: Decides which.
        parts: How many data sets the encoder is fitted to together; each gives its part.
    """
    count = min(len(examples), _SAMPLE_ROWS[examples.roles.kind] // parts)
    rows = np.random.default_rng(seed).choice(len(examples), count, replace=False)
    return examples.batch(np.sort(rows))


def with_positives(batch: Batch) -> Content:
    """Text fits a vocabulary on both columns; a standardisation or a mean colour needs only one."""
    if batch.positives is None or kind_of(batch.positives) is not Kind.TEXT:
        return batch.anchor
    return concatenate(batch.anchor, batch.positives)
