import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from counterpoint.base.errors import InputError
from counterpoint.data import SETS, Examples, Supervision, Table, named
from counterpoint.data.downloading import Source
from counterpoint.data.sets import Access, cifar10, digits, multi30k, novels, stsb, trec_qc
from counterpoint.data.sets.cifar import read_binary
from counterpoint.data.sets.intents import read_questions
from counterpoint.data.sets.novels import sentences
from counterpoint.data.sets.omniglot import InkTable, pack
from counterpoint.data.sets.scifact import read_beir
from counterpoint.data.sets.sentences import read_csv
from counterpoint.data.sets.translations import read_parallel

S = Supervision

EXPECTED = {
    "banking77": (10_003, None, 3_080, S.LABELS, 77),
    "cifar10": (50_000, None, 10_000, S.LABELS, 10),
    "digits": (1_258, 180, 359, S.LABELS, 10),
    "emoji_image_text": (1_437, 180, 157, S.PAIRS, 9),
    "fashion_mnist_partial": (4_548, None, 1_000, S.LABELS, 10),
    "multi30k": (29_000, 1_014, 1_000, S.PAIRS, 0),
    "omniglot": (19_280, None, 13_180, S.LABELS, 964),
    "scifact": (919, None, 339, S.PAIRS, 0),
    "sts12_16": (1_484, None, 11_794, S.SCORES, 0),
    "stsb": (5_749, 1_500, 1_379, S.SCORES, 0),
    "trec_qc": (5_452, None, 500, S.LABELS, 6),
}


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any set."""
    monkeypatch.delenv("COUNTERPOINT_DATA", raising=False)
    monkeypatch.setenv("COUNTERPOINT_CACHE", str(tmp_path / "cache"))
    return tmp_path


def _column(table: Table, name: str) -> list:
    return list(table.take(np.arange(len(table)), [name])[name])


def test_every_set_is_tested() -> None:
    assert {*EXPECTED, "novels"} == set(SETS)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_real_set(real_data: Path, name: str) -> None:
    found = named(name)
    train, validation, test, supervision, classes = EXPECTED[name]
    assert (len(found.train), len(found.test)) == (train, test)
    assert (found.validation and len(found.validation)) == validation
    assert found.roles.supervision is supervision
    assert found.citation
    assert found.licence
    examples = Examples(found.train, found.roles)
    assert len(examples.label_names) == classes
    assert examples.check(batch_size=64) == ()
    rows = np.linspace(0, train - 1, 40).astype(np.int64)
    assert examples.batch(rows).rows.tolist() == rows.tolist()
    held_out = Examples(found.test, found.roles, label_names=examples.label_names if name != "omniglot" else None)
    assert len(held_out.batch([0, len(held_out) - 1])) == 2


def test_novels(real_data: Path) -> None:
    found = novels(pairs=500)
    assert len(found.train) == 500
    assert found.validation is not None
    assert len(found.validation) > 5_000
    assert len(found.test) > 2_000
    pairs = found.train.take(np.arange(500))
    assert any(pairs["positive"][i] == pairs["anchor"][i + 1] for i in range(499))
    assert found.roles.supervision is S.PAIRS


def test_emoji_tones_stay_on_one_side(real_data: Path) -> None:
    found = named("emoji_image_text")
    tones = [f"1f3f{digit}" for digit in "bcdef"]
    sides = []
    for part in (found.train, found.validation, found.test):
        assert part is not None
        codes = _column(part, "codepoints")
        sides.append({"-".join(piece for piece in code.split("-") if piece not in tones) for code in codes})
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def test_scifact_retrieval_is_whole(real_data: Path) -> None:
    task = named("scifact").retrieval
    assert task is not None
    assert (len(task.corpus), len(task.queries), len(task.qrels)) == (5_183, 300, 339)
    assert set(_column(task.qrels, "query_id")) == set(_column(task.queries, "query_id"))
    assert set(_column(task.qrels, "doc_id")) <= set(_column(task.corpus, "doc_id"))


def test_options_of_sets(real_data: Path) -> None:
    assert len(cifar10(shards=1).train) == 10_000
    assert len(Examples(trec_qc(fine=True).train, trec_qc(fine=True).roles).label_names) == 50
    pair = multi30k(anchor="fr", positive="cs")
    assert Examples(pair.test, pair.roles).batch([0]).anchor == [_column(pair.test, "fr")[0]]
    assert len(stsb(language="zh").test) == 1_379
    for call in (lambda: cifar10(shards=6), lambda: stsb(language="xx"), lambda: multi30k(positive="en")):
        with pytest.raises(InputError):
            call()


def test_digits_need_no_data(nowhere: Path) -> None:
    found = digits()
    parts = [part for part in (found.train, found.validation, found.test) if part is not None]
    pixels = np.concatenate([part.take(np.arange(len(part)), ["image"])["image"] for part in parts])
    assert pixels.shape == (1797, 8, 8)
    assert pixels.dtype == np.uint8
    assert (pixels.min(), pixels.max()) == (0, 255)
    counts = np.bincount(_column(found.test, "label"))
    assert counts.min() >= 34
    assert counts.max() <= 37


def test_unknown_and_absent_sets_say_what_to_do(nowhere: Path) -> None:
    with pytest.raises(InputError, match=r"unknown data set 'stbs' \(did you mean 'stsb'\?\); known: banking77"):
        named("stbs")
    with pytest.raises(InputError, match=r"'stsb' is not on this machine.*download=True.*raw\.githubusercontent"):
        named("stsb")
    for name in ("emoji_image_text", "fashion_mnist_partial", "novels"):
        with pytest.raises(InputError, match=r"cannot be downloaded: place .* in COUNTERPOINT_DATA/"):
            named(name)


def test_an_incomplete_folder_is_named(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nowhere / "stsb").mkdir()
    monkeypatch.setenv("COUNTERPOINT_DATA", str(nowhere))
    with pytest.raises(InputError, match=r"stsb is incomplete: en-train\.parquet is missing"):
        named("stsb")


def test_cifar_binary(tmp_path: Path) -> None:
    pixels = np.arange(2 * 3072, dtype=np.uint64).reshape(2, 3, 32, 32) % 251
    rows = b"".join(
        bytes([label, *image.reshape(-1).astype(np.uint8)]) for label, image in zip([7, 3], pixels, strict=True)
    )
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as tar:
        for name, data in (("data_batch_1.bin", rows), ("test_batch.bin", rows[:-1])):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    (table,) = read_binary(tmp_path / "c.tar.gz", ["data_batch_1.bin"])
    taken = table.take([1])
    assert taken["label"].tolist() == [3]
    np.testing.assert_array_equal(taken["image"][0], pixels[1].transpose(1, 2, 0))
    with pytest.raises(InputError, match="not made of rows"):
        read_binary(tmp_path / "c.tar.gz", ["test_batch.bin"])
    with pytest.raises(InputError, match=r"holds no data_batch_2\.bin"):
        read_binary(tmp_path / "c.tar.gz", ["data_batch_2.bin"])


def test_stsb_csv_without_header(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text('"One, two.",Three.,4.75\nA,B,0\n', encoding="utf-8")
    taken = read_csv(tmp_path / "s.csv").take([0, 1])
    assert taken == {"sentence1": ["One, two.", "A"], "sentence2": ["Three.", "B"], "score": [4.75, 0.0]}
    (tmp_path / "s.csv").write_text("A,B\n", encoding="utf-8")
    with pytest.raises(InputError, match="record 1"):
        read_csv(tmp_path / "s.csv")


def test_trec_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "qc.zip", "w") as held:
        held.writestr("qc/train.txt", "NUM:dist How far ?\nHUM:ind Who is Andr\xe9 ?\n".encode("latin-1"))
        held.writestr("qc/test.txt", "oops\n")
    taken = read_questions(tmp_path / "qc.zip", "qc/train.txt").take([1, 0])
    assert taken == {
        "coarse": ["HUM", "NUM"],
        "fine": ["HUM:ind", "NUM:dist"],
        "text": ["Who is Andr\xe9 ?", "How far ?"],
    }
    with pytest.raises(InputError, match="line 1"):
        read_questions(tmp_path / "qc.zip", "qc/test.txt")


def test_multi30k_gzip(tmp_path: Path) -> None:
    for language, text in {"en": "One\nTwo\n", "de": "Eins\nZwei\u2028 drei\n", "fr": "Un\n"}.items():
        (tmp_path / f"val.{language}.gz").write_bytes(gzip.compress(text.encode()))
    assert read_parallel(tmp_path, "val", ("en", "de")).take([1]) == {"en": ["Two"], "de": ["Zwei\u2028 drei"]}
    with pytest.raises(InputError, match="differs in length"):
        read_parallel(tmp_path, "val", ("en", "fr"))


@pytest.mark.parametrize("name", ["banking77", "cifar10", "multi30k", "omniglot", "scifact", "stsb", "trec_qc"])
def test_downloads_are_fixed_by_checksum_and_size(name: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[Source] = []

    def spy(folder: str, sources: list[Source], access: Access) -> Path:
        wanted.extend(sources)
        raise InputError(folder)

    monkeypatch.setitem(SETS[name].__globals__, "fetched", spy)
    with pytest.raises(InputError, match=name):
        SETS[name]()
    assert wanted
    for source in wanted:
        assert source.url.startswith("https://")
        assert "/master/" not in source.url
        assert source.sha256 is not None
        assert len(bytes.fromhex(source.sha256)) == 32
        assert source.size is not None
        assert source.size > 0


def test_omniglot_zip_to_bits_and_back(tmp_path: Path, random: np.random.Generator) -> None:
    images = random.integers(0, 2, size=(4, 105, 105), dtype=np.uint8) * 255
    names = [
        f"images_background/{a}/character0{c}/0001_{d:02d}.png"
        for a, c, d in (("Greek", 1, 1), ("Greek", 1, 2), ("Greek", 2, 1), ("Latin", 1, 1))
    ]
    with zipfile.ZipFile(tmp_path / "o.zip", "w") as held:
        for name, image in zip(names, images, strict=True):
            stream = io.BytesIO()
            Image.fromarray(image).convert("1").save(stream, "PNG")
            held.writestr(name, stream.getvalue())
    pack(tmp_path / "o.zip", tmp_path / "o.npz")
    table = InkTable(tmp_path / "o.npz")
    taken = table.take([3, 0, 2, 1])
    np.testing.assert_array_equal(taken["image"], images[[3, 0, 2, 1]])
    assert taken["label"] == ["Latin/001", "Greek/001", "Greek/002", "Greek/001"]
    assert taken["drawer"] == [1, 1, 1, 2]


def test_beir_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "scifact.zip", "w") as held:
        held.writestr("scifact/corpus.jsonl", json.dumps({"_id": "4", "title": "T", "text": "X"}) + "\n")
        held.writestr("scifact/queries.jsonl", json.dumps({"_id": "1", "text": "Q"}) + "\n")
        held.writestr("scifact/qrels/train.tsv", "query-id\tcorpus-id\tscore\n1\t4\t1\n")
        held.writestr("scifact/qrels/test.tsv", "query-id\tcorpus-id\tscore\n")
    corpus, queries, qrels = read_beir(tmp_path / "scifact.zip")
    assert corpus.take([0]) == {"doc_id": ["4"], "title": ["T"], "text": ["X"]}
    assert queries.take([0]) == {"query_id": ["1"], "text": ["Q"]}
    assert qrels.take([0]) == {"query_id": ["1"], "doc_id": ["4"], "score": [1], "split": ["train"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He came. She\nwent!", ["He came.", "She went!"]),
        ("Mr. Bennet sat. “Why?” He asked.", ["Mr. Bennet sat.", "“Why?”", "He asked."]),
        ("It cost 3.50 a day. then more.", ["It cost 3.50 a day. then more."]),
        ("No end", ["No end"]),
        ("  ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected
