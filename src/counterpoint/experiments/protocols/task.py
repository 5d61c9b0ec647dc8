"""A protocol with its data, ready to judge any system; and why one was left out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.evaluation import Measure
from counterpoint.experiments.judge import Comparison, System, compared


@dataclass(frozen=True)
class Task:
    """One protocol on one set of data.

    Attributes:
        name: What ``--protocol`` calls it.
        measure: Judges a system.
    """

    name: str
    measure: Callable[[System], list[Measure]]


@dataclass(frozen=True)
class LeftOut:
    """A protocol that does not apply.

    Attributes:
        name: What ``--protocol`` calls it.
        reason: Why not.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Layout:
    """Data that are no table of examples, with what can be judged on them.

    Attributes:
        described: What was found, told to the user.
        kind: What the run must embed.
        content: What a baseline of raw input may learn its statistics from.
        tasks: Protocols that apply, and those that do not.
        queries: What is asked, where ``content`` is what answers; None where there are no two sides.
    """

    described: str
    kind: Kind
    content: Content
    tasks: tuple[Task | LeftOut, ...]
    queries: Content | None = None


def run_tasks(
    systems: Sequence[System], tasks: Iterable[Task | LeftOut], *, only: Sequence[str] = ()
) -> tuple[list[Comparison], list[LeftOut]]:
    """Every task on every system; what the data do not suffice for is left out with its reason, also of one system.

    Args:
        systems: What to compare, in the order of the table.
        tasks: Protocols.
        only: Names of those wanted; all by default.

    Raises:
        InputError: A name in ``only`` is of no task.
    """
    tasks = list(tasks)
    unknown = sorted(set(only) - {task.name for task in tasks})
    if unknown:
        known = ", ".join(dict.fromkeys(task.name for task in tasks))
        raise InputError(f"--protocol {unknown[0]}: no such protocol for these data; there are {known}")
    found: list[Comparison] = []
    left_out: list[LeftOut] = []
    for task in (task for task in tasks if not only or task.name in only):
        if isinstance(task, LeftOut):
            left_out.append(task)
            continue
        measured = [(system, _tried(task, system)) for system in systems]
        failed = [(system, one) for system, one in measured if isinstance(one, LeftOut)]
        good = [(system, one) for system, one in measured if not isinstance(one, LeftOut)]
        found += compared([system for system, _ in good], [one for _, one in good])
        # What fails alike for every system is told once.
        if good:
            left_out += [LeftOut(f"{task.name} of {system.name}", one.reason) for system, one in failed]
        else:
            left_out.append(failed[0][1])
    return found, left_out


def _tried(task: Task, system: System) -> list[Measure] | LeftOut:
    try:
        return task.measure(system)
    except InputError as error:
        return LeftOut(task.name, str(error))
