"""``counterpoint mine``: from files to a folder that trains, and what it refuses."""

import json
import re
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import counterpoint as cp
from counterpoint.experiments.mining import MiningJob, mine_files
from counterpoint.retrieval.mining import Plan, RankWindow, Sample

from .conftest import WORDS

ASK = ("--from-rank", 2, "--to-rank", 12, "--negatives", 3)


def write(path, header, rows):
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path


def documents():
    return [(f"d{i}", f"{WORDS[i % 12]} {WORDS[i // 12]} two", WORDS[i % 12]) for i in range(48)]


@pytest.fixture
def corpus(tmp_path):
    return write(tmp_path / "corpus.csv", "id,text,label", documents())


@pytest.fixture
def queries(tmp_path):
    rows = [
        (f"q{i}", text.replace("two", "one"), text, f"d{i}", label) for i, (_, text, label) in enumerate(documents())
    ]
    return write(tmp_path / "queries.csv", "query_id,query,positive,answer,label", rows)


@pytest.fixture
def mine(ok, runs, corpus, queries, tmp_path):
    def run(*options, out="mined"):
        said = ok(
            "mine", runs("pairs.csv"), corpus, "--queries", queries, "-o", tmp_path / out, *ASK, *options, "--json"
        )
        return said.json, pq.read_table(tmp_path / out / "part-00000.parquet")

    return run


def test_what_is_mined_trains(mine, ok, tmp_path):
    found, table = mine("--share", 0.99, "--label", "label")
    assert found == json.loads((tmp_path / "mined" / "mining.json").read_text())
    assert table.column_names == ["query", "positive", "negative_1", "negative_2", "negative_3"]
    assert len(table) == found["queries"] == 48
    texts = {text for _, text, _ in documents()}
    rows = table.to_pylist()
    negatives = [[row[f"negative_{i}"] for i in (1, 2, 3)] for row in rows]
    assert sum(text is not None for row in negatives for text in row) == found["taken"] > 0
    assert all(
        text is None or text in texts - {row["positive"]}
        for row, line in zip(rows, negatives, strict=True)
        for text in line
    )
    false = sum(
        text.split()[0] == row["query"].split()[0]
        for row, line in zip(rows, negatives, strict=True)
        for text in line
        if text
    )
    assert found["relevant"] == false
    assert found["false_negative_rate"] == pytest.approx(false / found["taken"])
    assert found["recall"] is None
    trained = ok("train", tmp_path / "mined", "--out", tmp_path / "run", "--steps", 3, "--batch-size", 8)
    assert "Negative" in trained.out + trained.err


def test_rules_that_leave_nothing_are_told_not_hidden(mine):
    found, table = mine("--margin", 3)
    assert (found["taken"], found["left"], found["short"], found["false_negative_rate"]) == (0, 0, 48, None)
    assert [table[f"negative_{i}"].null_count for i in (1, 2, 3)] == [48] * 3


def test_the_table_of_counts(ok, runs, corpus, queries, tmp_path):
    asked = ("--index", "ivf", "--label", "label", *ASK)
    said = ok("mine", runs("pairs.csv"), corpus, "--queries", queries, "-o", tmp_path / "mined", *asked).out
    for words in (
        r"queries +48",
        r"removed: rank window +48",
        r"recall@12 of the index +\d.\d+ ± ",
        r"% of \d+ judged",
    ):
        assert re.search(words, said), said


def test_positives_by_id_and_by_text_are_the_same(mine):
    by_text, table = mine()
    by_id, same = mine("--positive-id", "answer", "--id-column", "id", "--column", "query=query", out="by_id")
    assert by_id == by_text
    assert same.equals(table)


def test_qrels_count_false_negatives(mine, tmp_path):
    qrels = [(f"q{i}", f"d{j}", "1") for i in range(24) for j in range(48) if i % 12 == j % 12]
    file = write(tmp_path / "qrels.csv", "query_id,doc_id,score", qrels)
    by_qrels, _ = mine("--qrels", file, "--id-column", "id")
    by_label, table = mine("--label", "label", out="by_label")
    first = [(row["query"].split()[0], row[f"negative_{i}"]) for row in table.to_pylist()[:24] for i in (1, 2, 3)]
    assert by_qrels["judged"] == sum(text is not None for _, text in first) < by_label["judged"]
    assert by_qrels["relevant"] == sum(text is not None and text.split()[0] == word for word, text in first)


