"""``counterpoint train --resume``: a run that was stopped goes on."""

from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.tasks import continue_tasks
from counterpoint.cli.train_plan import check_plan, run_plan
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.source import load_data


def continue_run(path: Path, *, fall_back: bool, judge: bool, json: bool) -> None:
    """Go on from the newest checkpoint of a run, with its own data and settings.

    Raises:
        InputError: There is nothing to go on from, or the data are not there any more.
    """
    folder = RunFolder(path)
    if folder.soup.is_file():
        raise InputError(f"{path} is the mean of other runs and was not trained: there is nothing to resume")
    if (tasks := folder.several_tasks()) is not None:
        continue_tasks(tasks, folder, fall_back=fall_back, judge=judge, json=json)
        return
    if folder.recommender() is not None or folder.graph() is not None:
        raise InputError(f"{path} learnt from interactions or edges: such a run is not resumed, and begins again")
    plan, source = folder.read()
    if source is None:
        raise InputError(f"{path} was trained from Python on data without a file; resume it from Python")
    loaded = load_data(source)
    console.say(loaded.described)
    method = check_plan(plan, loaded, judge=judge)
    run_plan(plan, loaded, folder, method, resume=True, fall_back=fall_back, judge=judge, json=json)
