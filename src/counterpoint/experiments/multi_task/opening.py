"""The data of several tasks, opened: each its own file, columns and held-out rows."""

from dataclasses import dataclass

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data import SkippedRow, TaskExamples
from counterpoint.experiments.job import blaming
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, load_data
from counterpoint.experiments.supervision import supervision_of


@dataclass(frozen=True)
class OpenedTask:
    """One task and its data.

    Attributes:
        name: Of the task.
        recipe: What would learn it and nothing else.
        data: What it learns from and what is held out.
    """

    name: str
    recipe: Recipe
    data: Data


@dataclass(frozen=True)
class OpenedTasks:
    """All tasks of a recipe, in its order.

    Attributes:
        tasks: One at least.
        examples: What is learnt from, all tasks together.
    """

    tasks: tuple[OpenedTask, ...]
    examples: TaskExamples

    @property
    def judged(self) -> bool:
        """Whether any task holds rows out."""
        return any(one.data.test is not None for one in self.tasks)

    @property
    def skipped(self) -> list[SkippedRow]:
        """Rows passed over so far in this process."""
        parts = [part for one in self.tasks for part in (one.data.train, one.data.test) if part is not None]
        return [row for part in parts for row in part.skipped]


def open_tasks(plan: MultiTask) -> OpenedTasks:
    """Open the data of every task; nothing is trained yet.

    Raises:
        InputError: Data that cannot be used, with the name of the task, or that are no texts.
    """
    opened: list[OpenedTask] = []
    for task in plan.tasks:
        with blaming(f"task {task.name!r}"):
            data = load_data(task.data)
            for kind in (data.roles.kind, data.roles.other_kind or Kind.TEXT):
                if kind is not Kind.TEXT:
                    raise InputError(f"several tasks are learnt from texts, and {task.data.data} holds {kind} examples")
        supervision = task.supervision or supervision_of(task.objective) or data.roles.supervision
        opened.append(OpenedTask(task.name, plan.alone(task, supervision), data))
    return OpenedTasks(tuple(opened), TaskExamples([one.data.train for one in opened]))
