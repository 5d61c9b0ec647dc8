import json
from pathlib import Path

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.beir import is_beir, open_beir


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = [{"_id": "d1", "title": "Cats", "text": "purr"}, {"_id": 2, "text": "dogs bark"}]
    queries = [{"_id": "q1", "text": "who purrs"}, {"_id": "q2", "text": "who barks"}, {"_id": "q3", "text": "who"}]
    for name, rows in (("corpus", documents), ("queries", queries)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "qrels").mkdir()
    judge(tmp_path, "q1\td1\t2", "q2\t2\t1", "q2\td1\t0")
    return tmp_path


def judge(folder: Path, *lines: str, head: str = "query-id\tcorpus-id\tscore", split: str = "test") -> None:
    (folder / "qrels" / f"{split}.tsv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")


def columns(table):
    return {name: list(values) for name, values in table.take(np.arange(len(table))).items()}


def test_names_titles_and_grades_are_read_and_queries_without_judgement_left_out(folder: Path) -> None:
    assert is_beir(folder)
    found = open_beir(folder)
    assert columns(found.corpus) == {"doc_id": ["d1", "2"], "title": ["Cats", ""], "text": ["purr", "dogs bark"]}
    assert columns(found.queries) == {"query_id": ["q1", "q2"], "text": ["who purrs", "who barks"]}
    assert columns(found.qrels) == {
        "query_id": ["q1", "q2", "q2"],
        "doc_id": ["d1", "2", "d1"],
        "score": [2.0, 1.0, 0.0],
    }


def test_another_split_can_be_asked_for(folder: Path) -> None:
    judge(folder, "q3\td1\t1", split="dev")
    assert columns(open_beir(folder, split="dev").queries)["query_id"] == ["q3"]
    with pytest.raises(InputError, match=r"no qrels/train\.tsv"):
        open_beir(folder, split="train")


@pytest.mark.parametrize(
    ("lines", "head", "told"),
    [
        (("q9\td1\t1",), "query-id\tcorpus-id\tscore", r"line 2: 'q9' is not in queries\.jsonl"),
        (("q1\td9\t1",), "query-id\tcorpus-id\tscore", r"'d9' is not in corpus\.jsonl"),
        (("q1\td1\tmuch",), "query-id\tcorpus-id\tscore", "every score must be a number"),
        (("q1\td1\t1",), "query\tdoc\tgrade", "columns 'query-id', 'corpus-id', 'score' are expected"),
    ],
)
def test_judgements_that_do_not_fit_are_named(folder: Path, lines, head, told) -> None:
    judge(folder, *lines, head=head)
    with pytest.raises(InputError, match=told):
        open_beir(folder)


def test_a_name_for_two_documents_and_a_missing_text_are_refused(folder: Path) -> None:
    path = folder / "corpus.jsonl"
    path.write_text('{"_id": "d1", "text": "a"}\n{"_id": "d1", "text": "b"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="stands for two lines"):
        open_beir(folder)
    path.write_text('{"_id": "d1", "text": "a"}\n{"_id": "2"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 2: 'text' is missing"):
        open_beir(folder)
