"""Who takes part in ``counterpoint compare`` on content: objectives and encoders."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.compare_entry import SHARED, Entry, check_once, names_of
from counterpoint.cli.options import encoder_named, recipe_named
from counterpoint.data import Supervision
from counterpoint.encoders import EncoderSpec
from counterpoint.experiments.catalogue import loss_named
from counterpoint.experiments.compare import ContentContest, choose_candidates, open_grounds
from counterpoint.experiments.presets import recipe_for, with_training
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, DataSource, load_data
from counterpoint.pairwise import Loss
from counterpoint.training import plan_batches

APPLY = SHARED | {"supervision", "most", "steps", "test_rows", "image_size", "rows", "bad_rows"}


def content_entry(given: Mapping[str, Any], source: DataSource) -> Entry[Recipe]:
    """Load, split, and see who can learn from it.

    Args:
        given: The options of ``compare``, by name.
        source: The data.

    Raises:
        InputError: A name that is none, data that cannot be used, or nobody who can learn from them.
    """
    asked, wanted = _objectives(given["objectives"]), _encoders(given["encoders"])
    loaded = load_data(source)
    console.say(loaded.described)
    base = with_training(_base(loaded, given["recipe"], given["supervision"]), batch_size=given["batch_size"])
    grounds = open_grounds(loaded, source, test_rows=given["test_rows"])
    candidates, left_out = choose_candidates(
        grounds.tuning.data, base, objectives=asked, encoders=wanted, most=given["most"]
    )
    contest = ContentContest(grounds)
    return Entry(
        contest=contest,
        candidates=tuple(candidates),
        left_out=tuple(left_out),
        usual=base.training.total_steps(plan_batches(loaded.train, base.training).batches),
        length=given["steps"],
        told=f"learnt from {base.supervision}, judged by {contest.measure}",
    )


def _base(loaded: Data, name: str | None, supervision: Supervision | None) -> Recipe:
    """What all candidates share."""
    plan = recipe_for(loaded, supervision=supervision) if name is None else recipe_named(name)
    if taken := [name for name in ("siamese", "queue", "nested", "teacher") if getattr(plan, name) is not None]:
        raise InputError(f"--recipe: only plain contrasts are compared, and this recipe has {' and '.join(taken)}")
    return plan if supervision is None else replace(plan, supervision=supervision)


def _objectives(text: str | None) -> list[type[Loss]]:
    names = names_of(text, "--objectives")
    kinds = [loss_named(name, argument="--objectives") for name in names]
    check_once(kinds, names, "--objectives")
    return kinds


def _encoders(text: str | None) -> dict[str, EncoderSpec]:
    names = names_of(text, "--encoders")
    check_once(names, names, "--encoders")
    return {name: encoder_named(name) for name in names}
