import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.data import (
    BadRows,
    Batch,
    EpochSampler,
    Examples,
    ImageFormat,
    Roles,
    Subset,
    Supervision,
    Table,
    infer_roles,
    open_table,
    table_from,
)

Png = Callable[..., bytes]


def _examples(data: object, overrides: dict[str, str] | None = None, **options: object) -> Examples:
    table = data if isinstance(data, Table) else table_from(data)
    return Examples(table, infer_roles(table, overrides), **options)  # type: ignore[arg-type]


def _same(batch: Batch) -> Batch:
    return batch


def test_ragged_positives_and_negatives_with_owners() -> None:
    data = {
        "anchor": ["a", "b", "c"],
        "positives": [["a1", "a2"], ["b1"], ["c1", "c2", "c3"]],
        "negative_1": ["n", "m", None],
        "negative_2": [None, "k", ""],
    }
    batch = _examples(data).batch([2, 0, 1])
    assert batch.rows.tolist() == [2, 0, 1]
    assert batch.anchor == ["c", "a", "b"]
    assert batch.positives == ["c1", "c2", "c3", "a1", "a2", "b1"]
    assert batch.positive_owner is not None
    assert batch.positive_owner.tolist() == [0, 0, 0, 1, 1, 2]
    assert batch.negatives == ["n", "m", "k"]
    assert batch.negative_owner is not None
    assert batch.negative_owner.tolist() == [1, 2, 2]
    assert len(batch) == 3


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_lossless_images_come_back_exactly(form: str, random: np.random.Generator) -> None:
    pixels = random.integers(0, 256, size=(3, 5, 7, 3), dtype=np.uint8)
    cells = []
    for image in pixels:
        stream = io.BytesIO()
        Image.fromarray(image).save(stream, form, lossless=True)
        cells.append(stream.getvalue())
    batch = _examples({"image": cells, "label": [5, 5, 9]}).batch([0, 2])
    assert isinstance(batch.anchor, torch.Tensor)
    assert batch.anchor.dtype == torch.uint8
    np.testing.assert_array_equal(batch.anchor.numpy(), pixels[[0, 2]].transpose(0, 3, 1, 2))
    assert batch.label is not None
    assert batch.label.tolist() == [0, 1]


def test_image_paths_are_relative_to_the_table(tmp_path: Path, png: Png) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(png((1, 2, 3)))
    (tmp_path / "t.csv").write_text("image,caption\npictures/a.png,one\npictures/b.png,two\n")
    examples = _examples(open_table(tmp_path / "t.csv"))
    batch = examples.batch([0])
    assert batch.anchor[0, :, 0, 0].tolist() == [1, 2, 3]  # type: ignore[call-overload,union-attr]
    assert batch.positives == ["one"]
    with pytest.raises(InputError, match=r"t\.csv, line 3, column 'image': no such image file: .*b\.png"):
        examples.batch([1])


@pytest.mark.parametrize(
    ("mode", "colour", "channels", "expected"),
    [
        ("L", 77, None, [77]),
        ("RGB", (1, 2, 3), None, [1, 2, 3]),
        ("RGBA", (1, 2, 3, 0), None, [255, 255, 255]),
        ("RGBA", (1, 2, 3, 255), None, [1, 2, 3]),
        ("RGBA", (1, 2, 3, 128), 4, [1, 2, 3, 128]),
        ("LA", (50, 255), None, [50, 50, 50]),
        ("1", 1, None, [255]),
        ("I;16", 65535, None, [255]),
        ("I;16", 256, None, [1]),
        ("RGB", (255, 0, 0), 1, [76]),
        ("L", 9, 3, [9, 9, 9]),
    ],
)
def test_modes_and_channels(png: Png, mode: str, colour: object, channels: int | None, expected: list[int]) -> None:
    examples = _examples({"image": [png(colour, mode=mode)]}, image=ImageFormat(channels=channels))
    pixel = examples.batch([0]).anchor[0, :, 0, 0]  # type: ignore[call-overload]
    assert pixel.tolist() == expected
    assert examples.image.channels == len(expected)


