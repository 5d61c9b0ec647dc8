"""Folders that commands of this program made, where data are expected."""

from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.experiments.compare import CompareFolder
from counterpoint.experiments.corpus import SOURCE
from counterpoint.experiments.folder import RunFolder
from counterpoint.retrieval.manifest import MANIFEST


def refuse_made(data: str) -> None:
    """Refuse a run, a comparison and a folder of vectors, whose files could be read as shards of a table.

    Args:
        data: Path or ``set:NAME``, which need not be there.

    Raises:
        InputError: It is such a folder.
    """
    path = Path(data)
    if RunFolder(path).config.is_file() and RunFolder(path).metrics.is_file():
        raise InputError(
            f"{data} is a run folder, and data are expected: name a file or folder of examples. A run is judged by "
            f"`counterpoint evaluate {data}`, two by `counterpoint diagnose {data} --against OTHER`"
        )
    if CompareFolder(path).plan.is_file() and CompareFolder(path).trials.is_file():
        raise InputError(
            f"{data} is the folder of a comparison, and data are expected: it goes on with its data and --out {data}"
        )
    if (path / SOURCE).is_file() and (path / MANIFEST).is_file():
        raise InputError(
            f"{data} is a folder of vectors that embed made, and data are expected: name what was embedded"
        )
