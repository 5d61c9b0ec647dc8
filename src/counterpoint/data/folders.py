"""A folder of image files: one sub-folder per class, or no classes at all."""

from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.data.table import MemoryTable, Table

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


def open_image_folder(path: Path) -> Table:
    """Columns ``image`` (path inside the folder) and ``label`` (name of the sub-folder), sorted by name.

    Images directly in the folder and no sub-folders with images: column ``image`` only. Hidden files are passed
    over; other files that are no images are counted in ``notes``.

    Raises:
        InputError: No images, images both in the folder and in sub-folders, or folders inside the class folders.
    """
    flat = _images(path)
    classes = {folder.name: _images(folder) for folder in _folders(path)}
    filled = {name: files for name, files in classes.items() if files}
    deeper = [folder for folder in _folders(path) if any(_images(inner) for inner in _folders(folder))]
    if deeper:
        raise InputError(
            f"{path}: {deeper[0].name!r} holds folders of images itself; classes are the folders directly inside. "
            f"Did you mean {deeper[0]}?"
        )
    if flat and filled:
        raise InputError(f"{path} holds images of its own and folders of images; put every image into a class folder")
    if not flat and not filled:
        raise InputError(f"{path} holds no images ({', '.join(IMAGE_SUFFIXES)}), directly or one folder down")
    if flat:
        table = MemoryTable({"image": [file.name for file in flat]}, description=path.name, folder=path)
    else:
        rows = [(f"{name}/{file.name}", name) for name, files in filled.items() for file in files]
        columns = {"image": [row[0] for row in rows], "label": [row[1] for row in rows]}
        table = MemoryTable(columns, description=path.name, folder=path)
    table.notes = _notes(path, classes)
    return table


def _notes(path: Path, classes: dict[str, list[Path]]) -> tuple[str, ...]:
    notes: list[str] = []
    empty = [name for name, files in classes.items() if not files]
    if empty:
        notes.append(f"{path.name}: folders without images are left out: {', '.join(empty[:10])}")
    inside = [file for folder in (path, *_folders(path)) for file in _visible(folder) if file.is_file()]
    others = [file for file in inside if file.suffix.lower() not in IMAGE_SUFFIXES]
    if others:
        notes.append(f"{path.name}: {len(others)} files are no images and left out, such as {others[0].name}")
    return tuple(notes)


def _visible(path: Path) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))


def _folders(path: Path) -> list[Path]:
    return [entry for entry in _visible(path) if entry.is_dir()]


def _images(path: Path) -> list[Path]:
    return [file for file in _visible(path) if file.is_file() and file.suffix.lower() in IMAGE_SUFFIXES]
