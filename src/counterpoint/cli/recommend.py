"""What ``train``, ``evaluate`` and ``report`` do with interactions of users and items."""

import time
from pathlib import Path

import numpy as np
import typer

from counterpoint.base.errors import InputError
from counterpoint.base.spec import to_json
from counterpoint.cli import console
from counterpoint.cli.fitting_recipe import as_recipe, check_encoder_is
from counterpoint.cli.item_recipe import ONLY_ITEMS, recommender_of, told
from counterpoint.cli.options import columns_of, named_one, only_options
from counterpoint.cli.sequence_recipe import DATA, NO_SEQUENCES, sequential_of, told_sequential
from counterpoint.data.interactions import Interactions
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.judge import Comparison
from counterpoint.experiments.judgement import write_judgement
from counterpoint.experiments.recommend import Look
from counterpoint.experiments.recommender.diagnosing import OpenedRun
from counterpoint.experiments.recommender.items_job import judge_opened, train_opened
from counterpoint.experiments.recommender.open_items import open_for
from counterpoint.experiments.recommender.opening import Opened, open_interactions, read, roles_of, without
from counterpoint.experiments.recommender.page import write_page
from counterpoint.experiments.recommender.parts import parts_of
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender
from counterpoint.experiments.recommender.sequential import learnt_from, train_sequences_into
from counterpoint.experiments.source import DataSource, open_held_out
from counterpoint.training import MetricsFile, ranks

APPLY = {
    *("data", "out", "test", "test_fraction", "column", "objective", "temperature", "epochs", "batch_size"),
    *(*ONLY_ITEMS, "recipe", "encoder", "learning_rate", "seed", "dry_run", "replace_run", "judge", "json"),
}


AnyRecommender = Recommender | SequentialRecommender
ENCODERS: dict[str, type[AnyRecommender]] = {"light-gcn": Recommender, "sasrec": SequentialRecommender}


def train_items(context: typer.Context, source: DataSource, named: AnyRecommender | None) -> None:
    """Train on interactions, judge and report.

    Args:
        context: With the options.
        source: The interactions, and what of them is held out.
        named: What ``--recipe`` names, to begin from; None for the usual one.

    Raises:
        InputError: An option does not apply to interactions, or the data cannot be used.
    """
    given = context.params
    kind = _kind(given["encoder"], named)
    only_options(context, APPLY, "interactions of users and items")
    if kind is SequentialRecommender:
        only_options(context, APPLY.difference(NO_SEQUENCES), DATA)
    if ranks.current().size > 1:
        raise InputError("interactions are learnt by one process: run train without torchrun")
    recipe = (
        recommender_of(given, as_recipe(named, Recommender))
        if kind is Recommender
        else sequential_of(given, as_recipe(named, SequentialRecommender))
    )
    opened = _opened(recipe, source)
    console.say(opened.described)
    if given["dry_run"]:
        _say_plan(recipe, opened, json=given["json"])
        return
    console.say(f"training {_told(recipe)}")
    folder = RunFolder(given["out"])
    folder.create(recipe, source, replace=given["replace_run"])
    began = time.perf_counter()
    best = _trained(recipe, opened, folder)
    seconds = time.perf_counter() - began
    console.say(f"best of up to {recipe.settings.epochs} epochs: epoch {best}; {seconds:.0f} s")
    found = _judged(folder, opened) if given["judge"] and opened.judged else []
    if given["json"]:
        console.machine({"run": folder.path, "epoch": best, "seconds": seconds, "measures": found})
    elif found:
        console.comparisons(found)
    console.say(f"model: {folder.model}" + (f", report: {folder.report}" if found else ""))


def evaluate_items(run: Path, on: str | None, columns: list[str], *, json: bool) -> None:
    """Judge a recommender on what its run held out, or on other interactions of the same users and items.

    Raises:
        InputError: Nothing was held out, or fewer than two users have something to find.
    """
    learnt = opened_items(run)
    assert learnt is not None  # asked before
    opened = learnt.opened
    known, test = opened.split.known, opened.split.test
    if on is not None:
        table = open_held_out(on)
        roles = roles_of(table, (*learnt.source.columns, *columns_of(columns)))
        test = without(read(table, roles, like=known), known)
        if opened.items is not None:
            test = without(test, opened.items.held)
        for note in test.notes:
            console.say(f"{note}.")
        if len(np.unique(test.users)) < 2:
            raise InputError(f"--on {on} must hold items, new to them, of two users at least that the run knows")
    elif not opened.judged:
        raise InputError(f"{run} held nothing out: name interactions with --on")
    console.measures(_measured(learnt.folder, opened, test, held_out=on is None), json=json)


