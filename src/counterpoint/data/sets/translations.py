"""Multi30k: image captions in two languages."""

import gzip
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.data.downloading import Source
from counterpoint.data.opening import open_table
from counterpoint.data.sets.place import Access, fetched, placed
from counterpoint.data.sets.types import NamedSet
from counterpoint.data.table import MemoryTable, Table

_BASE = "https://raw.githubusercontent.com/multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw/"
_SPLITS = ("train", "val", "test_2016_flickr")
_FILES = {
    ("train", "en"): ("d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f", 568_929),
    ("train", "de"): ("726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6", 637_044),
    ("train", "fr"): ("622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c", 604_242),
    ("train", "cs"): ("a65adb8b32e3bc664f21ecba7a6e7f6950fd1f405e135f7c312faabdb6255077", 593_827),
    ("val", "en"): ("14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28", 21_650),
    ("val", "de"): ("f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a", 24_681),
    ("val", "fr"): ("ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9", 23_001),
    ("val", "cs"): ("b63226e05c4bd5dd6a42897d74b86a1b9d2c31498252c572b1ea7f7996927fcc", 22_096),
    ("test_2016_flickr", "en"): ("611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9", 21_077),
    ("test_2016_flickr", "de"): ("9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8", 22_890),
    ("test_2016_flickr", "fr"): ("6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90", 22_310),
    ("test_2016_flickr", "cs"): ("200a4a74cc9560f051924abb9803be008d1908d77f747e9141aeb86dfd2797f1", 22_572),
}
_LANGUAGES = ("en", "de", "fr", "cs")


def multi30k(*, anchor: str = "en", positive: str = "de", access: Access | None = None) -> NamedSet:
    """29,000 / 1,014 / 1,000 captions with their translation, official split (test: 2016, Flickr).

    Args:
        anchor: Language of the anchors: en, de, fr or cs.
        positive: Language of their positives.
        access: Whether it may be downloaded (1 MB).

    Raises:
        InputError: Other or equal languages, or the set is not on this machine.
    """
    if anchor not in _LANGUAGES or positive not in _LANGUAGES or anchor == positive:
        raise InputError(f"multi30k: two of {', '.join(_LANGUAGES)} are needed, not {anchor!r} and {positive!r}")
    packed = [f"{split}.parquet" for split in _SPLITS]
    folder = placed("multi30k", packed)
    if folder is not None:
        train, validation, test = (open_table(folder / name) for name in packed)
    else:
        pair = (anchor, positive)
        sources = [_source(split, language) for split in _SPLITS for language in pair]
        folder = fetched("multi30k", sources, access or Access())
        train, validation, test = (read_parallel(folder, split, pair) for split in _SPLITS)
    return NamedSet(
        name=f"multi30k-{anchor}-{positive}",
        train=train,
        validation=validation,
        test=test,
        overrides={"anchor": anchor, "positive": positive},
        citation="Elliott and others (2016). Multi30K. arXiv:1605.00459",
        licence="no licence file; the images (not included) are for non-commercial research",
    )


def read_parallel(folder: Path, split: str, languages: tuple[str, ...]) -> Table:
    """One split of the release: a gzip file of lines per language, line i of each being the same caption.

    Raises:
        InputError: Files of different length.
    """
    columns: dict[str, list[str]] = {}
    for language in languages:
        with gzip.open(folder / f"{split}.{language}.gz", "rt", encoding="utf-8", newline="\n") as handle:
            columns[language] = [line.rstrip("\n") for line in handle]
    if len({len(lines) for lines in columns.values()}) > 1:
        lengths = {language: len(lines) for language, lines in columns.items()}
        raise InputError(f"{folder}: {split} differs in length: {lengths}")
    return MemoryTable(columns, description=f"multi30k {split}")


def _source(split: str, language: str) -> Source:
    sha256, size = _FILES[split, language]
    return Source(url=f"{_BASE}{split}.{language}.gz", sha256=sha256, size=size)
