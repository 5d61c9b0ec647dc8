"""The losses there are, by what data they need: found in the package, never listed by hand."""

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeGuard

from counterpoint.base.errors import InputError
from counterpoint.objectives import modules
from counterpoint.pairwise import Loss, ManyViews, Needs, Objective, SelfLabelled, Streams, WholeBatch


class DataKind(StrEnum):
    """What a person's data say."""

    PAIRS = "pairs"
    """Examples come in pairs (or more) that belong together: question and answer, image and caption, two views."""
    LABELS = "labels"
    """Every example has a class."""
    SCORES = "scores"
    """Every pair has a graded score."""
    VIEWS = "views"
    """Nothing but examples, seen through two or more views, or in several modalities."""
    CLASSES = "classes"
    """Every example has one of a fixed set of classes, each with a learnt prototype."""


_ADVICE = {
    DataKind.PAIRS: "Examples come in pairs that belong together: question and answer, image and caption.",
    DataKind.LABELS: "Every example has a class, and classes may be many or new at test time.",
    DataKind.SCORES: "Pairs have graded scores, such as human similarity ratings.",
    DataKind.VIEWS: "There are examples alone: two or more views of each are made, or it comes in several modalities.",
    DataKind.CLASSES: "Every example has one of a fixed set of classes; a prototype of each is learnt as well.",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One loss.

    Attributes:
        name: On the command line.
        kind: The class.
        data: What data it can learn from.
        memory: What it holds at once.
        summary: First line of its docstring.
    """

    name: str
    kind: type[Loss]
    data: tuple[DataKind, ...]
    memory: str
    summary: str


def all_losses() -> list[Entry]:
    """Every loss of the files of ``objectives/``, by name."""
    losses = (one for file in modules() for one in vars(file).values() if _is_loss(one, file.__name__))
    return sorted((_entry(one) for one in losses), key=lambda one: one.name)


def _is_loss(value: object, module: str) -> TypeGuard[type[Loss]]:
    """A class that is written down there, for use."""
    if not (inspect.isclass(value) and issubclass(value, Loss)):
        return False
    return value.__module__ == module and not value.__name__.startswith("_") and not inspect.isabstract(value)


def loss_named(name: str, *, argument: str) -> type[Loss]:
    """The loss of this name, whatever its capitals, hyphens and underscores.

    Args:
        name: As typed.
        argument: What it was given as, for the message.

    Raises:
        InputError: There is none; the message names the nearest.
    """
    known = {_plain(one.name): one for one in all_losses()}
    if _plain(name) in known:
        return known[_plain(name)].kind
    near = [known[one].name for one in get_close_matches(_plain(name), known, n=3, cutoff=0.5)]
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise InputError(f"{argument} must be a name that `counterpoint objectives` lists, got {name!r}{hint}")


def name_of(kind: type[Loss]) -> str:
    """``SigLIP`` is sig-lip, ``NTXent`` nt-xent."""
    return "-".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]+", kind.__name__)).lower()


def markdown(entries: Iterable[Entry]) -> str:
    """The page "your data look like this, use these"."""
    lines = [
        "# Your data look like this: use these",
        "",
        "Made by `counterpoint objectives --markdown`, from the classes themselves. Memory is what a loss holds beyond",
        "N x D: *tiles* never hold a matrix of similarities, *rows* hold a block of whole rows, *whole matrix* holds",
        "all of it and refuses what would not fit, *N x D* holds every row once on every rank, *N x K* a score for",
        "every row and prototype.",
    ]
    known = list(entries)
    for data in DataKind:
        lines += [
            "",
            f"## {data.value.capitalize()}",
            "",
            _ADVICE[data],
            "",
            "| name | class | what it is | memory | source |",
        ]
        lines += ["|---|---|---|---|---|", *(_row(one) for one in known if data in one.data)]
    return "\n".join(lines) + "\n"


def _row(one: Entry) -> str:
    cites = one.kind.cites
    source = f"{cites.authors.split(',')[0].split(' and ')[0]} ({cites.year}), {cites.identifier}, {cites.equation}"
    return f"| `{one.name}` | `{one.kind.__name__}` | {one.summary} | {one.memory} | {source} |"


def _entry(kind: type[Loss]) -> Entry:
    summary = (inspect.getdoc(kind) or "").partition("\n")[0]
    return Entry(name=name_of(kind), kind=kind, data=_data(kind), memory=_memory(kind), summary=summary)


def _data(kind: type[Loss]) -> tuple[DataKind, ...]:
    if Needs.SCORES in kind.needs:
        return (DataKind.SCORES,)
    if issubclass(kind, Objective) and kind.prototypes:
        return (DataKind.CLASSES,)
    if issubclass(kind, SelfLabelled):
        return (DataKind.VIEWS,)
    if Needs.LABELS in kind.needs:
        return (DataKind.LABELS,)
    if issubclass(kind, ManyViews | WholeBatch) or Needs.VIEWS in kind.needs:
        return (DataKind.VIEWS, DataKind.PAIRS)
    return (DataKind.PAIRS, DataKind.LABELS, DataKind.VIEWS)


def _memory(kind: type[Loss]) -> str:
    if issubclass(kind, SelfLabelled):
        return "N x K"
    if not issubclass(kind, Objective):
        return "N x D"
    if kind.features:
        return "D x D"
    return {Streams.TILES: "tiles", Streams.ROWS: "rows", Streams.WHOLE: "whole matrix"}[kind.streams]


def _plain(name: str) -> str:
    return re.sub("[-_]", "", name).lower()
