"""The command that makes the run of a folder again."""

import shlex

from counterpoint.base.files import read_json
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.soup import soup_command
from counterpoint.experiments.source import source_options


def commands_again(folder: RunFolder) -> str:
    """The versions that a run was made with, and the command that makes it elsewhere, a line each.

    Args:
        folder: A run on whatever; ``config.json`` must be there.
    """
    versions = read_json(folder.config)["versions"]
    return "\n".join([f"# with {', '.join(f'{name} {number}' for name, number in versions.items())}", _command(folder)])


def _command(folder: RunFolder) -> str:
    if (averaged := soup_command(folder)) is not None:
        return averaged
    recipe, source = folder.plan()
    with_recipe = f"--recipe {shlex.quote(str(folder.path / 'recipe.py'))}"
    if source is not None:
        options = " ".join([with_recipe, *source_options(source)])
        return f"counterpoint train {shlex.quote(source.data)} {options} --out again"
    if isinstance(recipe, MultiTask):
        return f"counterpoint train {with_recipe} --out again"
    return "# trained from Python: recipe.py in the run folder holds the recipe"