def test_indexes_guides_rerankers_and_generated_texts(mine, runs, tmp_path, monkeypatch):
    (tmp_path / "mine_helpers.py").write_text(
        "def score(pairs):\n    return [-float(len(set(a) ^ set(b))) for a, b in pairs]\n"
        "def rewrite(query, positive):\n    return [query + ' not', '', query + ' never', 'third']\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    options = (
        *("--index", "hnsw", "--sample", "random", "--seed", 3, "--margin", 0.01, "--guide", runs("texts.parquet")),
        *("--reranker", "mine_helpers:score", "--generate", "mine_helpers:rewrite", "--generated", 2),
    )
    found, table = mine(*options)
    assert list(found["removed"]) == ["rank window", "known", "margin", "duplicate", "guide", "reranker"]
    assert found["recall"]["value"] > 0.9
    assert found["recall"]["queries"] == 48
    assert table["negative_4"].to_pylist() == [f"{query} not" for query in table["query"].to_pylist()]
    assert table["negative_5"].to_pylist() == [f"{query} never" for query in table["query"].to_pylist()]
    again, same = mine(*options)
    assert (again, same) == (found, table)
    sys.modules.pop("mine_helpers")


def test_scores_of_a_reranker_from_a_file(mine, cli, runs, corpus, queries, tmp_path):
    """Every second document is scored; among those, what scores above the positive goes."""
    lines = [(f"q{i}", f"d{j}", str(0.5 if i == j else j % 5 / 4)) for i in range(48) for j in range(0, 48, 2)]
    lines += [(f"q{i}", f"d{i}", "0.5") for i in range(1, 48, 2)]
    file = write(tmp_path / "scores.csv", "query_id,doc_id,score", lines)
    ids = ("--positive-id", "answer", "--id-column", "id", "--column", "query=query")
    found, table = mine("--reranker-scores", file, *ids)
    assert list(found["removed"]) == ["rank window", "known", "duplicate", "not scored", "reranker"]
    number = {text: i for i, (_, text, _) in enumerate(documents())}
    taken = [number[row[f"negative_{i}"]] for row in table.to_pylist() for i in (1, 2, 3) if row[f"negative_{i}"]]
    assert taken
    assert all(j % 2 == 0 and j % 5 / 4 <= 0.5 for j in taken)
    assert min(found["removed"]["not scored"], found["removed"]["reranker"]) > 0
    as_qrels = ("mine", runs("pairs.csv"), corpus, "--queries", queries, "-o", tmp_path / "mined", *ASK, *ids)
    assert "mined with other settings" in cli(*as_qrels, "--qrels", file).errors[0], "the same file says other things"
    write(file, "query_id,doc_id,score", lines[:-1])
    asked = ("mine", runs("pairs.csv"), corpus, "--queries", queries, "-o", tmp_path / "other", *ASK)
    assert "1 positives have no score" in cli(*asked, "--reranker-scores", file, *ids).errors[0]
    assert "give --positive-id" in cli(*asked, "--reranker-scores", file).errors[0]
    both = ("--reranker", "json:dumps", "--reranker-scores", file)
    assert "not both" in cli(*asked, *both, *ids).errors[0]
    write(file, "query_id,doc_id,score", [("q0", "d0", "much")])
    assert "a score must be a number, found 'much'" in cli(*asked, "--reranker-scores", file, *ids).errors[0]
    assert not (tmp_path / "other").exists()