def test_orientation_of_photographs_is_applied() -> None:
    image = Image.new("RGB", (4, 2))
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by a quarter
    image.save(stream, "JPEG", exif=exif)
    assert _examples({"image": [stream.getvalue()]}).batch([0]).anchor.shape == (1, 3, 4, 2)  # type: ignore[union-attr]


def test_other_sizes_are_scaled_to_the_first_with_a_notice_or_to_the_given(png: Png) -> None:
    data = {"image": [png(size=(6, 4)), png(size=(12, 12))]}
    examples = _examples(data)
    assert examples.batch([0, 1]).anchor.shape == (2, 3, 4, 6)  # type: ignore[union-attr]
    assert "scaled and cut to 4x6" in examples.notices[0]
    assert examples.check() == examples.notices
    late = _examples({"image": [png()] * 20 + [png(size=(9, 9))]})
    assert late.notices == ()
    late.batch([3, 20])
    assert "differ in size" in late.notices[0]
    given = _examples(data, image=ImageFormat(size=8))
    assert given.batch([0, 1]).anchor.shape == (2, 3, 8, 8)  # type: ignore[union-attr]
    assert given.notices == ()


def test_scaling_keeps_the_aspect_and_cuts_the_middle() -> None:
    pixels = np.zeros((4, 12), dtype=np.uint8)
    pixels[:, 4:8] = 200
    batch = _examples({"image": [pixels]}, image=ImageFormat(size=4)).batch([0])
    assert (batch.anchor == 200).all()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "array",
    [
        np.full((2, 5, 6), 7, np.uint8),
        np.full((2, 5, 6, 1), 7, np.int64),
        np.full((2, 1, 5, 6), 7 / 255, np.float32),
    ],
)
def test_image_arrays(array: np.ndarray) -> None:
    batch = _examples({"image": array}).batch([1])
    assert batch.anchor.shape == (1, 1, 5, 6)  # type: ignore[union-attr]
    assert (batch.anchor == 7).all()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((1, 4, 4), 16.0), r"within 0\.\.1, found 16\.\.16"),
        (np.full((1, 4, 4), np.nan), r"within 0\.\.1"),
        (np.full((1, 4, 4), 300), r"within 0\.\.255"),
        (np.zeros((1, 5, 5, 5), np.uint8), "not \\(5, 5, 5\\)"),
    ],
)
def test_image_arrays_of_another_scale_are_refused(array: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _examples({"image": array})


def test_damaged_images_are_named_with_row_and_column(png: Png, random: np.random.Generator) -> None:
    stream = io.BytesIO()
    Image.fromarray(random.integers(0, 256, size=(32, 32, 3), dtype=np.uint8)).save(stream, "JPEG")
    whole = stream.getvalue()
    bad: list[object] = [
        whole[: len(whole) // 2],
        b"\x89PNG\r\n\x1a\nrubbish",
        b"\xff\xd8\xffnothing",
        b"",
        None,
        png()[:40],
    ]
    examples = _examples({"image": [png(), *bad, png(), png()], "label": [0] * 9})
    for row in range(1, 7):
        with pytest.raises(InputError, match=rf"row {row}, column 'image'"):
            examples.batch([0, row])


def test_first_images_that_are_all_unusable_stop_at_once(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,label\na.png,1\nb.png,1\n")
    with pytest.raises(InputError, match=r"t\.csv: none of the first images can be used: no such image file"):
        _examples(open_table(tmp_path / "t.csv"), bad_rows=BadRows(limit=5))


def test_vectors_of_numeric_columns_lists_and_arrays(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,label\n1,2.5,x\n3,4,y\n")
    (tmp_path / "t.jsonl").write_text('{"vector": [1, 2.5], "label": "x"}\n{"vector": [3, 4], "label": "y"}\n')
    np.savez(tmp_path / "t.npz", x=np.array([[1, 2.5], [3, 4]]), y=np.array(["x", "y"]))
    for name in ("t.csv", "t.jsonl", "t.npz"):
        examples = _examples(open_table(tmp_path / name))
        batch = examples.batch([1, 0])
        torch.testing.assert_close(batch.anchor, torch.tensor([[3.0, 4.0], [1.0, 2.5]]))
        assert examples.label_names == ("x", "y")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "column 'b'.*nan"),
        (float("inf"), "column 'b'.*inf"),
        (1e300, "column 'b'.*not finite"),
        (None, "column 'b'.*missing"),
        ("abc", "column 'b'.*'abc'"),
    ],
)
def test_bad_numbers_are_named_with_row_and_column(value: object, message: str) -> None:
    table = table_from({"a": [1.0, 2.0], "b": [1.0, value]})
    roles = Roles(anchor=("a", "b"), kind=Kind.VECTOR)
    with pytest.raises(InputError, match=f"row 1, {message}"):
        Examples(table, roles).batch([0, 1])


def test_a_bad_cell_of_a_numeric_csv_column_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 300 + "1,oops\n")
    with pytest.raises(InputError, match=r"t\.csv, line 302, column 'b': numbers are expected, found 'oops'"):
        _examples(open_table(path)).batch([299, 300])


