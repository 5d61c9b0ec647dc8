import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import open_table
from counterpoint.data.parquet import CACHED_GROUPS, GroupCache, ParquetTable


@pytest.fixture
def many_groups(tmp_path: Path) -> Path:
    """20,000 rows of 100 row groups: 20 MB of incompressible bytes beside a number."""
    random = np.random.default_rng(0)
    path = tmp_path / "many.parquet"
    table = pa.table({"number": np.arange(20_000), "payload": [random.bytes(1000) for _ in range(20_000)]})
    pq.write_table(table, path, row_group_size=200)
    return path


def test_random_access_equals_the_file(many_groups: Path, random: np.random.Generator) -> None:
    whole = pq.read_table(many_groups)
    table = open_table(many_groups)
    assert len(table) == 20_000
    np.testing.assert_array_equal(table.blocks, np.arange(0, 20_001, 200))
    rows = random.integers(0, 20_000, size=300)
    taken = table.take(rows)
    np.testing.assert_array_equal(taken["number"], rows)
    payload = whole.column("payload")
    assert taken["payload"] == [payload[int(row)].as_py() for row in rows]


def test_memory_is_a_few_row_groups_however_long_the_file(many_groups: Path) -> None:
    group_bytes = 200 * 1000
    before = pa.total_allocated_bytes()
    table = ParquetTable(many_groups)
    peak = 0
    for start in range(0, 20_000, 200):
        table.take(np.arange(start, start + 200), ["payload"])
        peak = max(peak, pa.total_allocated_bytes() - before)
    assert table.cached_bytes <= CACHED_GROUPS * group_bytes * 1.1
    assert peak <= (CACHED_GROUPS + 2) * group_bytes * 1.1
    assert peak < many_groups.stat().st_size / 8


def test_rows_of_held_groups_are_not_read_again(many_groups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    original = pq.ParquetFile.read_row_group

    def counted(self: pq.ParquetFile, group: int, **options: object) -> pa.Table:
        reads.append(group)
        return original(self, group, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counted)
    table = open_table(many_groups)
    for _ in range(3):
        table.take([0, 250, 450, 10], ["number"])
    assert sorted(reads) == [0, 1, 2]
    reads.clear()
    small = ParquetTable(many_groups, cache=GroupCache(2))
    for group in (0, 1, 0, 2, 0):
        small.take([200 * group], ["number"])
    assert reads == [0, 1, 2]  # group 1 was the least recently used


def test_a_look_at_the_head_leaves_nothing_in_memory(many_groups: Path) -> None:
    table = ParquetTable(many_groups)
    head = table.head(5, ["number"])
    np.testing.assert_array_equal(head["number"], np.arange(5))
    assert list(table.head(5)) == ["number", "payload"]
    assert table.cached_bytes == 0


def test_types_of_columns(tmp_path: Path) -> None:
    columns = {
        "vector": pa.array([[1.0, 2.0], [3.0, 4.0]], type=pa.list_(pa.float32())),
        "fixed": pa.array([[1, 2], [3, 4]], type=pa.list_(pa.int32(), 2)),
        "ragged": pa.array([[1.0], [2.0, 3.0]]),
        "texts": pa.array([["a", "b"], []]),
        "holes": pa.array([1, None]),
        "category": pa.array(["x", "y"]).dictionary_encode(),
        "image": pa.array([{"bytes": b"1", "path": "a"}, {"bytes": b"2", "path": "b"}]),
        "flag": pa.array([True, False]),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    taken = open_table(tmp_path / "t.parquet").take([1, 0])
    np.testing.assert_array_equal(taken["vector"], np.array([[3, 4], [1, 2]], dtype=np.float32))
    assert isinstance(taken["vector"], np.ndarray)
    assert taken["vector"].dtype == np.float32
    np.testing.assert_array_equal(taken["fixed"], [[3, 4], [1, 2]])
    assert taken["ragged"] == [[2.0, 3.0], [1.0]]
    assert taken["texts"] == [[], ["a", "b"]]
    assert taken["holes"] == [None, 1]
    assert taken["category"] == ["y", "x"]
    assert taken["image"][0]["bytes"] == b"2"
    assert taken["flag"] == [False, True]


def test_folder_of_shards_is_one_table(tmp_path: Path) -> None:
    for shard in range(3):
        pq.write_table(pa.table({"a": np.arange(5) + 5 * shard}), tmp_path / f"part-{shard}.parquet", row_group_size=2)
    table = open_table(tmp_path)
    np.testing.assert_array_equal(table.take([14, 0, 7])["a"], [14, 0, 7])
    assert table.blocks.tolist() == [0, 2, 4, 5, 7, 9, 10, 12, 14, 15]
    assert table.where(7) == "part-1.parquet, row 2"
    assert pickle.loads(pickle.dumps(table)).take([14])["a"][0] == 14


def test_damaged_files_are_named(many_groups: Path, tmp_path: Path) -> None:
    whole = many_groups.read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:5000])
    with pytest.raises(InputError, match=r"cut\.parquet is not a readable Parquet"):
        open_table(tmp_path / "cut.parquet")
    holed = bytearray(whole)
    holed[4:200_000] = bytes(199_996)
    (tmp_path / "holed.parquet").write_bytes(holed)
    with pytest.raises(InputError, match="row group 0 cannot be read"):
        open_table(tmp_path / "holed.parquet").take([0])
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "none.parquet")
    with pytest.raises(InputError, match="no rows"):
        open_table(tmp_path / "none.parquet")
