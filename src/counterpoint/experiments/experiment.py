"""A recipe on its data, trained in a folder of its own and judged on what is held out."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.data import Batch
from counterpoint.evaluation import Embeddings, space_measures
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_job
from counterpoint.experiments.judge import System, collect, judge, model_system
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data, DataSource, load_data


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A recipe on its data."""

    recipe: Recipe
    data: DataSource

    def seeded(self, seed: int) -> "Experiment":
        """The same experiment with another seed."""
        return replace(self, recipe=replace(self.recipe, training=replace(self.recipe.training, seed=seed)))


@dataclass(frozen=True)
class Trained:
    """What training left, for further measures.

    Attributes:
        system: Embeds examples.
        train: The examples that were learnt from, at most 20,000.
        test: Those held out.
        figures: What was measured on those held out: all that ``judge`` finds in the columns, and uniformity,
            effective rank and spread of the anchors' embeddings.
    """

    system: System
    train: Batch
    test: Batch
    figures: dict[str, float]


def run_experiment(experiment: Experiment, *, say: Callable[[str], None] = lambda text: None) -> Trained:
    """Train on what a source names and judge the trained model.

    Args:
        experiment: Recipe and data.
        say: Told of warnings.

    Raises:
        InputError: The recipe does not fit the data, or nothing is held out.
    """
    source = replace(experiment.data, facts=experiment.recipe.facts)
    return run_recipe(experiment.recipe, load_data(source), source, say=say)


def run_recipe(
    recipe: Recipe, data: Data, source: DataSource, *, say: Callable[[str], None] = lambda text: None
) -> Trained:
    """Train on data that are already open, in a folder that is gone afterwards, and judge the trained model.

    Args:
        recipe: What to train.
        data: What on, and what is held out.
        source: Where the data come from, for the run folder.
        say: Told of warnings.

    Raises:
        InputError: The recipe does not fit the data, or nothing is held out.
    """
    if data.test is None:
        raise InputError(f"{source.data} holds nothing out: there is nothing to judge a claim on")
    method = prepare_job(recipe, data, judge=True, warn=lambda text: say(f"warning: {text}"))
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place) / "run")
        folder.create(recipe, source)
        run_job(recipe, data, folder, method=method)
        system = model_system("trained", folder.encoders(), is_model=True)
        train, test = collect(data.train), collect(data.test)
        found = judge([system], train, test, data.roles.supervision)
        figures = {one.measure: one.rows[0].value for one in found}
        return Trained(system, train, test, {**figures, **_space(system.encode(test.anchor))})


def _space(embeddings: Embeddings) -> dict[str, float]:
    return {one.name: one.value for one in space_measures(embeddings)}
