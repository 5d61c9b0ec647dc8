"""A corpus to shards: order, names, running again, and what is refused."""

import json
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from counterpoint.base.errors import CheckpointError, InputError, StorageError
from counterpoint.retrieval import Store, embed


@pytest.mark.parametrize(
    ("rows", "shard_rows", "batch_size"), [(23, 7, 3), (21, 7, 7), (5, 7, 100), (3, 1, 1), (23, 23, 5)]
)
@pytest.mark.parametrize("names", [False, True])
def test_shards_hold_what_the_encoder_gives_in_order(kit, tmp_path, rows, shard_rows, batch_size, names) -> None:
    corpus = kit.Texts(rows, names=names)
    store = embed(corpus, kit.Counting(), tmp_path, model="m", shard_rows=shard_rows, batch_size=batch_size)
    assert (len(store), store.dim, store.normalised) == (rows, kit.DIM, False)
    np.testing.assert_array_equal(store.vectors, kit.expected(rows))
    assert store.ids == ([f"ü-{row}" for row in range(rows)] if names else None)
    spans = [(shard.start, shard.stop) for shard in store.manifest.shards]
    assert spans == [(start, min(start + shard_rows, rows)) for start in range(0, rows, shard_rows)]
    assert isinstance(store.vectors, np.memmap)
    assert not store.vectors.flags.writeable


def test_other_tools_read_the_shards(kit, finished: Path) -> None:
    table = pq.read_table(sorted(finished.glob("part-*.parquet")))
    assert table["row"].to_pylist() == list(range(23))
    assert table["id"].to_pylist() == [f"ü-{row}" for row in range(23)]
    np.testing.assert_array_equal(np.stack(table["embedding"].to_numpy()), kit.expected(23))


def test_lengths_are_measured(kit, tmp_path) -> None:
    def unit(texts: list[str]) -> np.ndarray:
        vectors = kit.Counting()(texts)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    assert embed(kit.Texts(9), unit, tmp_path / "unit", model="m", shard_rows=4).normalised

    def last_is_long(texts: list[str]) -> np.ndarray:
        return unit(texts) * (1 + (np.array(texts) == "row 8"))[:, None]

    assert not embed(kit.Texts(9), last_is_long, tmp_path / "long", model="m", shard_rows=4).normalised


def test_running_again_encodes_nothing_and_changes_nothing(kit, copy) -> None:
    folder, encode, told = copy(), kit.Counting(), []
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    embed(kit.Texts(23, names=True), encode, folder, model="m", shard_rows=7, progress=lambda *now: told.append(now))
    assert encode.rows == []
    assert told == [(23, 23)]
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before


def test_progress_counts_rows(kit, tmp_path) -> None:
    told = []
    embed(
        kit.Texts(5),
        kit.Counting(),
        tmp_path,
        model="m",
        shard_rows=3,
        batch_size=2,
        progress=lambda *n: told.append(n),
    )
    assert told == [(0, 5), (2, 5), (3, 5), (5, 5)]


@pytest.mark.parametrize("gone", ["missing", "cut short"])
def test_a_lost_shard_is_the_only_one_made_again(kit, copy, finished, gone) -> None:
    folder, encode = copy(), kit.Counting()
    lost = folder / "part-00001.parquet"
    if gone == "missing":
        lost.unlink()
    else:
        lost.write_bytes(lost.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=r"part-00001\.parquet is missing or not.*remakes rows 7 to 13"):
        Store(folder)
    embed(kit.Texts(23, names=True), encode, folder, model="m", shard_rows=7, batch_size=3)
    assert encode.rows == list(range(7, 14))
    assert kit.files(folder) == kit.files(finished)


