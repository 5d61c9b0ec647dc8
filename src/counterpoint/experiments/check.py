"""Does a recipe fit itself and its data? Everything that can be known before the first step."""

from collections.abc import Callable

import numpy as np

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data import Examples, Supervision
from counterpoint.encoders import EncoderSpec, export_obstacle
from counterpoint.experiments.check_clusters import check_clusters
from counterpoint.experiments.check_relation import check_known, check_relation, told_counts
from counterpoint.experiments.check_shapes import check_shapes
from counterpoint.experiments.job import blaming, class_count, start_method
from counterpoint.experiments.judge import check_held_out, why_not_judged
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.rehearsal import rehearse
from counterpoint.experiments.source import Data
from counterpoint.methods import Method
from counterpoint.pairs.batches import BatchPlan
from counterpoint.pairwise import Needs, Objective, SelfLabelled, over_prototypes
from counterpoint.training import plan_batches

SCORES_LOOKED_AT = 10_000
_OTHERS = Needs.SCORES | Needs.VIEWS
"""Needs that leave no place for prototypes as candidates."""


def prepare_job(recipe: Recipe, data: Data, *, judge: bool, warn: Callable[[str], None]) -> Method:
    """Find out everything that can be known before the first step, and return what will be trained.

    Args:
        recipe: What will be trained.
        data: What on, and what is held out.
        judge: Whether the held-out rows will be judged afterwards; they are then read once.
        warn: Told of what will work, but not as one might expect.

    Raises:
        InputError: The recipe does not fit the data, or the held-out data cannot be judged.
    """
    plan = check_data(recipe, data, judge=judge, warn=warn)
    method = start_method(recipe, data.train)
    check_method(method, recipe.encoder, warn=warn)
    for warning in told_counts(recipe, rehearse(recipe, data, method, plan)):
        warn(warning)
    return method


def check_data(recipe: Recipe, data: Data, *, judge: bool, warn: Callable[[str], None]) -> BatchPlan:
    """The part of :func:`prepare_job` that comes before anything is built.

    Returns:
        The batches of the run.

    Raises:
        InputError: As there.
    """
    for warning in check_job(recipe, data):
        warn(warning)
    if judge and data.test is not None:
        check_held_out(data.test)
        lacking = why_not_judged(
            data.roles.supervision,
            rows=len(data.test),
            classes=min(_classes(data.train), _classes(data.test)),
            scores=len(_scores(data.test)),
        )
        if lacking is not None:
            warn(f"there is nothing to judge by: what is held out of {data.test.table.description} needs {lacking}")
    with blaming("batches"):
        plan = plan_batches(data.train, recipe.training)
    for notice in plan.notices:
        warn(notice)
    return plan


def check_method(method: Method, spec: EncoderSpec, *, warn: Callable[[str], None]) -> None:
    """Whether there is something to learn, and what the saved model will open in.

    Raises:
        InputError: Nothing learns.
    """
    for tower in (method.encoder, method.other):
        why_not = export_obstacle(tower) if tower is not None and tower.kind is Kind.TEXT else None
        if why_not is not None:
            warn(f"the saved model will not open in sentence-transformers, which {why_not}")
    if not any(parameter.requires_grad for parameter in method.parameters()):
        raise InputError(f"the recipe does not fit itself: {type(spec).__name__} has nothing to learn")


def check_job(recipe: Recipe, data: Data) -> list[str]:
    """What recipe and data say of themselves, without building anything; the result are warnings to tell.

    Raises:
        InputError: The recipe does not fit itself or the data.
    """
    _check_objective(recipe)
    # Columns first: where they are missing, nothing else is worth saying.
    warnings = data.train.check(batch_size=recipe.training.batch_size, needs=recipe.supervision)
    _check_towers(recipe, data)
    check_known(recipe, data)
    if recipe.queue is not None and recipe.queue.size > len(data.train):
        raise InputError(
            f"queue.size is {recipe.queue.size}, and there are {len(data.train)} training rows: every example would be "
            "compared with old embeddings of itself; make it smaller"
        )
    check_clusters(recipe, len(data.train))
    if recipe.prototypes is not None:
        recipe.prototypes.rows(class_count(recipe, data.train))
    if recipe.supervision is Supervision.LABELS and _classes(data.train) < 2:
        raise InputError(
            f"{data.train.table.description} holds one class only ({data.train.label_names[0]!r}), so nothing is a "
            "negative; give examples of another class, or learn from views (--supervision views)"
        )
    if recipe.supervision is Supervision.SCORES:
        _check_scores(data.train)
    return list(warnings)


