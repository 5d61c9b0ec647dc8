"""Where the files of a set are: given in COUNTERPOINT_DATA, cached, or to be downloaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.base.settings import settings
from counterpoint.data.downloading import Progress, Source, download, verify


@dataclass(frozen=True, kw_only=True)
class Access:
    """What may be done to get a set.

    Attributes:
        download: Whether missing files may be fetched.
        progress: Told about every chunk of a download.
    """

    download: bool = False
    progress: Progress | None = None


def placed(folder: str, files: Sequence[str]) -> Path | None:
    """``COUNTERPOINT_DATA/<folder>``, or None when there is no such folder.

    Raises:
        InputError: The folder lacks one of ``files``.
    """
    root = settings().data_folder
    if root is None or not (root / folder).is_dir():
        return None
    missing = [name for name in files if not (root / folder / name).is_file()]
    if missing:
        raise InputError(f"{root / folder} is incomplete: {missing[0]} is missing")
    return root / folder


def must_be_placed(folder: str, files: Sequence[str]) -> Path:
    """Like :func:`placed`, for a set that has no download.

    Raises:
        InputError: It is not there; says where to put it.
    """
    found = placed(folder, files)
    if found is None:
        raise InputError(
            f"the data set in {folder!r} cannot be downloaded: place {', '.join(files)} in COUNTERPOINT_DATA/{folder} "
            "(COUNTERPOINT_DATA is an environment variable naming a folder)"
        )
    return found


def fetched(name: str, sources: Sequence[Source], access: Access) -> Path:
    """The cache folder of a set, holding all ``sources``, each with the right checksum.

    Raises:
        InputError: A file is missing and downloading is not allowed, or a file is damaged.
        StorageError: The cache folder cannot be written.
    """
    folder = settings().cache_folder / "sets" / name
    missing = [source for source in sources if not (folder / source.file).exists()]
    if missing and not access.download:
        size = sum(source.size or 0 for source in missing)
        about = f", about {size / 1e6:.1f} MB" if size else ""
        raise InputError(
            f"the data set {name!r} is not on this machine. Allow its download (download=True{about}, from "
            f"{missing[0].url.split('/')[2]}), or set COUNTERPOINT_DATA to a folder that holds it"
        )
    for source in sources:
        if source in missing:
            download(source, folder, progress=access.progress)
        else:
            verify(source, folder / source.file)
    return folder
