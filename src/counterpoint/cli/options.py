"""Names that a person may type, and what they stand for; nothing below the command line looks things up by name."""

import math
from collections.abc import Container, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import TypeVar

import typer

from counterpoint.base.errors import InputError
from counterpoint.encoders import (
    MLP,
    ConvNet,
    EncoderSpec,
    HuggingFace,
    Passthrough,
    ResNet18,
    SmallBert,
    SmallDecoder,
    StaticText,
    ViTTiny,
)
from counterpoint.experiments.catalogue import loss_named
from counterpoint.experiments.claim import Setting
from counterpoint.experiments.folder import Plan
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.recipe import Recipe
from counterpoint.pairs.batches import (
    BatchBinding,
    Batching,
    ClassBalanced,
    ClassDisjoint,
    Curriculum,
    InversePropensity,
    NoDuplicates,
    Shuffled,
    SingleSource,
)
from counterpoint.pairwise import Loss
from counterpoint.papers import all_papers
from counterpoint.training import CacheChunk, checked_chunk

T = TypeVar("T")

ENCODERS: dict[str, type[EncoderSpec]] = {
    "conv-net": ConvNet,
    "resnet18": ResNet18,
    "vit-tiny": ViTTiny,
    "static": StaticText,
    "small-bert": SmallBert,
    "small-decoder": SmallDecoder,
    "mlp": MLP,
    "passthrough": Passthrough,
}
WITH_RESUME = {"resume", "fall_back", "judge", "json"}
BATCHES: dict[str, type[Batching]] = {
    "shuffled": Shuffled,
    "class-balanced": ClassBalanced,
    "class-disjoint": ClassDisjoint,
    "no-duplicates": NoDuplicates,
    "single-source": SingleSource,
    "batch-binding": BatchBinding,
    "curriculum": Curriculum,
    "inverse-propensity": InversePropensity,
}


def objective_named(name: str, temperature: float | None, *, argument: str = "--objective") -> Loss:
    """The objective a person asked for.

    Args:
        name: Its name.
        temperature: Its temperature, if it is not to be the usual one.
        argument: What the name was given as.

    Raises:
        InputError: No such name, or a temperature that is none or for an objective that has none.
    """
    plain = loss_named(name, argument=argument)()
    return plain if temperature is None else at_temperature(plain, temperature, f"{argument} {name}")


def at_temperature(part: T, temperature: float, called: str | None = None) -> T:
    """A part of a recipe, such as its objective, with another temperature.

    Args:
        part: A dataclass.
        temperature: Its new one.
        called: What a person called it; the name of its class if nothing.

    Raises:
        InputError: It has none, or none that is such a number.
    """
    if (
        not is_dataclass(part)
        or isinstance(part, type)
        or "temperature" not in {one.name for one in fields(part) if one.init}
    ):
        raise InputError(f"--temperature: {called or type(part).__name__} has none")
    return replace(part, temperature=temperature)


def recipe_named(name: str) -> Recipe:
    """As :func:`any_recipe_named`, of content and one task.

    Raises:
        InputError: As there, or the file sets a recipe of several tasks, or of interactions or edges.
    """
    found = any_recipe_named(name)
    if isinstance(found, MultiTask):
        raise InputError(
            f"--recipe must learn one task here, and {name} sets {len(found.tasks)}: only train knows those"
        )
    if not isinstance(found, Recipe):
        raise InputError(
            f"--recipe must learn from content here, and {name} sets a {type(found).__name__}: only train knows those"
        )
    return found


def any_recipe_named(name: str) -> Plan:
    """The recipe of a Python file, or the method of a paper in the setting that shows its claim here.

    Raises:
        InputError: Neither, or the file sets no recipe.
    """
    if Path(name).is_file():
        return load_recipe(Path(name))
    papers = {one.paper.short.lower(): one for one in all_papers() if one.sides is not None}
    found = papers.get(name.lower())
    if found is None or found.sides is None:
        known = ", ".join(one.paper.short for one in papers.values())
        raise InputError(f"--recipe must be a Python file or the short name of a paper ({known}), got {name!r}")
    return found.sides(Setting.SMALL)["method"].recipe


def encoder_named(name: str) -> EncoderSpec:
    """The encoder a person asked for: a name of ours, or any Hugging Face model by name or folder."""
    return ENCODERS[name]() if name in ENCODERS else HuggingFace(name_or_path=name)


def batches_named(name: str | None) -> Batching | None:
    """How a person asked for batches to be made.

    Raises:
        InputError: No such name.
    """
    if name is None:
        return None
    if name not in BATCHES:
        raise InputError(f"--batches must be one of {', '.join(BATCHES)}, got {name!r}")
    return BATCHES[name]()


def chunk_of(text: str | None) -> CacheChunk | None:
    """What ``--cache-chunk`` says.

    Raises:
        InputError: Neither "auto" nor a whole number of at least 1.
    """
    if text is None:
        return None
    return checked_chunk(int(text) if text.strip().isdecimal() else text, "--cache-chunk")


def whole_epochs(epochs: float | None) -> int | None:
    """What ``--epochs`` says of a recommender.

    Raises:
        InputError: No whole number.
    """
    if epochs is not None and not (math.isfinite(epochs) and epochs == int(epochs)):
        raise InputError(f"--epochs: a recommender is looked at between whole epochs, got {epochs:g}")
    return None if epochs is None else int(epochs)


def columns_of(given: list[str]) -> tuple[tuple[str, str], ...]:
    """``role=column`` pairs.

    Raises:
        InputError: An entry has no equals sign.
    """
    for entry in given:
        if "=" not in entry:
            raise InputError(f"--column must look like role=column (such as positive=caption), got {entry!r}")
    pairs = [entry.split("=", 1) for entry in given]
    return tuple((role.strip(), column.strip()) for role, column in pairs)


def only_options(context: typer.Context, apply: Container[str], data: str) -> None:
    """Refuse what was typed and means nothing for these data.

    Raises:
        InputError: An option that is not in ``apply``.
    """
    for name in context.params:
        how = context.get_parameter_source(name)
        if how is not None and how.name == "COMMANDLINE" and name not in apply:
            raise InputError(f"--{name.replace('_', '-')} does not apply to {data}")


def nothing_with_resume(context: typer.Context) -> None:
    """A run goes on with what it was begun with; an option that would change nothing is not taken in silence.

    Raises:
        InputError: Something was typed that is not for ``--resume``.
    """
    for name in context.params:
        given = context.get_parameter_source(name)
        if given is not None and given.name == "COMMANDLINE" and name not in WITH_RESUME:
            option = (
                "the data" if name == "data" else f"--{name.replace('_', '-')}".replace("--replace-run", "--replace")
            )
            raise InputError(f"--resume continues with the run's own data and settings: leave out {option}")


def named_one(known: Mapping[str, T], option: str, name: str, data: str) -> T:
    """What a name stands for.

    Raises:
        InputError: It is none of those known.
    """
    if name not in known:
        raise InputError(f"{option} must be one of {', '.join(known)} for {data}, got {name!r}")
    return known[name]
