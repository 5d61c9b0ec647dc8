"""What ``counterpoint compare`` has to know before it runs, whatever it is that learns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from counterpoint.base.errors import InputError
from counterpoint.experiments.compare import Candidate, Contest, LeftOut, R

SHARED = frozenset((
    *("data", "objectives", "encoders", "recipe", "budget", "seeds", "trials", "batch_size", "test", "test_fraction"),
    *("column", "seed", "out", "replace_all", "dry_run", "json"),
))  # fmt: skip
"""Options that apply to all data."""

BETWEEN = "/"
"""Stands between the parts of a candidate's name; no name of an option has it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry(Generic[R]):
    """A comparison, ready to be planned.

    Attributes:
        contest: What candidates are trained and judged on.
        candidates: Who takes part.
        left_out: Who does not.
        usual: Length of a run if nobody is in a hurry.
        length: Of every run, where it was asked for.
        told: What is learnt from and judged by, in words.
    """

    contest: Contest[R]
    candidates: tuple[Candidate[R], ...]
    left_out: tuple[LeftOut, ...]
    usual: int
    length: int | None
    told: str


def names_of(text: str | None, argument: str) -> list[str]:
    """Names between commas; none where nothing was typed.

    Raises:
        InputError: An empty one.
    """
    names = [] if text is None else [one.strip() for one in text.split(",")]
    if "" in names:
        raise InputError(f"{argument} must be names with a comma between two of them, got {text!r}")
    return names


def check_once(meant: Sequence[object], names: Sequence[str], argument: str) -> None:
    """Refuse what was named twice, perhaps in two spellings.

    Raises:
        InputError: It was.
    """
    for place, one in enumerate(meant):
        if one in meant[:place]:
            raise InputError(f"{argument} names {names[place]} twice")


def fitting(names: Sequence[str], recipe_of: Callable[[str], R]) -> tuple[list[Candidate[R]], list[LeftOut]]:
    """Those of whom a recipe can be made.

    Args:
        names: Of all who might take part.
        recipe_of: Makes the recipe, or says with an InputError why there is none.

    Raises:
        InputError: Nobody can take part.
    """
    found: list[Candidate[R]] = []
    out: list[LeftOut] = []
    for name in names:
        try:
            found.append(Candidate(name=name, recipe=recipe_of(name)))
        except InputError as error:
            out.append(LeftOut(name=name, reason=str(error)))
    if not found:
        raise InputError("nobody can take part: " + "; ".join(f"{one.name}: {one.reason}" for one in out))
    return found, out
