"""A run that was not trained: the mean of the models of several runs, as a run folder like any other."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace as replace_fields
from pathlib import Path

from torch import Tensor

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.files import read_json, write_json
from counterpoint.encoders import Encoder
from counterpoint.encoders.saving import DESCRIPTION, WEIGHTS
from counterpoint.experiments.folder import Plan, RunFolder
from counterpoint.experiments.job import save_towers
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.training.soup import delta_soup, uniform_soup

SECOND = "candidates"
FILES = "files."


def make_soup(
    runs: Sequence[Path], out: Path, *, guided: bool, replace: bool, warn: Callable[[str], None] = lambda text: None
) -> RunFolder:
    """Average the models of finished runs: :func:`counterpoint.training.soup.uniform_soup`, or ``delta_soup``.

    The folder takes recipe, data and untrained model of the first run, so that it is judged, embeds and searches like
    that one; ``soup.json`` says what it is made of. There are no checkpoints, and nothing to resume.

    Args:
        runs: Two or more run folders, whose models have one architecture and vocabulary.
        out: Run folder to make.
        guided: Weigh every number by how far each run moved it from where all of them began (CoDiEmb).
        replace: Delete the run that ``out`` holds.
        warn: Told of what may make the mean worse than it looks.

    Raises:
        InputError: Fewer than two runs, one of them is ``out`` or did not learn from content, their models differ,
            or ``guided`` is asked of runs that did not begin alike.
        CheckpointError: A run is not finished, or damaged.
    """
    if len(runs) < 2:
        raise InputError(f"runs must be two at least to be averaged, got {len(runs)}")
    if same := [run for run in runs if run.resolve() == out.resolve()]:
        raise InputError(f"out is {out}, and {same[0]} is one of the runs to average: choose another folder")
    folders = [RunFolder(run) for run in runs]
    plans = [_plan(folder) for folder in folders]
    _check_alike(folders)
    alike = _began_alike(folders)
    if guided and not alike:
        raise InputError("guided weighs by what each run moved, and these runs did not begin with the same weights")
    if not alike:
        warn("these runs did not begin with the same weights, and the mean of such networks is seldom any good")
    if any(_data(plan) != _data(plans[0]) for plan in plans):
        warn(
            f"these runs learnt from different data: what {runs[0]} held out may be what another has learnt from, so "
            "judge on rows that none has seen"
        )
    model = _averaged(folders, guided=guided)
    made = RunFolder(out)
    made.create(*plans[0], replace=replace)
    write_json(made.soup, {"runs": [str(run) for run in runs], "guided": guided})
    save_towers(*_towers(folders[0], folders[0].initial), made.initial)
    save_towers(*model, made.model, share=True)
    return made


def soup_command(folder: RunFolder) -> str | None:
    """What makes the same soup again, for the page of a run that is one; None for any other run."""
    if not folder.soup.is_file():
        return None
    made = read_json(folder.soup)
    runs = " ".join(shlex.quote(run) for run in made["runs"])
    return f"counterpoint soup {runs}{' --guided' if made['guided'] else ''} --out again"


def _plan(folder: RunFolder) -> tuple[Plan, DataSource | None]:
    plan, source = folder.plan()
    if not isinstance(plan, (Recipe, MultiTask)):
        raise InputError(f"runs must have learnt from content to be averaged, and {folder.path} did not")
    return plan, source


def _data(plan: tuple[Plan, DataSource | None]) -> object:
    recipe, source = plan
    return [_split(task.data) for task in recipe.tasks] if isinstance(recipe, MultiTask) else _split(source)


def _split(source: DataSource | None) -> DataSource | None:
    """The source, without a seed that decides nothing because no rows are drawn to be held out."""
    drawn = source is None or (source.test is None and source.test_fraction > 0)
    return source if source is None or drawn else replace_fields(source, seed=0)


def _towers(folder: RunFolder, where: Path) -> tuple[Encoder, Encoder | None]:
    first, other = folder.encoders(where)
    return first, None if other is first else other


def _averaged(folders: Sequence[RunFolder], *, guided: bool) -> tuple[Encoder, Encoder | None]:
    """The towers of the first run with the mean of all runs' weights."""
    towers = [_towers(folder, folder.model) for folder in folders]
    starts = _towers(folders[0], folders[0].initial)
    for place, made in enumerate(towers[0]):
        if made is None:
            continue
        states = [_state(one[place]) for one in towers]
        made.load_state_dict(delta_soup(_state(starts[place]), states) if guided else uniform_soup(states))
    return towers[0]


def _state(encoder: Encoder | None) -> dict[str, Tensor]:
    assert encoder is not None  # all runs have as many towers: _check_alike
    return {name: value.clone() for name, value in encoder.state_dict().items()}


def _check_alike(folders: Sequence[RunFolder]) -> None:
    """Refuse models that were built from other settings, sizes or vocabularies."""
    first = _described(folders[0], folders[0].model)
    for folder in folders[1:]:
        own = _described(folder, folder.model)
        for name in sorted(first.keys() | own.keys()):
            if own.get(name) == first.get(name):
                continue
            other = f"is {own.get(name)} there and {first.get(name)} here"
            told = "is another file" if FILES in name else other
            raise InputError(
                f"the model of {folder.path} is not built like that of {folders[0].path}: {name} {told}; runs that "
                "are to be averaged go on from one model: Saved(folder=...)"
            )


def _began_alike(folders: Sequence[RunFolder]) -> bool:
    return len({str(_weights(folder)) for folder in folders}) == 1


def _weights(folder: RunFolder) -> list[str]:
    """Digests of the untrained weights of both towers."""
    return [one["files"][WEIGHTS] for one in _descriptions(folder, folder.initial)]


def _described(folder: RunFolder, where: Path) -> dict[str, object]:
    """All that a saved model says of itself but its weights, under dotted names."""
    return {
        f"{tower}{part}.{name}": value
        for tower, one in zip(("", f"{SECOND}: "), _descriptions(folder, where), strict=False)
        for part in ("spec", "fitted", "files")
        for name, value in one[part].items()
        if name != WEIGHTS
    }


def _descriptions(folder: RunFolder, where: Path) -> list[dict]:
    if not (where / DESCRIPTION).is_file():
        raise CheckpointError(f"{folder.path} is no finished run: {where / DESCRIPTION} is missing")
    there = [where, where / SECOND] if (where / SECOND).is_dir() else [where]
    return [read_json(one / DESCRIPTION) for one in there]
