"""A recipe of several tasks for one encoder of texts."""

from collections import Counter
from dataclasses import dataclass, field, replace

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders import EncoderSpec, HeadSpec, LearnableTemperature, NoHead
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.pairs.batches import Batching, Shuffled, SingleTask
from counterpoint.pairwise import Loss
from counterpoint.training import AUTO, TrainSettings
from counterpoint.views import Identity, View


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to learn: from which file, by which objective, and how often.

    Attributes:
        name: What tables and messages call it.
        data: Its file, columns and held-out rows.
        objective: The formula.
        supervision: What of its data says who is positive; None takes what the objective cannot do without, else the
            strongest that the columns offer.
        weight: How many of all batches it gets, next to the other tasks.
        batches: Which of its rows share a batch.
        views: The view of the first and of the second side.
        temperature: A learnable temperature in place of the objective's own, for this task alone.
    """

    name: str
    data: DataSource
    objective: Loss
    supervision: Supervision | None = None
    weight: float = 1.0
    batches: Batching = field(default_factory=Shuffled)
    views: tuple[View, View] = (Identity(), Identity())
    temperature: LearnableTemperature | None = None

    def __post_init__(self) -> None:
        """Refuse a name or a weight that is none."""
        if not self.name.strip():
            raise InputError(f"a task must have a name, got name={self.name!r}")
        check_positive_number(f"weight of the task {self.name!r}", self.weight)


@dataclass(frozen=True, kw_only=True)
class MultiTask:
    """One encoder that learns several tasks, in batches of one task each.

    As in CoDiEmb (Zhang, Song, Chen, Zhang, Yin and Sun, 2025, arXiv:2508.11442): a negative never comes from another
    task, and every task has the loss that its supervision was made for. Tasks share all weights, but for those of
    ``TaskExperts`` and learnt temperatures.

    Attributes:
        encoder: What embeds the texts of all tasks; ``TaskExperts(experts=T)`` has an expert for each.
        tasks: One at least, of different names.
        training: Steps, batch, optimiser and seed, of all tasks together. An epoch has as many batches as the tasks
            have whole ones together, shared out by ``Task.weight``.
        head: Projects embeddings to where they are compared; dropped after training.
    """

    encoder: EncoderSpec
    tasks: tuple[Task, ...]
    training: TrainSettings
    head: HeadSpec = NoHead()

    def __post_init__(self) -> None:
        """Refuse tasks and settings that do not go together."""
        object.__setattr__(self, "tasks", tuple(self.tasks))
        if not self.tasks:
            raise InputError("tasks must hold one task at least, got none")
        twice = [name for name, count in Counter(task.name for task in self.tasks).items() if count > 1]
        if twice:
            raise InputError(f"tasks must have different names, got {twice[0]!r} more than once")
        if self.training.batches != Shuffled():
            raise InputError(
                f"training.batches is {self.training.batches!r}: tasks make their own batches: Task(batches=...)"
            )
        if self.training.cache_chunk == AUTO:
            raise InputError("training.cache_chunk must be a number for several tasks, whose texts differ, got 'auto'")

    @property
    def settings(self) -> TrainSettings:
        """Those of the run, with its batches of one task each."""
        weights, within = tuple(task.weight for task in self.tasks), tuple(task.batches for task in self.tasks)
        return replace(self.training, batches=SingleTask(weights=weights, within=within))

    def number_of(self, task: str) -> int:
        """Which of the tasks has this name.

        Raises:
            InputError: None has.
        """
        names = [one.name for one in self.tasks]
        if task not in names:
            raise InputError(f"--task must be one of {', '.join(names)}, got {task!r}")
        return names.index(task)

    def alone(self, task: Task, supervision: Supervision) -> Recipe:
        """The recipe that would learn one of the tasks and nothing else.

        Args:
            task: Of this recipe.
            supervision: What its data and its objective have been found to say.
        """
        return Recipe(
            encoder=self.encoder,
            objective=task.objective,
            supervision=supervision,
            training=replace(self.training, batches=task.batches),
            views=task.views,
            head=self.head,
            temperature=task.temperature,
        )
