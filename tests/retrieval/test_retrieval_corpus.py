"""Tables as corpora, and fingerprints that notice every change."""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.retrieval import TableColumn, as_content, embed, fingerprint_path
from counterpoint.retrieval.fingerprint import fingerprint_values


class Columns:
    """A table in memory."""

    def __init__(self, **columns) -> None:
        self.values = columns
        self.columns = list(columns)

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def take(self, rows, columns):
        return {name: [self.values[name][row] for row in rows] for name in columns}


def test_a_column_becomes_embeddings(kit, tmp_path) -> None:
    table = Columns(text=[f"row {row}" for row in range(6)], key=["a", "b", "c", 4, 5, "f"])
    corpus = TableColumn(table=table, column="text", id_column="key")
    store = embed(corpus, kit.Counting(), tmp_path, model="m", shard_rows=4)
    np.testing.assert_array_equal(store.vectors, kit.expected(6))
    assert store.ids == ["a", "b", "c", "4", "5", "f"]
    assert TableColumn(table=table, column="text").ids(np.arange(2)) is None


@pytest.mark.parametrize("given", [{"column": "body"}, {"column": "text", "id_column": "body"}])
def test_a_column_that_is_not_there_is_named(given) -> None:
    with pytest.raises(InputError, match=r"there is no column 'body'; the columns are \['text', 'key'\]"):
        TableColumn(table=Columns(text=["a"], key=["b"]), **given)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_row_without_its_name_is_refused(nothing) -> None:
    corpus = TableColumn(table=Columns(text=["a", "b"], key=["k", nothing]), column="text", id_column="key")
    with pytest.raises(InputError, match="row 1 has no value in the id column 'key'"):
        corpus.ids(np.arange(2))


def test_values_as_content() -> None:
    assert as_content(["a", "b"]) == ["a", "b"]
    vectors = as_content([np.array([1, 2]), [3.5, 4.0]])
    assert isinstance(vectors, torch.Tensor)
    assert (vectors.dtype, vectors.tolist()) == (torch.float32, [[1, 2], [3.5, 4]])
    images = as_content(np.arange(24, dtype=np.uint8).reshape(2, 3, 2, 2))
    assert isinstance(images, torch.Tensor)
    assert (images.dtype, tuple(images.shape)) == (torch.uint8, (2, 3, 2, 2))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1.0, 2.0], [3.0]], "vectors of one column must have one length"),
        ([1.0, 2.0], "must hold texts, vectors or decoded images, found float '1.0'; pass decode="),
        (["a", None], "found NoneType 'None'"),
        ([b"\x89PNG"], "found bytes"),
    ],
)
def test_values_that_are_no_content_are_refused(values, message) -> None:
    with pytest.raises(InputError, match=message):
        as_content(values)


def test_the_fingerprint_of_a_column_follows_its_values() -> None:
    texts = [f"row {row}" for row in range(50)]
    keys = list(range(50))

    def of(texts=texts, keys=keys, **given) -> str:
        return TableColumn(table=Columns(text=texts, key=keys), column="text", **given).fingerprint

    changed = [*texts[:30], "edited", *texts[31:]]
    prints = [
        of(), of(texts=changed), of(texts=texts[:-1], keys=keys[:-1]), of(texts=texts[::-1]), of(id_column="key"),
        of(keys=keys[::-1], id_column="key"), of(known_as="mine"),
    ]  # fmt: skip
    assert len(set(prints)) == len(prints)
    assert of() == of(texts=list(texts)) == of(keys=keys[::-1])  # a column that is not embedded does not matter
    assert of(known_as="mine") == "mine"


def test_the_fingerprint_of_a_path_follows_bytes_and_names(tmp_path: Path) -> None:
    def folder(name: str, **files: str) -> Path:
        root = tmp_path / name
        for file, text in files.items():
            path = root / file.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    same = [folder("a", x="1", sub__y="2"), folder("b", sub__y="2", x="1")]
    others = [
        folder("c", x="1", sub__y="3"),
        folder("d", x="1", y="2"),
        folder("e", x="1"),
        folder("f", x="12", sub__y=""),
        folder("g", x="1", sub__y="2", z=""),
    ]
    assert fingerprint_path(same[0]) == fingerprint_path(same[1])
    assert len({fingerprint_path(path) for path in (same[0], *others)}) == 6
    (same[0] / ".hidden").write_text("not looked at")
    assert fingerprint_path(same[0]) == fingerprint_path(str(same[1]))
    assert fingerprint_path(same[0] / "x") != fingerprint_path(others[3] / "x")
    with pytest.raises(InputError, match=r"no such file or folder: .*nowhere"):
        fingerprint_path(tmp_path / "nowhere")


def test_no_two_values_have_one_fingerprint() -> None:
    values = [
        [], [None], [""], [0], [0.0], [False], ["0"], [b"0"], [[]], [[], []], ["a", "b"], ["ab"], [["a"], "b"],
        [["a", "b"]], [{"a": "b"}], [{"b": "a"}], [1, 2], [12], [np.zeros(2)], [np.zeros((2, 1))],
        [np.zeros(2, np.float32)], [np.zeros(2, np.int64)], [np.array(["a", None], dtype=object)],
    ]  # fmt: skip
    assert len({fingerprint_values(value) for value in values}) == len(values)
    first = fingerprint_values([{"a": 1, "b": [2, 3]}])
    assert first == fingerprint_values([OrderedDict(b=[2, 3], a=1)])
    assert fingerprint_values([np.arange(6).reshape(2, 3).T]) == fingerprint_values(
        [np.arange(6).reshape(2, 3).T.copy()]
    )
    with pytest.raises(InputError, match="cannot fingerprint a object"):
        fingerprint_values([object()])
