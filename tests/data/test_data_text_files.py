import csv
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import open_table


def _write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_any_row_reads_as_the_csv_module_reads_the_whole_file(tmp_path: Path, random: np.random.Generator) -> None:
    pieces = [
        "plain",
        'a "quoted" word',
        "two\nlines",
        "comma, inside",
        "\u2028 separator",
        "ü€😀",
        "",
        " blank ",
        "\r\n",
    ]
    rows = [[str(random.choice(pieces)) for _ in range(3)] for _ in range(200)]
    rows = [["x", *row] for row in rows]
    path = tmp_path / "t.csv"
    with open(path, "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([["k", "a", "b", "c"], *rows])
    table = open_table(path)
    assert len(table) == 200
    order = random.permutation(200)
    taken = table.take(order)
    assert [list(row) for row in zip(*taken.values(), strict=True)] == [rows[i] for i in order]
    again = pickle.loads(pickle.dumps(table))
    assert again.take([7])["a"] == [rows[7][1]]


def test_numeric_columns_are_numbers_and_names_stay_text(tmp_path: Path) -> None:
    path = _write(tmp_path / "t.csv", "i,f,code,mixed,t\n1,2.5,007,1,a\n-3,1e-3,010,,b\n4,nan,1_0,2,c\n")
    taken = open_table(path).take([0, 1, 2])
    assert taken["i"] == [1, -3, 4]
    assert all(type(v) is int for v in taken["i"])
    assert taken["f"][:2] == [2.5, 0.001]
    assert np.isnan(taken["f"][2])
    assert taken["code"] == ["007", "010", "1_0"]
    assert taken["mixed"] == [1, None, 2]
    assert taken["t"] == ["a", "b", "c"]


def test_byte_order_mark_blank_lines_semicolons_and_line_numbers(tmp_path: Path) -> None:
    path = _write(tmp_path / "t.csv", '\ufefftext;label\r\n\r\neins;a\r\n\r\n"zwei\r\nZeilen";b\r\ndrei;a')
    table = open_table(path)
    assert table.columns == ("text", "label")
    assert table.take([2, 1])["text"] == ["drei", "zwei\r\nZeilen"]
    assert table.where(2).endswith("line 7")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("text,label\n", "no rows"),
        ("text,label\na,b\nc\n", r"line 3: 1 fields, but the header has 2"),
        ("text,label\na,b\nc,d,e\n", r"line 3: 3 fields"),
        ("text,text\na,b\n", "'text' occurs twice"),
        ("1.5,2.5\n1,2\n", "a header with column names is expected"),
        ('text,label\na,b\n"open,b\nc,d\n', "beginning on line 3"),
        ('text,label\n"a"b,c\n', "quotation mark"),
    ],
)
def test_csv_mistakes_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_table(_write(tmp_path / "bad.csv", text))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_text_that_is_not_utf8_names_file_and_line(tmp_path: Path, suffix: str) -> None:
    text = "text\nok\ncaf\xe9\n" if suffix == ".csv" else '{"text": "ok"}\n{"text": "ok"}\n{"text": "caf\xe9"}\n'
    path = _write(tmp_path / f"latin{suffix}", text, "latin-1")
    with pytest.raises(InputError, match=rf"latin\{suffix}, line 3: not UTF-8 text \(byte 0xe9"):
        open_table(path)


def test_header_of_numbers_in_order_is_a_header(tmp_path: Path) -> None:
    table = open_table(_write(tmp_path / "t.csv", "0,1,2\n0.5,1.5,2.5\n"))
    assert table.columns == ("0", "1", "2")


def test_tsv_with_unbalanced_quotes_is_read_literally_and_says_so(tmp_path: Path) -> None:
    path = _write(tmp_path / "t.tsv", 'sentence1\tsentence2\n"To be\tor not\nhe said\t"ok"\n')
    table = open_table(path)
    assert table.take([0, 1])["sentence1"] == ['"To be', "he said"]
    assert table.take([1])["sentence2"] == ['"ok"']
    assert "quotation marks" in table.notes[0]
    quoted = open_table(_write(tmp_path / "q.tsv", 'a\tb\n"x\ty"\tz\n'))
    assert quoted.take([0]) == {"a": ["x\ty"], "b": ["z"]}


def test_jsonl_random_access_missing_keys_and_byte_order_mark(tmp_path: Path) -> None:
    rows = [{"text": "a", "n": 1}, {"text": "ü"}, {"n": None, "text": "c", "more": [1, 2]}]
    path = _write(tmp_path / "t.jsonl", "\ufeff" + "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    table = open_table(path)
    assert table.columns == ("text", "n", "more")
    assert table.take([2, 0, 1]) == {"text": ["c", "a", "ü"], "n": [None, 1, None], "more": [[1, 2], None, None]}
    assert table.where(1).endswith("line 3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ('{"a": 1}\n{"a": ', "line 2: not JSON"),
        ('{"a": 1}\n[1]\n', "line 2: a JSON object is expected, found list"),
        ('[\n{"a": 1}\n]', "line 1: not JSON.*array over several lines"),
    ],
)
def test_jsonl_mistakes_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_table(_write(tmp_path / "bad.jsonl", text))


def test_a_file_that_changed_is_noticed(tmp_path: Path) -> None:
    path = _write(tmp_path / "t.csv", "text\na\nb\n")
    table = open_table(path)
    _write(path, "text\nlonger than before\nb\n")
    with pytest.raises(InputError, match="changed while it was in use"):
        table.take([1])


def test_memory_of_an_open_text_file_is_its_row_offsets(tmp_path: Path) -> None:
    path = _write(tmp_path / "t.jsonl", "".join(f'{{"text": "{"x" * 2000}"}}\n' for _ in range(500)))
    assert path.stat().st_size > 1_000_000
    assert len(pickle.dumps(open_table(path))) < 20_000


def test_folder_of_csv_shards(tmp_path: Path) -> None:
    _write(tmp_path / "b.csv", "text,label\nc,1\n")
    _write(tmp_path / "a.csv", "text,label\na,0\nb,1\n")
    table = open_table(tmp_path)
    assert table.take([2, 0])["text"] == ["c", "a"]
    assert table.where(2) == "b.csv, line 2"
