"""Run a paper's method and baseline over seeds and say whether its claim holds."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.claim import Experiment, PaperFile, Result, Setting, decide
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_job
from counterpoint.experiments.judge import Comparison, collect, judge, model_system
from counterpoint.experiments.record import write_record
from counterpoint.experiments.source import load_data


def reproduce(
    file: PaperFile,
    setting: Setting,
    *,
    say: Callable[[str], None] = lambda text: None,
    claims: Path | None = None,
) -> Result:
    """Both sides over the claim's seeds, evaluated on held-out data.

    Args:
        file: The paper.
        setting: How large.
        say: Told of every value as it comes, and of warnings.
        claims: Folder to keep the result in, with what it depends on; None keeps nothing.

    Raises:
        InputError: An experiment does not fit its data, or the claim is about something that is not measured.
    """
    if claims is not None and claims.exists() and not claims.is_dir():
        raise InputError(f"claims: a folder is expected, and {claims} is a file")
    values: dict[str, list[float]] = {"method": [], "baseline": []}
    better = True
    for seed in range(file.claim.seeds):
        for side, make in (("method", file.method), ("baseline", file.baseline)):
            measured = _measure(run_experiment(make(setting).seeded(seed), say=say), file.claim.measure)
            values[side].append(measured.rows[0].value)
            better = measured.greater_is_better
            say(f"seed {seed}, {side}: {measured.measure} {measured.rows[0].value:.4f}")
    result = decide(file.claim, values["method"], values["baseline"], greater_is_better=better)
    if claims is not None:
        write_record(file, setting, result, claims)
    return result


def run_experiment(experiment: Experiment, *, say: Callable[[str], None] = lambda text: None) -> list[Comparison]:
    """Train in a folder of its own, judge the trained model, and keep only the numbers.

    Args:
        experiment: Recipe and data.
        say: Told of warnings.

    Raises:
        InputError: The recipe does not fit the data, or nothing is held out.
    """
    data = load_data(experiment.data)
    if data.test is None:
        raise InputError(f"{experiment.data.data} holds nothing out: there is nothing to judge a claim on")
    method = prepare_job(experiment.recipe, data, judge=True, warn=lambda text: say(f"warning: {text}"))
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place) / "run")
        folder.create(experiment.recipe, experiment.data)
        run_job(experiment.recipe, data, folder, method=method)
        trained = model_system("trained", folder.encoders(), is_model=True)
        return judge([trained], collect(data.train), collect(data.test), data.roles.supervision)


def _measure(comparisons: list[Comparison], name: str) -> Comparison:
    for one in comparisons:
        if one.measure == name:
            return one
    raise InputError(f"the claim is about {name!r}; measured were {', '.join(one.measure for one in comparisons)}")
