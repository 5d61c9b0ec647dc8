"""Run a paper's method and baseline over seeds and say whether its claim holds."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.experiments.check import check_job
from counterpoint.experiments.claim import Experiment, PaperFile, Result, Setting, decide
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_job
from counterpoint.experiments.judge import Comparison, collect, judge, model_system
from counterpoint.experiments.source import load_data


def reproduce(file: PaperFile, setting: Setting, *, say: Callable[[str], None] = lambda text: None) -> Result:
    """Both sides over the claim's seeds, evaluated on held-out data.

    Args:
        file: The paper.
        setting: How large.
        say: Told of every value as it comes.
    """
    values: dict[str, list[float]] = {"method": [], "baseline": []}
    better = True
    for seed in range(file.claim.seeds):
        for side, make in (("method", file.method), ("baseline", file.baseline)):
            measured = _measure(run_experiment(make(setting).seeded(seed)), file.claim.measure)
            values[side].append(measured.rows[0].value)
            better = measured.greater_is_better
            say(f"seed {seed}, {side}: {measured.measure} {measured.rows[0].value:.4f}")
    return decide(file.claim, values["method"], values["baseline"], greater_is_better=better)


def run_experiment(experiment: Experiment) -> list[Comparison]:
    """Train in a folder of its own, judge the trained model, and keep only the numbers."""
    data = load_data(experiment.data)
    check_job(experiment.recipe, data)
    if data.test is None:
        raise InputError(f"{experiment.data.data} holds nothing out: there is nothing to judge a claim on")
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place) / "run")
        folder.create(experiment.recipe, experiment.data)
        run_job(experiment.recipe, data, folder)
        trained = model_system("trained", folder.encoders(), is_model=True)
        return judge([trained], collect(data.train), collect(data.test), data.roles.supervision)


def _measure(comparisons: list[Comparison], name: str) -> Comparison:
    for one in comparisons:
        if one.measure == name:
            return one
    raise InputError(f"the claim is about {name!r}; measured were {', '.join(one.measure for one in comparisons)}")
