"""A finished folder: damage of any file is one message that names it."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.retrieval import Store, embed


def test_the_map_is_made_once_and_used_again(kit, copy) -> None:
    folder = copy()
    np.testing.assert_array_equal(Store(folder).vectors, kit.expected(23))
    made = (folder / "vectors.npy").stat().st_mtime_ns
    np.testing.assert_array_equal(Store(folder).vectors, kit.expected(23))
    assert (folder / "vectors.npy").stat().st_mtime_ns == made
    np.testing.assert_array_equal(np.load(folder / "vectors.npy", allow_pickle=False), kit.expected(23))


def test_a_folder_without_manifest_is_no_store(tmp_path) -> None:
    with pytest.raises(CheckpointError, match=r"is not a folder of embeddings: it has no manifest\.json"):
        Store(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '{"type": "counterpoint.retrieval.manifest:Manifest"}',
        '{"type": "counterpoint.retrieval.manifest:Shard", "file": "a"}',
        '{"type": "os:system", "rows": 1}',
        '{"rows": 23}',
    ],
)
def test_a_corrupt_manifest_is_named(kit, copy, text) -> None:
    folder = copy()
    (folder / "manifest.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"copy/manifest\.json is"):
        Store(folder)
    with pytest.raises(CheckpointError, match=r"copy/manifest\.json is"):
        embed(kit.Texts(23, names=True), kit.Counting(), folder, model="m", shard_rows=7)


def test_a_manifest_that_is_not_utf8_is_named(copy) -> None:
    folder = copy()
    (folder / "manifest.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(CheckpointError, match=r"copy/manifest\.json is damaged"):
        Store(folder)


def read(folder: Path) -> np.ndarray | str:
    """The vectors, or the message that refuses them."""
    try:
        return Store(folder).vectors
    except CheckpointError as error:
        return str(error)


def test_one_changed_bit_is_found_wherever_it_is(kit, copy) -> None:
    folder = copy()
    path = folder / "part-00001.parquet"
    whole, refused = path.read_bytes(), 0
    for place in range(4, len(whole) - 4, 23):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 64]) + whole[place + 1 :])
        (folder / "vectors.npy").unlink(missing_ok=True)
        found = read(folder)
        if isinstance(found, str):
            assert "part-00001.parquet" in found
            refused += 1
        else:  # the footer has no checksum: a bit of it may be without meaning, but then nothing else changes
            np.testing.assert_array_equal(found, kit.expected(23))
    data = kit.expected(23)[7:14].tobytes()
    assert data in whole
    assert refused >= len(data) // 23


def test_a_damaged_shard_says_what_to_do_and_that_works(kit, copy, finished) -> None:
    folder = copy()
    path = folder / "part-00001.parquet"
    whole = path.read_bytes()
    at = whole.index(kit.expected(23)[8].tobytes())
    path.write_bytes(whole[:at] + b"\0" + whole[at + 1 :])
    with pytest.raises(CheckpointError, match=r"part-00001\.parquet is damaged .*delete it.*rows 7 to 13 only"):
        _ = Store(folder).vectors
    assert not (folder / "vectors.npy").exists()
    path.unlink()
    encode = kit.Counting()
    embed(kit.Texts(23, names=True), encode, folder, model="m", shard_rows=7, batch_size=3)
    assert encode.rows == list(range(7, 14))
    assert kit.files(folder) == kit.files(finished)


def test_damaged_names_are_found(copy) -> None:
    folder = copy()
    path = folder / "part-00002.parquet"
    whole = path.read_bytes()
    at = whole.index("ü-17".encode())
    path.write_bytes(whole[:at] + b"xx" + whole[at + 2 :])
    with pytest.raises(CheckpointError, match=r"part-00002\.parquet is damaged"):
        _ = Store(folder).ids


def replace_shard(folder: Path, table: pa.Table) -> None:
    """Another file in the place of the second shard, of the size that the manifest tells, so that only reading it can
    show what it is.
    """
    path = folder / "part-00001.parquet"
    pq.write_table(table, path)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["shards"][1]["size"] = path.stat().st_size
    (folder / "manifest.json").write_text(json.dumps(manifest))


def vectors(rows: int, dim: int) -> pa.Array:
    return pa.array([[0.0] * dim] * rows, pa.list_(pa.float32(), dim))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"row": range(7, 14)}, "is damaged"),
        ({"row": range(7, 12), "embedding": vectors(5, 5)}, "holds 5 rows, not rows 7 to 13"),
        ({"row": range(7, 15), "embedding": vectors(8, 5)}, "holds 8 rows, not rows 7 to 13"),
        ({"row": range(7), "embedding": vectors(7, 5)}, "holds other rows, not rows 7 to 13 of D = 5"),
        ({"row": range(7, 14), "embedding": vectors(7, 2)}, "holds embeddings of type"),
        ({"row": range(7, 14), "embedding": ["a"] * 7}, "holds embeddings of type string"),
    ],
)
def test_a_foreign_shard_is_refused(copy, table, message) -> None:
    folder = copy()
    replace_shard(folder, pa.table({name: pa.array(values) for name, values in table.items()}))
    with pytest.raises(CheckpointError, match=r"part-00001\.parquet " + message):
        _ = Store(folder).vectors
    assert not (folder / "vectors.npy").exists()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a shard at all, but long enough to look like one" * 20])
def test_a_file_that_is_no_parquet_is_refused(copy, content) -> None:
    folder = copy()
    replace_shard(folder, pa.table({"row": [1]}))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["shards"][1]["size"] = len(content)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "part-00001.parquet").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"part-00001\.parquet is damaged"):
        _ = Store(folder).vectors
    with pytest.raises(CheckpointError, match=r"part-00001\.parquet is damaged"):
        _ = Store(folder).ids


def test_a_shard_of_another_place_is_refused(kit, tmp_path) -> None:
    embed(kit.Texts(20), kit.Counting(), tmp_path, model="m", shard_rows=10)
    first, second = tmp_path / "part-00000.parquet", tmp_path / "part-00001.parquet"
    assert first.stat().st_size == second.stat().st_size
    second.write_bytes(first.read_bytes())
    with pytest.raises(CheckpointError, match=r"part-00001\.parquet holds other rows, not rows 10 to 19"):
        _ = Store(tmp_path).vectors


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_bytes(b""), r"vectors\.npy is damaged"),
        (lambda path: path.write_bytes(b"\x93NUMPY\x01"), r"vectors\.npy is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-8]), r"vectors\.npy is damaged"),
        (lambda path: np.save(path, np.zeros((23, 4), np.float32)), r"vectors\.npy holds float32 \[23, 4\]"),
        (lambda path: np.save(path, np.zeros((22, 5), np.float32)), r"vectors\.npy holds float32 \[22, 5\]"),
        (lambda path: np.save(path, np.zeros((23, 5))), r"vectors\.npy holds float64 \[23, 5\]"),
        (lambda path: np.save(path, np.array([{}]), allow_pickle=True), r"vectors\.npy is damaged"),
    ],
)
def test_a_corrupt_map_is_named_and_made_again_when_deleted(kit, copy, write, message) -> None:
    folder = copy()
    assert len(Store(folder).vectors) == 23
    write(folder / "vectors.npy")
    with pytest.raises(CheckpointError, match=message + ".*delete it, it is made again from the shards"):
        _ = Store(folder).vectors
    (folder / "vectors.npy").unlink()
    np.testing.assert_array_equal(Store(folder).vectors, kit.expected(23))


def test_errors_of_stores_are_errors_of_input() -> None:
    assert issubclass(CheckpointError, InputError)
