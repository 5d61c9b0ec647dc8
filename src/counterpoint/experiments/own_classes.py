"""Classes of a recipe that are the user's own: which there are, and what stands for them where a run is read.

A run folder names such a class and keeps its fields; what defines it is in ``recipe.py``, which reading never runs.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, fields, is_dataclass, make_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.base.spec import TYPE, from_json


@dataclass(frozen=True)
class StandIn:
    """Has the name and the fields of a class that is not here, and does nothing."""


def kinds_of(value: Any) -> Iterable[type]:
    """The class of every dataclass and enum member in a recipe, the outermost first; one may come again."""
    if isinstance(value, Enum):
        yield type(value)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from kinds_of(item)
    elif is_dataclass(value):
        yield type(value)
        for field in fields(value):
            if field.init:
                yield from kinds_of(getattr(value, field.name))


def own_classes(recipe: object) -> list[type]:
    """Those of a recipe that are not this library's, each once."""
    return [kind for kind in dict.fromkeys(kinds_of(recipe)) if kind.__module__.split(".")[0] != "counterpoint"]


def check_judged_without(recipe: object) -> None:
    """Refuse to judge a run on content by a folder that will not give all of its recipe back.

    Args:
        recipe: Of one task or of several.

    Raises:
        InputError: It has a class of the user's own.
    """
    if found := own_classes(recipe):
        raise InputError(
            f"{', '.join(kind.__name__ for kind in found)} is no class of counterpoint's: a run folder names it and "
            "never runs what defines it, so that a run on content cannot be judged or resumed; leave judging out "
            "(--no-judge, judge=False)"
        )


def file_of(kind: type) -> Path | None:
    """The recipe file that defines a class, whose module is called by its path; None for any other class."""
    return Path(kind.__module__) if Path(kind.__module__).is_absolute() else None


def spec_name(kind: type) -> str:
    """What :func:`to_json` calls a class."""
    return f"{kind.__module__}:{kind.__qualname__}"


def with_stand_ins(value: Any, own: Container[str]) -> Any:
    """JSON of a recipe, with a stand-in for each object of certain classes; :func:`from_json` takes it.

    Args:
        value: What :func:`to_json` wrote.
        own: Names of these classes.

    Raises:
        InputError: The fields of one are not what a class could have, or name a class that is not trusted.
    """
    if isinstance(value, list):
        return [with_stand_ins(item, own) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: with_stand_ins(item, own) for name, item in value.items()}
    kind = found.get(TYPE)
    if not isinstance(kind, str) or kind not in own:
        return found
    held = {name: from_json(item) for name, item in found.items() if name != TYPE}
    return _stand_in(kind, tuple(held))(**held)


@cache
def _stand_in(name: str, held: tuple[str, ...]) -> type[StandIn]:
    """One class for one name, so that what is read twice is equal."""
    module, _, qualname = name.partition(":")
    try:
        kind = make_dataclass(qualname.rpartition(".")[2], held, bases=(StandIn,), frozen=True)
    except (TypeError, ValueError) as error:
        raise InputError(f"the saved fields of {name} are none that a class could have: {error}") from error
    kind.__module__, kind.__qualname__ = module, qualname
    return kind