def test_vectors_of_another_length_are_refused() -> None:
    with pytest.raises(InputError, match=r"row 0.*a vector of 3 numbers is expected, found 2"):
        _examples({"vector": [[1.0, 2.0], [1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]}).batch([1, 0])


@pytest.mark.parametrize("value", ["", "  \n", None, "\ud800"])
def test_empty_and_broken_texts_are_refused(value: str | None) -> None:
    with pytest.raises(InputError, match="row 1, column 'text': the text is"):
        _examples({"text": ["a", value]}).batch([0, 1])


@pytest.mark.parametrize("value", ["", None, []])
def test_a_missing_single_positive_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="row 1, column 'positive'"):
        _examples({"anchor": ["a", "b"], "positive": ["a", value]}).batch([0, 1])


@pytest.mark.parametrize("value", [None, "high", float("nan")])
def test_scores_must_be_numbers(value: object) -> None:
    data = {"sentence1": ["a", "b"], "sentence2": ["c", "d"], "score": [1.5, value]}
    good = _examples(data).batch([0])
    assert good.score is not None
    assert good.score.tolist() == [1.5]
    with pytest.raises(InputError, match="row 1, column 'score'"):
        _examples(data).batch([0, 1])


def test_label_names_numeric_in_order_and_given_ones_kept() -> None:
    examples = _examples({"text": list("abcd"), "label": [10, 9, 2.0, 10]})
    assert examples.label_names == ("2", "9", "10")
    assert examples.labels is not None
    assert examples.labels.tolist() == [2, 1, 0, 2]
    given = _examples({"text": list("ab"), "label": ["cat", "dog"]}, label_names=("dog", "cat", "cow"))
    assert given.batch([0, 1]).label.tolist() == [1, 0]  # type: ignore[union-attr]
    with pytest.raises(InputError, match="row 1, column 'label': the label 'bird' is not among the 1 known"):
        _examples({"text": list("ab"), "label": ["cat", "bird"]}, label_names=("cat",))


@pytest.mark.parametrize("value", [None, "", 0.5, float("nan")])
def test_missing_labels_are_found_before_training(value: object) -> None:
    with pytest.raises(InputError, match="row 2, column 'label'"):
        _examples({"text": list("abc"), "label": ["x", "y", value]})


