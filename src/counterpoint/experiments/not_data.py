"""Folders that commands of this program made, where data are expected."""

from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.experiments.corpus import SOURCE
from counterpoint.experiments.folder import RunFolder
from counterpoint.retrieval.manifest import MANIFEST


def refuse_made(data: str) -> None:
    """Refuse a run folder and a folder of vectors, whose files could be read as shards of a table.

    Args:
        data: Path or ``set:NAME``, which need not be there.

    Raises:
        InputError: It is such a folder.
    """
    path = Path(data)
    if RunFolder(path).config.is_file() and RunFolder(path).metrics.is_file():
        raise InputError(f"{data} is a run folder, and data are expected: name a file or folder of examples")
    if (path / SOURCE).is_file() and (path / MANIFEST).is_file():
        raise InputError(
            f"{data} is a folder of vectors that embed made, and data are expected: name what was embedded"
        )