def test_the_hardest_positive_of_every_query(ok, runs, corpus, tmp_path):
    rows = [(WORDS[i % 12], text) for i, (_, text, _) in enumerate(documents())]
    queries = write(tmp_path / "several.csv", "query,positive", rows)
    asked = ("mine", runs("pairs.csv"), corpus, "--queries", queries, "-o", tmp_path / "mined", *ASK, "--positives", 1)
    found = ok(*asked, "--json").json
    table = pq.read_table(tmp_path / "mined" / "part-00000.parquet").to_pylist()
    assert (found["queries"], found["easier"], len(table)) == (12, 36, 12)
    model = cp.load(runs("pairs.csv"))
    for row in table:
        positives = [text for query, text in rows if query == row["query"]]
        cosines = model.similarity(model.encode_query([row["query"]]), model.encode_document(positives))[0]
        assert dict(zip(positives, cosines, strict=True))[row["positive"]] <= cosines.min() + 1e-6
        # All of a query's positives are known, those that were left out too.
        assert not {row[f"negative_{i}"] for i in (1, 2, 3)} & set(positives)
    assert "left out for a harder positive" in ok(*asked).out


def test_another_mining_is_not_mixed_in(mine, cli, runs, corpus, queries, tmp_path):
    mine()
    said = cli("mine", runs("pairs.csv"), corpus, "--queries", queries, "-o", tmp_path / "mined", *ASK, "--margin", 0.1)
    assert said.code == 2
    assert "mined with other settings" in said.errors[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--margin", -1), "margin must be a finite number, not negative, got -1"),
        (("--share", 2), "share must be above 0"),
        (("--guide-margin", -1), "guide margin must be"),
        (("--positives", 0), "positives of a query must be at least 1, got 0"),
        (("--sample", "ambiguous", "--sharpness", -1), "sharpness must be a finite number, not negative"),
        (("--to-rank", 49), "the last rank is 49, but the corpus has 48 rows"),
        (("--negatives", 20), "20 negatives do not fit into ranks 2 to 12"),
        (("--positive-id", "answer"), "say which column has them with --id-column"),
        (("--positive-id", "label", "--id-column", "id"), "12 ids are not in the corpus, such as 'boat'"),
        (("--positive-id", "none"), "has no column 'none'"),
        (("--column", "positive=none"), "has no column 'none'"),
        (("--column", "positive="), "one query column and one positive column"),
        (("--label", "colour"), "--label: .* has no column 'colour'"),
        (("--generate", "nowhere"), "--generate must look like module:function, got 'nowhere'"),
        (("--generate", "json:nothing"), "module 'json' has no function 'nothing'"),
        (("--reranker", "no_such_module:f"), "there is no module 'no_such_module'"),
        (("--index", "tree"), "'tree'"),
    ],
)
def test_bad_input_is_refused_before_anything_is_embedded(cli, runs, corpus, queries, tmp_path, options, message):
    said = cli("mine", runs("pairs.csv"), corpus, "--queries", queries, "-o", tmp_path / "mined", *ASK, *options)
    assert said.code == 2, said.err
    assert re.search(message, said.errors[0])
    assert not (tmp_path / "mined").exists()


