import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image

from counterpoint.base.errors import InputError
from counterpoint.data import Concatenated, MemoryTable, Subset, open_table, table_from


def test_memory_table_keeps_the_order_asked_for_and_allows_repeats() -> None:
    table = MemoryTable({"a": ["x", "y", "z"], "b": np.arange(6).reshape(3, 2)})
    taken = table.take([2, 0, 2])
    assert taken["a"] == ["z", "x", "z"]
    np.testing.assert_array_equal(taken["b"], [[4, 5], [0, 1], [4, 5]])
    assert list(table.take([1], ["b"])) == ["b"]
    assert table.blocks.tolist() == [0, 3]


@pytest.mark.parametrize("rows", [[3], [-1], [0, 99]])
def test_rows_outside_are_refused(rows: list[int]) -> None:
    with pytest.raises(InputError, match=r"rows 0\.\.2"):
        MemoryTable({"a": [1, 2, 3]}).take(rows)


def test_masks_are_not_row_numbers() -> None:
    with pytest.raises(InputError, match="flatnonzero"):
        MemoryTable({"a": [1, 2]}).take(np.array([True, False]))
    assert MemoryTable({"a": [1, 2]}).take([]) == {"a": []}


def test_unknown_columns_and_unequal_lengths_are_named() -> None:
    with pytest.raises(InputError, match=r"no column 'b'; its columns: 'a'"):
        MemoryTable({"a": [1]}).take([0], ["b"])
    with pytest.raises(InputError, match=r"\{'a': 1, 'b': 2\}"):
        MemoryTable({"a": [1], "b": [1, 2]})


def test_table_from_every_kind_of_python_data() -> None:
    assert table_from([{"a": 1}, {"a": 2, "b": "x"}]).take([0, 1]) == {"a": [1, 2], "b": [None, "x"]}
    assert table_from({"a": (1, 2)}).take([1])["a"] == [2]
    assert table_from(np.zeros((5, 3))).columns == ("vector",)
    assert table_from(torch.zeros(5, 3, 8, 8, dtype=torch.uint8)).columns == ("image",)
    assert table_from({"t": np.array(["a", "b"])}).take([0])["t"] == ["a"]
    assert table_from(pa.table({"a": [1, None]})).take([0, 1])["a"] == [1, None]
    table = MemoryTable({"a": [1]})
    assert table_from(table) is table


@pytest.mark.parametrize("bad", [[], {}, 3, "text", [1, 2], np.zeros(3), {"a": []}])
def test_table_from_refuses_what_has_no_rows_and_columns(bad: object) -> None:
    with pytest.raises(InputError):
        table_from(bad)


def test_subset_maps_rows_blocks_and_names() -> None:
    parent = Concatenated(
        [MemoryTable({"a": [0, 1, 2]}), MemoryTable({"a": [3, 4]}, description="two")], description="d"
    )
    subset = Subset(parent, [0, 2, 4])
    assert subset.take([2, 1])["a"] == [4, 2]
    assert subset.blocks.tolist() == [0, 2, 3]
    assert subset.where(2) == "two, row 1"
    assert Subset(parent, [4, 0]).blocks.tolist() == [0, 2]
    with pytest.raises(InputError):
        Subset(parent, [5])


def test_concatenated_equals_one_table(random: np.random.Generator) -> None:
    values = np.arange(30)
    shards = [MemoryTable({"a": part, "s": [str(v) for v in part]}) for part in np.split(values, [7, 11])]
    table = Concatenated(shards, description="d")
    rows = random.integers(0, 30, size=50)
    taken = table.take(rows)
    np.testing.assert_array_equal(taken["a"], values[rows])
    assert taken["s"] == [str(v) for v in values[rows]]
    assert table.blocks.tolist() == [0, 7, 11, 30]
    with pytest.raises(InputError, match="differ in columns"):
        Concatenated([shards[0], MemoryTable({"b": [1]})], description="d")


def test_npz_and_npy(tmp_path: Path) -> None:
    images = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)
    np.savez(tmp_path / "set.npz", X=images, y=np.array([1, 0, 1]))
    table = open_table(tmp_path / "set.npz")
    assert table.columns == ("X", "y")
    np.testing.assert_array_equal(table.take([2])["X"][0], images[2])
    np.save(tmp_path / "v.npy", np.eye(4, dtype=np.float32))
    vectors = open_table(tmp_path / "v.npy")
    assert vectors.columns == ("vector",)
    np.testing.assert_array_equal(vectors.take([3])["vector"], [[0, 0, 0, 1]])
    assert pickle.loads(pickle.dumps(vectors)).take([3])["vector"][0][3] == 1


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    objects = np.array([{"a": 1}, None], dtype=object)
    np.save(tmp_path / "o.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "o.npz", o=objects)
    (tmp_path / "raw.npy").write_bytes(pickle.dumps([1, 2]))
    for name in ("o.npy", "o.npz", "raw.npy"):
        with pytest.raises(InputError, match="not a readable"):
            open_table(tmp_path / name)


def test_npz_of_unequal_lengths_and_damaged_files_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "u.npz", a=np.zeros(3), b=np.zeros(4))
    with pytest.raises(InputError, match=r"'a': 3, 'b': 4"):
        open_table(tmp_path / "u.npz")
    whole = (tmp_path / "u.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.npz"):
        open_table(tmp_path / "cut.npz")


def test_folder_of_classes(tmp_path: Path) -> None:
    for name, colours in {"dog": (1, 2), "cat": (3,)}.items():
        (tmp_path / name).mkdir()
        for colour in colours:
            Image.new("RGB", (4, 4), (colour, 0, 0)).save(tmp_path / name / f"{colour}.png")
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden").mkdir()
    table = open_table(tmp_path)
    assert table.take([0, 1, 2]) == {"image": ["cat/3.png", "dog/1.png", "dog/2.png"], "label": ["cat", "dog", "dog"]}
    assert table.folder == tmp_path
    assert "empty" in table.notes[0]
    assert "notes.txt" in table.notes[1]


def test_folder_mistakes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no images"):
        open_table(tmp_path)
    (tmp_path / "train" / "cat").mkdir(parents=True)
    Image.new("L", (2, 2)).save(tmp_path / "train" / "cat" / "a.png")
    with pytest.raises(InputError, match=r"Did you mean .*train"):
        open_table(tmp_path)
    assert open_table(tmp_path / "train" / "cat").columns == ("image",)
    Image.new("L", (2, 2)).save(tmp_path / "train" / "b.png")
    with pytest.raises(InputError, match="of its own"):
        open_table(tmp_path / "train")


def test_unknown_paths_and_formats(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_table(tmp_path / "nothing.csv")
    (tmp_path / "table.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"cannot read '\.xlsx'"):
        open_table(tmp_path / "table.xlsx")
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.csv").write_text("text\na\n")
    (folder / "b.jsonl").write_text('{"text": "a"}\n')
    with pytest.raises(InputError, match="several formats"):
        open_table(folder)
