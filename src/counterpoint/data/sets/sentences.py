"""STS Benchmark: sentence pairs with a similarity from 0 to 5."""

import csv
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.data.downloading import Source
from counterpoint.data.opening import open_table
from counterpoint.data.sets.place import Access, fetched, placed
from counterpoint.data.sets.types import NamedSet
from counterpoint.data.table import MemoryTable, Table

_BASE = "https://raw.githubusercontent.com/PhilipMay/stsb-multi-mt/30de0dec4ee199b7f42351d3f1a0b19592955385/data/"
_FILES = {
    "en": (
        ("e1e84fec60bbb598735552f54a35f4949904a484750fd2cb11e2720e49f63da6", 708_863),
        ("d29586e96558c4eb52cf5ea5d14e9c24d3bf0e44f111b017caba43a5adc33226", 204_675),
        ("11523b625219e94e9ca05d2816b5f02cac1614c5894fe657376fa0806378d053", 158_891),
    ),
    "de": (
        ("7a393283b1ec86d9919452bd793db2938831169b29f1584660c3d20e2ee2a53e", 847_845),
        ("40ddf84ce3d2dfb957e11687edea30e5567c542219998f906ee552cfd3ef6769", 242_726),
        ("a92ce1015b201a342784ab7e34e024ceb0a0eeb479231fbadd05f756afb817fd", 188_602),
    ),
    "fr": (
        ("29cece1d7e713cbc5c6940d4a0bbba7764da093e6d0b9da8fee26662b8af1d0a", 888_493),
        ("d9f0ed00811dc0d91663f195790bccc4627e0da3575e79e4e06ac777ec38039f", 249_002),
        ("f7da31a1d88557344afcb26430dc1c6cb85e76b564333de1a29f8008205b39b2", 195_020),
    ),
    "es": (
        ("c0b1e809c1d5e51f95e90753656a371a5c92fff9f459ba01be20ce23f3ecc8b4", 864_921),
        ("7afece0711add2fb35bc65874bdf0fbbacbd5c784ebb3b926f4099f3989317d4", 240_097),
        ("2b6f60e63f19806436cdfd8fe314f91144f97e403d1d50f20ff9ffcb323d5b2f", 189_142),
    ),
    "zh": (
        ("6d44b5faa6c88e76f0c5f39fcd5963622c121b1d106f139a33b5b1df24c20ce2", 669_068),
        ("f24a3580938f840d82ee3d520de3af2be355b389850f21d0cc5c228ba3f6cdc9", 189_283),
        ("a583195cb30b9d99ae5fe1d03cd3e544c4c2a1c48d27713fb0686c7bae9fbb19", 148_541),
    ),
}
_SPLITS = ("train", "dev", "test")


def stsb(*, language: str = "en", access: Access | None = None) -> NamedSet:
    """5,749 / 1,500 / 1,379 sentence pairs with a score from 0 to 5, official split.

    Args:
        language: en (the original), or a machine translation: de, fr, es, zh.
        access: Whether it may be downloaded (1 MB).

    Raises:
        InputError: Another language, or the set is not on this machine.
    """
    if language not in _FILES:
        raise InputError(f"stsb: language must be one of {', '.join(_FILES)}, not {language!r}")
    packed = [f"{language}-{split}.parquet" for split in _SPLITS]
    folder = placed("stsb", packed)
    if folder is not None:
        train, validation, test = (open_table(folder / name) for name in packed)
    else:
        folder = fetched("stsb", _sources(language), access or Access())
        train, validation, test = (read_csv(folder / f"stsb-{language}-{split}.csv") for split in _SPLITS)
    return NamedSet(
        name="stsb" if language == "en" else f"stsb-{language}",
        train=train,
        validation=validation,
        test=test,
        citation="Cer and others (2017). SemEval-2017 Task 1. arXiv:1708.00055; translated by May (2021)",
        licence="scores CC BY-SA 4.0; every text source keeps its own licence",
    )


def read_csv(path: Path) -> Table:
    """A file of the multilingual release: two sentences and a score a line, no header.

    Raises:
        InputError: A line with another number of fields.
    """
    with open(path, newline="", encoding="utf-8") as handle:
        rows = list(csv.reader(handle))
    odd = [number for number, row in enumerate(rows) if len(row) != 3]
    if odd:
        raise InputError(f"{path.name}, record {odd[0] + 1}: two sentences and a score are expected: {rows[odd[0]]}")
    first, second, score = zip(*rows, strict=True)
    columns = {"sentence1": list(first), "sentence2": list(second), "score": [float(value) for value in score]}
    return MemoryTable(columns, description=path.name)


def _sources(language: str) -> list[Source]:
    return [
        Source(url=f"{_BASE}stsb-{language}-{split}.csv", sha256=sha256, size=size)
        for split, (sha256, size) in zip(_SPLITS, _FILES[language], strict=True)
    ]