def report_items(run: Path, *, json: bool) -> None:
    """Judge a recommender again and make its page again.

    Raises:
        InputError: Nothing was held out.
    """
    learnt = opened_items(run)
    assert learnt is not None  # asked before
    if not learnt.opened.judged:
        raise InputError(f"{run} held nothing out: there is nothing to report on")
    console.measures(_judged(learnt.folder, learnt.opened), json=json)
    console.say(f"report: {learnt.folder.report}")


def opened_items(run: Path) -> OpenedRun | None:
    """A run on interactions with these; None for any other run."""
    folder = RunFolder(run)
    found = folder.recommender()
    if found is None:
        return None
    recipe, source = found
    return OpenedRun(folder=folder, recipe=recipe, source=source, opened=_opened(recipe, source))


def _kind(encoder: str | None, named: AnyRecommender | None) -> type[AnyRecommender]:
    """What is to be learnt, by the recipe that was named or else by the name of an encoder."""
    kind = named_one(ENCODERS, "--encoder", encoder or "light-gcn", "interactions")
    if named is None:
        return kind
    check_encoder_is(next(name for name, kind in ENCODERS.items() if isinstance(named, kind)), encoder)
    return type(named)


def _opened(recipe: AnyRecommender, source: DataSource) -> Opened:
    return open_for(recipe, source) if isinstance(recipe, Recommender) else open_interactions(source, in_order=True)


def _told(recipe: AnyRecommender) -> str:
    return told(recipe) if isinstance(recipe, Recommender) else told_sequential(recipe)


def _learnt_from(recipe: AnyRecommender, opened: Opened) -> tuple[int, str]:
    """How many of what make an epoch."""
    if isinstance(recipe, Recommender):
        return len(opened.split.train), "interactions"
    return learnt_from(opened.split), "sequences"


def _judged(folder: RunFolder, opened: Opened) -> list[Comparison]:
    found = _measured(folder, opened, opened.split.test)
    write_judgement(folder, found)
    write_page(folder, opened, found)
    return found


def _measured(folder: RunFolder, opened: Opened, test: Interactions, *, held_out: bool = True) -> list[Comparison]:
    if told := parts_of(opened.split.known, test).told:
        console.say(told)
    return judge_opened(folder, opened, test, held_out=held_out)


def _say_plan(recipe: AnyRecommender, opened: Opened, *, json: bool) -> None:
    split, settings = opened.split, recipe.settings
    if json:
        console.machine({"recipe": to_json(recipe), "rows": len(split.train), "held_out": len(split.test)})
        return
    count, what = _learnt_from(recipe, opened)
    console.result(
        f"would train {_told(recipe)}: up to {settings.epochs} epochs of {count:,} {what}, {settings.batch} a step"
    )


def _trained(recipe: AnyRecommender, opened: Opened, folder: RunFolder) -> int:
    steps = -(-_learnt_from(recipe, opened)[0] // recipe.settings.batch)
    kept = MetricsFile(folder.metrics)
    began = time.perf_counter()

    def tell(look: Look) -> None:
        numbers = {"step": look.epoch * steps, "epoch": look.epoch, "loss": look.loss}
        recall = {} if look.recall is None else {"recall_at_20": look.recall}
        kept.on_log({**numbers, **recall, "time": time.perf_counter() - began})
        if look.recall is not None:
            console.say(f"epoch {look.epoch}  loss {look.loss:.4f}  validation recall@20 {look.recall:.4f}")

    kept.on_start(0, recipe.settings.epochs * steps)
    try:
        if isinstance(recipe, Recommender):
            return train_opened(recipe, opened, folder, tell=tell)
        return train_sequences_into(recipe, opened, folder, tell=tell)
    except KeyboardInterrupt:
        console.say("stopped; a run on interactions is not resumed, and begins again")
        raise typer.Exit(130) from None
    finally:
        kept.on_end(None)