def test_bad_rows_are_skipped_counted_and_limited() -> None:
    data = {"text": ["a", "", "c", None, "e"], "label": [0, 0, 1, 1, 0]}
    examples = _examples(data, bad_rows=BadRows(limit=2))
    batch = examples.batch([4, 1, 0, 3])
    assert batch.anchor == ["e", "a"]
    assert batch.rows.tolist() == [4, 0]
    assert batch.label is not None
    assert batch.label.tolist() == [0, 0]
    assert [skipped.row for skipped in batch.skipped] == [1, 3]
    examples.batch([1, 2])  # the same row is not counted twice
    assert [skipped.row for skipped in examples.skipped] == [1, 3]
    assert "row 1, column 'text': the text is empty" in examples.skipped[0].reason
    with pytest.raises(InputError, match=r"more than 1 rows cannot be used; the last: .*row 3.*; the first: .*row 1"):
        _examples(data, bad_rows=BadRows(limit=1)).batch([0, 1, 2, 3])
    with pytest.raises(InputError, match="no row of this batch"):
        examples.batch([1, 3])


def test_scan_lists_the_usable_rows() -> None:
    examples = _examples({"text": ["a", "", "c"] * 50}, bad_rows=BadRows(limit=50))
    good = examples.scan()
    assert good.tolist() == [row for row in range(150) if row % 3 != 1]
    assert len(examples.skipped) == 50
    with pytest.raises(InputError):
        _examples({"text": ["a", "", "c"] * 50}, bad_rows=BadRows(limit=49)).scan()


def test_rows_of_a_subset_are_named_as_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in ["a", "b", " "]))
    subset = Subset(open_table(path), [2, 0])
    with pytest.raises(InputError, match=r"t\.jsonl, line 3, column 'text'"):
        _examples(subset).batch([0])


def test_check_finds_what_cannot_work() -> None:
    examples = _examples({"text": list("abcd"), "label": ["x", "x", "y", "z"]})
    with pytest.raises(InputError, match="batch larger than the data: 8"):
        examples.check(batch_size=8)
    (warning,) = examples.check(batch_size=2)
    assert "2 classes have only one example, which has no positive but itself: 'y', 'z'" in warning
    with pytest.raises(InputError, match="needs pairs"):
        examples.check(needs=Supervision.PAIRS)
    with pytest.raises(InputError, match="needs scores"):
        examples.check(needs=Supervision.SCORES)
    assert examples.check(needs=Supervision.VIEWS) == ()
    with pytest.raises(InputError, match="needs labels"):
        _examples({"text": list("ab")}).check(needs=Supervision.LABELS)
    with pytest.raises(InputError, match="no class has two examples"):
        _examples({"text": list("abc"), "label": ["x", "y", "z"]}).check()
    assert "only one class" in _examples({"text": list("abc"), "label": ["x", "x", "x"]}).check()[0]


@pytest.mark.parametrize(("workers", "suffix"), [(0, "jsonl"), (2, "jsonl"), (2, "parquet")])
def test_a_torch_data_loader_gives_the_same_batches(tmp_path: Path, workers: int, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    rows = [{"text": f"text {i}", "label": i % 3} for i in range(20)]
    if suffix == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=6)
    examples = _examples(open_table(path))
    loader = DataLoader(
        examples,  # type: ignore[arg-type]
        batch_sampler=EpochSampler(20, batch_size=6, seed=1),  # type: ignore[arg-type]
        collate_fn=_same,
        num_workers=workers,
    )
    expected = [examples.batch(rows) for rows in EpochSampler(20, batch_size=6, seed=1)]
    found = list(loader)
    assert [batch.anchor for batch in found] == [batch.anchor for batch in expected]
    assert all(torch.equal(a.label, b.label) for a, b in zip(found, expected, strict=True))


def test_image_format_and_bad_rows_check_their_numbers() -> None:
    for bad in ({"channels": 2}, {"size": 0}, {"size": (3, -1)}):
        with pytest.raises(InputError):
            ImageFormat(**bad)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        BadRows(limit=-1)
