"""The run folder: what a run wrote, by name. Any command accepts one."""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from counterpoint.base.errors import CheckpointError, InputError, StorageError
from counterpoint.base.files import read_json, write_json, write_text
from counterpoint.base.folders import remove_folder
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders import Encoder, load_encoder
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.own_classes import own_classes, spec_name, with_stand_ins
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.recipe_source import source_of
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender
from counterpoint.experiments.source import DataSource
from counterpoint.training import CHECKPOINTS, Record, list_checkpoints, read_records

Plan = Recipe | Recommender | SequentialRecommender | NodeLearner | MultiTask
"""What a run learns by: from content, from interactions, from edges, or from several files, a task each."""

_HELD = {
    **dict.fromkeys((Recommender, SequentialRecommender), "a recommender, learnt from interactions"),
    NodeLearner: "nodes of a graph, learnt from edges",
    MultiTask: "an encoder of several tasks",
}
_OWN = "own_classes"
_PACKAGES = ("counterpoint", "torch", "numpy", "scikit-learn", "accelerate")


@dataclass(frozen=True)
class RunFolder:
    """Paths and contents of one run.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def config(self) -> Path:
        """``config.json``: recipe, data source and versions."""
        return self.path / "config.json"

    @property
    def model(self) -> Path:
        """The trained encoder; ``candidates/`` inside it holds the second tower, if there is one."""
        return self.path / "model"

    @property
    def initial(self) -> Path:
        """The encoder before training, for comparisons."""
        return self.path / "initial"

    @property
    def metrics(self) -> Path:
        """One JSON record per logged step."""
        return self.path / "metrics.jsonl"

    @property
    def tensorboard(self) -> Path:
        """The same records for TensorBoard."""
        return self.path / "tensorboard"

    @property
    def evaluation(self) -> Path:
        """Measures of the trained model, the untrained one and the raw input."""
        return self.path / "evaluation.json"

    @property
    def diagnosis(self) -> Path:
        """What is wrong with the space, measure by measure."""
        return self.path / "diagnosis.json"

    @property
    def soup(self) -> Path:
        """Of which runs this one is the mean; there is no such file in a run that was trained."""
        return self.path / "soup.json"

    @property
    def report(self) -> Path:
        """The page to look at."""
        return self.path / "report.html"

    def create(self, recipe: Plan, source: DataSource | None, *, replace: bool = False) -> None:
        """Make the folder and write what the run is.

        A run that never came to its first checkpoint holds no work, and makes way without being asked.

        Args:
            recipe: What will be trained.
            source: On what; None for data that only the caller has.
            replace: Delete what a run left in the folder; other files stay.

        Raises:
            InputError: A run is already there and ``replace`` is false, or the recipe cannot be written down.
            StorageError: The folder cannot be written.
        """
        if self._holds_work() and not replace:
            raise InputError(
                f"{self.path} already holds a run: continue it with --resume, delete it with --replace, or choose "
                "another folder"
            )
        config, written = _config(recipe, source), source_of(recipe)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._clear()
        except OSError as error:
            raise StorageError(f"cannot make the run folder {self.path}: {error.strerror}") from error
        write_json(self.config, config)
        write_text(self.path / "recipe.py", written)

    def _holds_work(self) -> bool:
        return self.model.exists() or bool(list_checkpoints(self.path / CHECKPOINTS))

    def _clear(self) -> None:
        for left in (self.path / CHECKPOINTS, self.tensorboard, self.initial, self.model):
            if left.exists():
                remove_folder(left)
        for left in (self.metrics, self.evaluation, self.diagnosis, self.report, self.config, self.soup):
            left.unlink(missing_ok=True)

    def read(self) -> tuple[Recipe, DataSource | None]:
        """The recipe and data source of the run.

        Raises:
            CheckpointError: This is no run folder, or its ``config.json`` is not what this version reads.
            InputError: The run learnt from interactions, from edges or from several tasks.
        """
        recipe, source = self.plan()
        if not isinstance(recipe, Recipe):
            raise InputError(
                f"{self.path} holds {_HELD[type(recipe)]}: train, evaluate, diagnose, embed, search and report "
                "know it, this does not"
            )
        return recipe, source

    def plan(self) -> tuple[Plan, DataSource | None]:
        """What the run learns by, and its data source; stand-ins for classes of the user's own.

        Raises:
            CheckpointError: This is no run folder, or its ``config.json`` is not what this version reads.
        """
        if not self.config.is_file():
            raise CheckpointError(f"{self.path} is not a run folder: it has no config.json")
        try:
            config = read_json(self.config)
            if not isinstance(config, dict) or not {"recipe", "data"} <= config.keys():
                raise CheckpointError(f"{self.config} lacks recipe or data")
            own = config.get(_OWN, [])
            if not isinstance(own, list):
                raise CheckpointError(f"{self.config} does not hold a list of {_OWN}")
            recipe, source = from_json(with_stand_ins(config["recipe"], own)), from_json(config["data"])
        except CheckpointError:
            raise
        except InputError as error:
            raise CheckpointError(f"{self.config} is not what this version reads: {error}") from error
        if not isinstance(recipe, Plan) or not isinstance(source, (DataSource, type(None))):
            raise CheckpointError(f"{self.config} does not hold a recipe and a data source")
        return recipe, source

    def recommender(self) -> tuple[Recommender | SequentialRecommender, DataSource] | None:
        """What a run on interactions learns by, and its data source; None for any other run.

        Raises:
            CheckpointError: As for :meth:`plan`.
        """
        recipe, source = self.plan()
        known = isinstance(recipe, (Recommender, SequentialRecommender))
        return (recipe, source) if known and source is not None else None

    def graph(self) -> tuple[NodeLearner, DataSource] | None:
        """What a run on edges learns by, and its data source; None for any other run.

        Raises:
            CheckpointError: As for :meth:`plan`.
        """
        recipe, source = self.plan()
        return (recipe, source) if isinstance(recipe, NodeLearner) and source is not None else None

    def several_tasks(self) -> MultiTask | None:
        """What a run of several tasks learns by, their data among it; None for any other run.

        Raises:
            CheckpointError: As for :meth:`plan`.
        """
        recipe, _ = self.plan()
        return recipe if isinstance(recipe, MultiTask) else None

    def records(self) -> list[Record]:
        """The logged records, oldest first; none when nothing was logged. A last line cut short is left out."""
        return read_records(self.metrics)

    def encoders(self, where: Path | None = None) -> tuple[Encoder, Encoder]:
        """The encoder of anchors (queries) and that of candidates (documents); often the same object.

        Args:
            where: ``model`` by default, or ``initial``.

        Raises:
            CheckpointError: Nothing was saved there, or it is corrupt.
        """
        where = self.model if where is None else where
        encoder = load_encoder(where)
        other = where / "candidates"
        return encoder, load_encoder(other) if other.is_dir() else encoder


def _config(recipe: Plan, source: DataSource | None) -> dict[str, Any]:
    """What ``config.json`` holds; a run on content is judged and continued by all of its recipe, without stand-ins."""
    versions = {name: version(name) for name in _PACKAGES} | {"python": platform.python_version()}
    own = [] if isinstance(recipe, (Recipe, MultiTask)) else [spec_name(kind) for kind in own_classes(recipe)]
    config = {"recipe": to_json(recipe), "data": to_json(source), "versions": versions}
    return config | ({_OWN: own} if own else {})
