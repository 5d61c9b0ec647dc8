"""Omniglot: handwritten characters of 50 alphabets, 20 drawers each."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from counterpoint.base.errors import InputError
from counterpoint.base.files import atomic_path
from counterpoint.data.downloading import Source
from counterpoint.data.sets.place import Access, fetched, placed
from counterpoint.data.sets.types import NamedSet
from counterpoint.data.table import Column, Table

_SIDE = 105
_BASE = "https://raw.githubusercontent.com/brendenlake/omniglot/057f034baf2ecb8530bc5710e5a23584d2a519cc/python/"
_PARTS = ("images_background", "images_evaluation")
_SOURCES = (
    # The snapshots we could look into leave these two archives out: sizes and checksums are those that TensorFlow
    # Datasets publishes, and those it gives for the archives beside them, which we have, are right.
    Source(
        url=f"{_BASE}images_background.zip",
        sha256="ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
        size=9_464_212,
    ),
    Source(
        url=f"{_BASE}images_evaluation.zip",
        sha256="1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
        size=6_462_886,
    ),
)


def omniglot(*, access: Access | None = None) -> NamedSet:
    """105x105 grey images (black on white): 964 characters of 30 alphabets to train, 659 of 20 others to test.

    Columns ``image``, ``label`` (alphabet/character), ``alphabet``, ``drawer``.

    Raises:
        InputError: The set is not on this machine and may not be downloaded (16 MB).
    """
    folder = placed("omniglot", [f"{part}.npz" for part in _PARTS])
    if folder is None:
        folder = fetched("omniglot", _SOURCES, access or Access())
        for part in _PARTS:
            if not (folder / f"{part}.npz").exists():
                pack(folder / f"{part}.zip", folder / f"{part}.npz")
    train, test = (InkTable(folder / f"{part}.npz") for part in _PARTS)
    return NamedSet(
        name="omniglot",
        train=train,
        test=test,
        citation="Lake, Salakhutdinov and Tenenbaum (2015). Human-level concept learning. Science 350(6266)",
        licence="MIT",
    )


class InkTable(Table):
    """Binary images held as bits, eight pixels a byte, and unpacked when taken."""

    def __init__(self, path: Path) -> None:
        """Load the packed images (26 MB for the larger part)."""
        with np.load(path, allow_pickle=False) as arrays:
            self._ink = arrays["ink_packed"]
            alphabet = arrays["alphabet_names"][arrays["alphabet"]]
            character, drawer = arrays["character"], arrays["drawer"]
        # Characters may be numbered within their alphabet or throughout; with the alphabet the name is unique.
        names = [f"{name}/{int(number):03d}" for name, number in zip(alphabet, character, strict=True)]
        self._other: dict[str, list[object]] = {
            "label": list(names),
            "alphabet": alphabet.tolist(),
            "drawer": drawer.tolist(),
        }
        self.columns = ("image", "label", "alphabet", "drawer")
        self.description = f"omniglot {path.stem}"

    def __len__(self) -> int:
        """Number of images."""
        return len(self._ink)

    def take(self, rows: np.ndarray | Sequence[int], columns: Sequence[str] | None = None) -> dict[str, Column]:
        """The values at ``rows``; images uint8 `[n, 105, 105]`, 0 where there is ink and 255 elsewhere."""
        index, names = self.checked(rows, columns)
        out: dict[str, Column] = {}
        for name in names:
            if name == "image":
                bits = np.unpackbits(self._ink[index], axis=1)[:, : _SIDE * _SIDE]
                out[name] = ((1 - bits) * 255).astype(np.uint8).reshape(-1, _SIDE, _SIDE)
            else:
                out[name] = [self._other[name][row] for row in index.tolist()]
        return out


def pack(archive: Path, target: Path) -> None:
    """Turn the authors' zip of PNG files into one .npz of bits.

    Raises:
        InputError: No images inside, or one of another size.
    """
    ink: list[np.ndarray] = []
    places: list[tuple[str, int, int]] = []
    with zipfile.ZipFile(archive) as held:
        for name in sorted(name for name in held.namelist() if name.endswith(".png")):
            alphabet, character, file = name.split("/")[-3:]
            image = np.asarray(Image.open(io.BytesIO(held.read(name))).convert("L"))
            if image.shape != (_SIDE, _SIDE):
                raise InputError(f"{archive.name}, {name}: {_SIDE}x{_SIDE} pixels are expected, not {image.shape}")
            ink.append(np.packbits(image.reshape(-1) < 128))
            places.append((alphabet, int(character.removeprefix("character")), int(file[:-4].split("_")[-1])))
    if not ink:
        raise InputError(f"{archive} holds no PNG images")
    names, alphabet = np.unique([place[0] for place in places], return_inverse=True)
    with atomic_path(target) as temporary, open(temporary, "wb") as handle:
        np.savez_compressed(
            handle,
            ink_packed=np.stack(ink),
            alphabet=alphabet.astype(np.int16),
            alphabet_names=names,
            character=np.array([place[1] for place in places], dtype=np.int16),
            drawer=np.array([place[2] for place in places], dtype=np.int8),
        )
