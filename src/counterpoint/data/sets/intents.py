"""Short questions with a class: Banking77 and TREC question classification."""

import zipfile
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.data.downloading import Source
from counterpoint.data.opening import open_table
from counterpoint.data.sets.place import Access, fetched, placed
from counterpoint.data.sets.types import NamedSet
from counterpoint.data.table import MemoryTable, Table

_BANKING = (
    "https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/"
    "57ec275d8078af65b7731c2a98be812d844a6d6b/banking_data/"
)
_BANKING_FILES = (
    Source(
        url=f"{_BANKING}train.csv",
        sha256="b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b",
        size=839_073,
    ),
    Source(
        url=f"{_BANKING}test.csv",
        sha256="d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d",
        size=239_961,
    ),
)
_TREC = Source(
    url=(
        "https://raw.githubusercontent.com/nltk/nltk_data/5db857e6f7df11eabb5e5665836db9ec8df07e28/"
        "packages/corpora/qc.zip"
    ),
    sha256="091fb01e50883014d150acb7d5013d787136968b3f955ae01725a65e7e80f304",
    size=125_456,
)


def banking77(*, access: Access | None = None) -> NamedSet:
    """10,003 training and 3,080 test questions to a bank, 77 intents (column ``category``), official split.

    Raises:
        InputError: The set is not on this machine and may not be downloaded (1 MB).
    """
    folder = placed("banking77", ["train.parquet", "test.parquet"])
    suffix = "parquet"
    if folder is None:
        folder, suffix = fetched("banking77", _BANKING_FILES, access or Access()), "csv"
    return NamedSet(
        name="banking77",
        train=open_table(folder / f"train.{suffix}"),
        test=open_table(folder / f"test.{suffix}"),
        overrides={"text": "text", "label": "category"},
        citation="Casanueva and others (2020). Efficient Intent Detection. arXiv:2003.04807",
        licence="CC BY 4.0",
    )


def trec_qc(*, fine: bool = False, access: Access | None = None) -> NamedSet:
    """5,452 training and 500 test questions, official split; 6 classes, or 50 ``fine`` ones.

    Raises:
        InputError: The set is not on this machine and may not be downloaded (0.1 MB).
    """
    folder = placed("trec_qc", ["train.parquet", "test.parquet"])
    if folder is not None:
        train, test = open_table(folder / "train.parquet"), open_table(folder / "test.parquet")
    else:
        archive = fetched("trec_qc", [_TREC], access or Access()) / _TREC.file
        train, test = read_questions(archive, "qc/train.txt"), read_questions(archive, "qc/test.txt")
    return NamedSet(
        name="trec_qc",
        train=train,
        test=test,
        overrides={"text": "text", "label": "fine" if fine else "coarse"},
        citation="Li and Roth (2002). Learning Question Classifiers. COLING",
        licence="none stated; customary research use",
    )


def read_questions(archive: Path, member: str) -> Table:
    """Lines ``COARSE:fine the question`` in Latin-1, as columns coarse, fine, text.

    Raises:
        InputError: The member is missing or a line has another form.
    """
    with zipfile.ZipFile(archive) as held:
        if member not in held.namelist():
            raise InputError(f"{archive} holds no {member}")
        lines = held.read(member).decode("latin-1").splitlines()
    columns: dict[str, list[str]] = {"coarse": [], "fine": [], "text": []}
    for number, line in enumerate(lines, start=1):
        fine, _, text = line.partition(" ")
        if ":" not in fine or not text:
            raise InputError(f"{archive.name}, {member}, line {number}: 'CLASS:subclass question' expected: {line!r}")
        columns["coarse"].append(fine.split(":")[0])
        columns["fine"].append(fine)
        columns["text"].append(text)
    return MemoryTable(columns, description=f"trec_qc {member}")