def test_a_missing_extra_is_named(cli, runs, corpus, queries, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    said = cli(
        "mine", runs("pairs.csv"), corpus, "--queries", queries, "-o", tmp_path / "mined", *ASK, "--index", "ivf"
    )
    assert said.code == 2
    assert "counterpoint[ann]" in said.errors[0]


def test_what_does_not_fit_is_named(cli, runs, corpus, data, tmp_path):
    said = cli("mine", runs("images"), data / "images", "--queries", data / "pairs.csv", *ASK)
    assert said.code == 2
    assert "holds images, but the positives are texts" in said.errors[0]
    holes = write(
        tmp_path / "holes.jsonl", '{"query": "a", "positive": "b"}', [('{"query": "c"', ' "positive": null}')]
    )
    said = cli("mine", runs("pairs.csv"), corpus, "--queries", holes, "-o", tmp_path / "mined", *ASK)
    assert said.code == 2
    assert "'positive' must be a text, found None" in said.errors[0]
    assert not (tmp_path / "mined").exists()


def image_files(data):
    return sorted(path for path in (data / "images").rglob("*.png"))


def test_images_are_mined_and_what_is_mined_trains(ok, runs, data, tmp_path):
    """The corpus is a folder; queries and positives are bytes in a table; every positive is a file of the corpus."""
    files = image_files(data)
    asked, answers = files[:20], files[1:21]
    table = pa.table({"query": [one.read_bytes() for one in asked], "positive": [one.read_bytes() for one in answers]})
    pq.write_table(table, tmp_path / "queries.parquet")
    out = tmp_path / "mined"
    said = ok(
        "mine", runs("images"), data / "images", "--queries", tmp_path / "queries.parquet", "-o", out, *ASK, "--json"
    )
    assert said.json["queries"] == 20
    assert said.json["removed"]["known"] > 0
    mined = pq.read_table(out / "part-00000.parquet").to_pylist()
    names = {one.read_bytes(): one.name for one in files}
    for row, one, other in zip(mined, asked, answers, strict=True):
        assert (row["query"], row["positive"]) == (one.read_bytes(), other.read_bytes())
        negatives = [row[f"negative_{number}"] for number in (1, 2, 3)]
        assert len(set(negatives)) == 3
        assert not {row["query"], row["positive"]} & set(negatives)
        assert set(negatives) <= set(names)
    ok("train", out, "--steps", 2, "--batch-size", 4, "--out", tmp_path / "run", "--no-judge")


def test_vectors_are_mined(ok, runs, data, tmp_path):
    vectors = np.load(data / "vectors.npz")["vector"]
    pairs = {"query": vectors[:30].tolist(), "positive": vectors[3:33].tolist()}
    pq.write_table(pa.table(pairs), tmp_path / "queries.parquet")
    out = tmp_path / "mined"
    asked_in = ("--queries", tmp_path / "queries.parquet")
    said = ok("mine", runs("vectors.npz"), data / "vectors.npz", *asked_in, "-o", out, *ASK, "--json")
    assert said.json["removed"]["known"] > 0
    mined = pq.read_table(out / "part-00000.parquet").to_pylist()
    known = {tuple(one) for one in vectors.tolist()}
    for row in mined:
        negatives = [tuple(row[f"negative_{number}"]) for number in (1, 2, 3)]
        assert set(negatives) <= known
        assert tuple(row["query"]) not in negatives
        assert tuple(row["positive"]) not in negatives
    ok("train", out, "--steps", 2, "--batch-size", 4, "--out", tmp_path / "run", "--no-judge")


def test_killed_between_parts_it_makes_what_an_unbroken_run_makes(runs, corpus, queries, tmp_path):
    plan = Plan(negatives=3, window=RankWindow(2, 12), sample=Sample.RANDOM)
    job = MiningJob(
        run=runs("pairs.csv"), corpus=str(corpus), queries=str(queries), plan=plan, share=0.99, part_rows=20
    )

    def die(done, total):
        raise KeyboardInterrupt

    report = mine_files(job, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        mine_files(job, tmp_path / "killed", progress=die)
    parts = {path.name: path for path in (tmp_path / "killed").glob("*.parquet")}
    assert list(parts) == ["part-00000.parquet"]
    before = parts["part-00000.parquet"].stat().st_mtime_ns
    assert mine_files(job, tmp_path / "killed") == report
    assert parts["part-00000.parquet"].stat().st_mtime_ns == before
    whole = {path.name: path.read_bytes() for path in (tmp_path / "whole").glob("*.parquet")}
    assert {path.name: path.read_bytes() for path in (tmp_path / "killed").glob("*.parquet")} == whole
    assert len(whole) == 3


def test_other_judgements_are_another_mining(mine, cli, runs, corpus, queries, tmp_path):
    qrels = write(tmp_path / "qrels.csv", "query_id,doc_id,score", [("q0", "d1", "1")])
    mine("--qrels", qrels, "--id-column", "id")
    write(qrels, "query_id,doc_id,score", [("q0", "d2", "1")])
    again = ("--qrels", qrels, "--id-column", "id", "-o", tmp_path / "mined", *ASK)
    said = cli("mine", runs("pairs.csv"), corpus, "--queries", queries, *again)
    assert "mined with other settings" in said.errors[0]