def _check_objective(recipe: Recipe) -> None:
    name = type(recipe.objective).__name__
    ranks = Needs.SCORES in recipe.objective.needs
    if ranks is not (recipe.supervision is Supervision.SCORES):
        learns = "learns from scored pairs" if ranks else "cannot learn from scores"
        raise InputError(
            f"the recipe does not fit itself: {name} {learns}, and its supervision is {recipe.supervision}"
        )
    if Needs.VIEWS in recipe.objective.needs and recipe.supervision is Supervision.LABELS:
        raise InputError(
            f"the recipe does not fit itself: {name} compares two views of the same examples, and its supervision is "
            f"{recipe.supervision}"
        )
    _check_siamese(recipe)
    _check_queue(recipe)
    if recipe.temperature is not None and "temperature" not in recipe.objective.numbers():
        raise InputError(
            f"the recipe does not fit itself: it learns a temperature, and {name} has none; its numbers are "
            f"{', '.join(recipe.objective.numbers()) or 'none'}"
        )
    _check_prototypes(recipe)
    check_relation(recipe)
    check_shapes(recipe)


def _check_prototypes(recipe: Recipe) -> None:
    """Who wants prototypes has them, who has them can use them, and the supervision says what they stand for."""
    objective, name = recipe.objective, type(recipe.objective).__name__
    wanted = over_prototypes(objective)
    if recipe.prototypes is None:
        if wanted:
            raise InputError(
                f"the recipe does not fit itself: {name} compares with prototypes, and it has none; give "
                "prototypes=LearnablePrototypes()"
            )
        return
    plain = isinstance(objective, Objective) and not (
        objective.joint or objective.features or objective.needs & _OTHERS
    )
    if not (wanted or plain):
        raise InputError(f"the recipe does not fit itself: it learns prototypes, and {name} cannot compare with them")
    needed = Supervision.VIEWS if isinstance(objective, SelfLabelled) else Supervision.LABELS
    if recipe.supervision is not needed:
        raise InputError(
            f"the recipe does not fit itself: {name} learns prototypes from {needed}, and its supervision is "
            f"{recipe.supervision}"
        )


def _check_siamese(recipe: Recipe) -> None:
    if recipe.siamese is None:
        return
    if recipe.supervision is not Supervision.VIEWS:
        raise InputError(
            "the recipe does not fit itself: a siamese step learns from views, and its supervision is "
            f"{recipe.supervision}"
        )
    if recipe.temperature is not None:
        raise InputError("the recipe does not fit itself: a siamese step learns no temperature")


def _check_queue(recipe: Recipe) -> None:
    """Whether the objective can compare with a queue, and nothing else of the recipe stands in its way."""
    if recipe.queue is None:
        return
    objective, name = recipe.objective, type(recipe.objective).__name__
    if not isinstance(objective, Objective) or objective.joint or objective.features or objective.prototypes:
        raise InputError(
            f"the recipe does not fit itself: {name} cannot compare with a queue; an objective of anchors and "
            "candidates can, such as InfoNCE"
        )
    if recipe.supervision not in (Supervision.VIEWS, Supervision.LABELS):
        raise InputError(
            f"the recipe does not fit itself: a queue learns from views or labels, and its supervision is "
            f"{recipe.supervision}"
        )
    others = ("siamese", "temperature", "prototypes", "other_encoder")
    if taken := [other for other in others if getattr(recipe, other) is not None]:
        raise InputError(f"the recipe does not fit itself: with a queue there is no {' or '.join(taken)}")


def _check_towers(recipe: Recipe, data: Data) -> None:
    paired = recipe.supervision in (Supervision.PAIRS, Supervision.SCORES)
    if recipe.other_encoder is not None and not paired:
        raise InputError(
            f"the recipe does not fit itself: other_encoder embeds what anchors are paired with, and supervision "
            f"{recipe.supervision} has no pairs"
        )
    kind, other = data.roles.kind, data.roles.other_kind
    if paired and recipe.other_encoder is None and other is not None and other is not kind:
        raise InputError(
            f"the recipe does not fit the data: anchors are {kind} and their positives are {other} content, which "
            "needs an other_encoder"
        )


def _check_scores(examples: Examples) -> None:
    found = _scores(examples)
    if len(found) == 1:
        raise InputError(
            f"{examples.table.description}: every score in column {examples.roles.score!r} is {found.pop()}, so no "
            "pair should be closer than another; to learn from pairs alone say score= (no column)"
        )


def _scores(examples: Examples) -> set[str]:
    """The different scores, as written, of all rows or of a fixed sample; none without such a column."""
    column = examples.roles.score
    if column is None:
        return set()
    rows = np.arange(len(examples))
    if len(rows) > SCORES_LOOKED_AT:
        rows = np.sort(np.random.default_rng(0).choice(rows, SCORES_LOOKED_AT, replace=False))
    return {str(value) for value in examples.table.take(rows, [column])[column]}


def _classes(examples: Examples) -> int:
    """How many classes have a row; the training data may know names of which they hold none."""
    numbers = examples.labels
    return 0 if numbers is None else len(np.unique(numbers[numbers >= 0]))