def test_a_map_of_the_vectors_does_not_outlive_its_shards(kit, copy, tmp_path) -> None:
    folder = copy()
    assert len(Store(folder).vectors) == 23
    (folder / "part-00000.parquet").unlink()
    np.save(folder / "vectors.npy", np.zeros((23, kit.DIM), np.float32))  # of whatever was there before
    store = embed(kit.Texts(23, names=True), kit.Counting(), folder, model="m", shard_rows=7, batch_size=3)
    np.testing.assert_array_equal(store.vectors, kit.expected(23))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "n"}, "another model: 'm' there, 'n' now"),
        ({"fingerprint": "others"}, "another corpus: fingerprint 'these texts' there, 'others' now"),
        ({"rows": 24}, "another number of rows: 23 there, 24 now"),
        ({"shard_rows": 8}, "another shard size: shard_rows 7 there, 8 now"),
    ],
)
def test_another_model_or_corpus_is_refused(kit, copy, finished, change, message) -> None:
    asked = {"model": "m", "fingerprint": "these texts", "rows": 23, "shard_rows": 7} | change
    folder, encode = copy(), kit.Counting()
    corpus = kit.Texts(asked["rows"], names=True, fingerprint=asked["fingerprint"])
    with pytest.raises(InputError, match=message) as caught:
        embed(corpus, encode, folder, model=asked["model"], shard_rows=asked["shard_rows"])
    assert str(folder) in str(caught.value)
    assert encode.rows == []
    assert kit.files(folder) == kit.files(finished)


def test_shards_of_nobody_are_refused(kit, copy) -> None:
    folder = copy()
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"holds part-\*\.parquet files but no manifest\.json"):
        embed(kit.Texts(23, names=True), kit.Counting(), folder, model="m", shard_rows=7)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
def test_numbers_that_are_not_finite_are_refused_by_row(kit, tmp_path, bad) -> None:
    def encode(texts: list[str]) -> np.ndarray:
        vectors = kit.Counting()(texts).astype(np.float64)
        vectors[[text == "row 11" for text in texts], 2] = bad
        return vectors

    kind = "NaN" if np.isnan(bad) else "an infinity"
    with pytest.raises(InputError, match=f"the embedding of row 11 holds {kind}"):
        embed(kit.Texts(23), encode, tmp_path, model="m", shard_rows=7, batch_size=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "part-00000.parquet"]


@pytest.mark.parametrize(
    ("encode", "message"),
    [
        (lambda texts: np.zeros(len(texts)), r"rows 0 to 3 must have two axes \[N, D\].*got shape \(4,\)"),
        (lambda texts: np.zeros((len(texts), 0)), r"two axes \[N, D\] with D of at least 1, got shape \(4, 0\)"),
        (lambda texts: np.zeros((len(texts) - 1, 2)), "gave 3 embeddings for the 4 examples of rows 0 to 3"),
        (lambda texts: np.full((len(texts), 2), "x"), "rows 0 to 3 must hold numbers, got dtype <U1"),
        (lambda texts: np.zeros((len(texts), 2 + ("row 4" in texts))), "D = 2 for row 0 and D = 3 for row 4"),
        (lambda texts: np.zeros((len(texts), 2 + ("row 7" in texts))), "rows from 0 have D 2, rows from 7 have D 3"),
    ],
)
def test_wrong_shapes_are_refused_by_row(kit, tmp_path, encode, message) -> None:
    def batched(texts: list[str]) -> np.ndarray:
        return encode(texts)

    with pytest.raises(InputError, match=message):
        embed(kit.Texts(10), batched, tmp_path, model="m", shard_rows=7, batch_size=4)


def test_a_corpus_may_not_leave_rows_out(kit, tmp_path) -> None:
    corpus = kit.Texts(10)
    corpus.content = lambda rows: ["row 0"] * (len(rows) - 1)
    with pytest.raises(InputError, match="gave 3 examples for the 4 of rows 0 to 3"):
        embed(corpus, kit.Counting(), tmp_path, model="m", batch_size=4)
    corpus = kit.Texts(10, names=True)
    corpus.ids = lambda rows: ["a"]
    with pytest.raises(InputError, match="gave 1 ids for the 10 rows from 0 on"):
        embed(corpus, kit.Counting(), tmp_path / "ids", model="m")


