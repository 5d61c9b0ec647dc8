"""Several tasks become one method, checked before the first step, and are judged task by task."""

from collections.abc import Callable
from dataclasses import replace

import torch

from counterpoint.encoders import Encoder
from counterpoint.encoders.task_experts import TaskExpertsEncoder
from counterpoint.encoders.token_tables import check_token_tables
from counterpoint.experiments.check import check_data, check_method
from counterpoint.experiments.check_texts import told_texts
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import blaming, sampled, with_positives
from counterpoint.experiments.judge import Comparison, System, collect, judge, model_system, raw_system
from counterpoint.experiments.multi_task.opening import OpenedTask, OpenedTasks
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.rehearsal import rehearse
from counterpoint.methods import Contrast, ManyTasks
from counterpoint.pairs.batches import BatchPlan


def prepare_tasks(plan: MultiTask, opened: OpenedTasks, *, judge: bool, warn: Callable[[str], None]) -> ManyTasks:
    """Find out everything that can be known before the first step, and return what will be trained.

    Args:
        plan: What will be trained.
        opened: Its data.
        judge: Whether the held-out rows will be judged afterwards; they are then read once.
        warn: Told of what will work, but not as one might expect.

    Raises:
        InputError: The recipe does not fit the data of a task, which is named, or the held-out data cannot be judged.
    """
    orders: list[BatchPlan] = []
    for one in opened.tasks:
        with blaming(f"task {one.name!r}"):
            orders.append(check_data(one.recipe, one.data, judge=judge, warn=_naming(one, warn)))
    method = start_tasks(plan, opened)
    check_method(method, plan.encoder, warn=warn)
    for number, (one, order) in enumerate(zip(opened.tasks, orders, strict=True)):
        contrast = method.task(number)
        with blaming(f"task {one.name!r}"):
            rehearse(one.recipe, one.data, contrast, order)
        for told in told_texts(one.data, contrast, supervision=one.recipe.supervision):
            _naming(one, warn)(told)
    return method


def start_tasks(plan: MultiTask, opened: OpenedTasks) -> ManyTasks:
    """The method with fresh weights; the same for the same recipe and data. Vocabularies are those of all tasks.

    Raises:
        InputError: The encoder does not fit the data or itself.
    """
    seed, count = plan.training.seed, len(opened.tasks)
    samples = [with_positives(sampled(one.data.train, seed, parts=count)) for one in opened.tasks]
    texts = [str(text) for sample in samples for text in sample]
    with torch.random.fork_rng(devices=[]), blaming("encoder"):
        torch.manual_seed(seed)
        encoder = plan.encoder.build(texts)
        head = plan.head.build(encoder.embedding_dim)
        method = ManyTasks(
            [
                Contrast(
                    encoder,
                    one.recipe.objective,
                    supervision=one.recipe.supervision,
                    views=one.recipe.views,
                    head=head,
                    temperature=None if one.recipe.temperature is None else one.recipe.temperature.build(),
                )
                for one in opened.tasks
            ]
        )
        check_token_tables(method)
    return method


def judge_tasks(folder: RunFolder, opened: OpenedTasks) -> list[Comparison]:
    """TF-IDF, the model before and the model after training, on what each task holds out.

    Returns:
        Measures of all tasks, each called ``task: measure``; none of a task that has nothing to judge by.
    """
    before, after = folder.encoders(folder.initial)[0], folder.encoders()[0]
    systems = [system_of("untrained", before), system_of("trained", after, is_model=True)]
    found: list[Comparison] = []
    for number, one in enumerate(opened.tasks):
        if one.data.test is None:
            continue
        choose(before, number)
        choose(after, number)
        train, test = collect(one.data.train), collect(one.data.test)
        raw = raw_system(train, one.data.roles.kind)
        measures = judge([raw, *systems], train, test, one.data.roles.supervision)
        found += [replace(measure, measure=f"{one.name}: {measure.measure}") for measure in measures]
    return found


def system_of(name: str, encoder: Encoder, *, is_model: bool = False) -> System:
    """One encoder of both sides, as a system."""
    return model_system(name, (encoder, encoder), is_model=is_model)


def choose(encoder: Encoder, number: int) -> None:
    """Let the expert of a task read what follows, where the encoder has experts by task."""
    if isinstance(encoder, TaskExpertsEncoder) and not encoder.by_role:
        encoder.choose(number)


def _naming(task: OpenedTask, warn: Callable[[str], None]) -> Callable[[str], None]:
    return lambda text: warn(f"task {task.name!r}: {text}")