@pytest.mark.parametrize(
    ("rows", "given", "message"),
    [
        (0, {}, "number of rows to embed must be at least 1, got 0"),
        (3, {"shard_rows": 0}, "shard_rows must be at least 1, got 0"),
        (3, {"batch_size": 0}, "batch_size must be at least 1, got 0"),
    ],
)
def test_nothing_to_do_is_refused_before_anything_is_written(kit, tmp_path, rows, given, message) -> None:
    with pytest.raises(InputError, match=message):
        embed(kit.Texts(rows), kit.Counting(), tmp_path / "new", model="m", **given)
    assert not (tmp_path / "new").exists()


class FullDisk:
    """An encoder during whose work the disk fills up: the next shard is written to a device without room."""

    def __init__(self, encode: Callable, folder: Path, number: int) -> None:
        self.encode, self.path = encode, folder / f".part-{number:05d}.parquet.{os.getpid()}.part"

    def __call__(self, texts: list[str]) -> np.ndarray:
        if not self.path.is_symlink():
            self.path.symlink_to("/dev/full")
        return self.encode(texts)


def test_a_full_disk_is_one_error_and_finished_shards_stay(kit, tmp_path, finished) -> None:
    folder, encode = tmp_path / "store", kit.Counting()
    corpus = kit.Texts(23, names=True)
    with pytest.raises(StorageError, match=r"cannot write .*part-00001\.parquet: .*No space left"):
        embed(corpus, FullDisk(encode, folder, 1), folder, model="m", shard_rows=7, batch_size=3)
    assert kit.files(folder).keys() == {"manifest.json", "part-00000.parquet"}
    assert kit.files(folder)["part-00000.parquet"] == kit.files(finished)["part-00000.parquet"]
    with pytest.raises(CheckpointError, match="unfinished: 7 of 23 rows are embedded; run the same embedding again"):
        Store(folder)
    encode.rows.clear()
    embed(corpus, encode, folder, model="m", shard_rows=7, batch_size=3)
    assert encode.rows == list(range(7, 23))
    assert kit.files(folder) == kit.files(finished)


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """The kernel itself refuses to let a file grow beyond ``size`` bytes, as a quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_write_refused_by_the_kernel_leaves_no_half_file(kit, tmp_path, copy) -> None:
    folder = tmp_path / "store"
    with no_file_above(600), pytest.raises(StorageError, match=r"part-00000\.parquet: .*File too large"):
        embed(kit.Texts(200), kit.Counting(), folder, model="m", shard_rows=100)
    assert kit.files(folder).keys() == {"manifest.json"}
    whole = copy()
    with no_file_above(300), pytest.raises(StorageError, match=r"vectors\.npy: .*File too large"):
        _ = Store(whole).vectors
    assert "vectors.npy" not in kit.files(whole)
    np.testing.assert_array_equal(Store(whole).vectors, kit.expected(23))


def test_a_folder_that_cannot_be_made_is_one_error(kit, tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    encode = kit.Counting()
    with pytest.raises(StorageError, match=r"cannot write into .*file/store: Not a directory"):
        embed(kit.Texts(3), encode, tmp_path / "file" / "store", model="m")
    assert encode.rows == []


def test_left_overs_of_a_killed_process_are_cleared(kit, copy, finished) -> None:
    folder = copy()
    (folder / "part-00002.parquet").unlink()
    for left in (".part-00002.parquet.1.part", ".manifest.json.1.part", ".vectors.npy.1.part"):
        (folder / left).write_bytes(b"half")
    (folder / "notes.txt").write_text("the user's")
    embed(kit.Texts(23, names=True), kit.Counting(), folder, model="m", shard_rows=7, batch_size=3)
    assert kit.files(folder) == kit.files(finished) | {"notes.txt": b"the user's"}


def test_the_manifest_says_whose_the_vectors_are(finished: Path) -> None:
    manifest = json.loads((finished / "manifest.json").read_text())
    assert (manifest["model"], manifest["source"], manifest["rows"]) == ("m", "these texts", 23)
    assert manifest["dim"] == 5
