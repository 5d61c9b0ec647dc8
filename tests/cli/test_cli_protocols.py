"""``counterpoint evaluate --on`` beyond the standard measures: what files, arrays and columns allow."""

import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

WORDS = ("red", "green", "blue", "black")
THINGS = ("cat", "dog", "car", "tree", "house", "boat")


@pytest.fixture(scope="module")
def pairs():
    return [
        (f"a {c} {t}", f"one {c} {t} here", f"one {c} {o} here")
        for c in WORDS
        for t, o in zip(THINGS, THINGS[1:] + THINGS[:1], strict=True)
    ]


@pytest.fixture
def text_run(pairs, ok, tmp_path):
    path = tmp_path / "pairs.parquet"
    pq.write_table(pa.table({"anchor": [a for a, _, _ in pairs], "positive": [b for _, b, _ in pairs]}), path)
    ok("train", path, "--steps", 4, "--no-judge", "--out", tmp_path / "text", "--batch-size", 8)
    return tmp_path / "text"


@pytest.fixture
def vector_run(ok, tmp_path):
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    np.savez(
        tmp_path / "rows.npz", vector=(rng.normal(size=(60, 6)) + 3 * np.eye(6)[labels]).astype("f4"), label=labels
    )
    columns = ("--column", "anchor=vector", "--column", "label=label")
    ok("train", tmp_path / "rows.npz", *columns, "--steps", 4, "--no-judge", "--out", tmp_path / "run")
    return tmp_path / "run"


def judged(ok, *arguments):
    said = ok("evaluate", *arguments, "--json")
    return {one["measure"]: {row["system"]: row["value"] for row in one["rows"]} for one in said.json}, said


def test_words_of_classes_are_asked_for_without_a_single_label_to_learn_from(text_run, ok, tmp_path):
    path = tmp_path / "things.csv"
    path.write_text("text,label\n" + "\n".join(f"a {c} {t},{t}" for c in WORDS for t in THINGS), encoding="utf-8")
    found, said = judged(ok, text_run, "--on", path, "--prompt", "a {}")
    assert found["zero_shot_accuracy@1"]["TF-IDF"] == 1.0
    assert set(found["zero_shot_accuracy@1"]) == {"TF-IDF", "untrained", "trained"}
    assert "not judged: standard" in said.err
    assert "--reference" in said.err


def test_rows_with_negatives_are_reranked_and_preferred(pairs, text_run, ok, tmp_path):
    path = tmp_path / "hard.parquet"
    names = ("anchor", "positive", "negative")
    pq.write_table(pa.table(dict(zip(names, map(list, zip(*pairs, strict=True)), strict=True))), path)
    found, _ = judged(ok, text_run, "--on", path, "--protocol", "reranking", "--protocol", "compositional")
    assert found["preference"]["TF-IDF"] == 1.0
    assert any(name.startswith("rerank") for name in found)


def test_a_folder_of_beir_is_a_corpus(pairs, text_run, ok, tmp_path):
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    lines = {"corpus": [b for _, b, _ in pairs], "queries": [a for a, _, _ in pairs]}
    for name, texts in lines.items():
        rows = (json.dumps({"_id": f"{name[0]}{k}", "title": "", "text": text}) for k, text in enumerate(texts))
        (folder / f"{name}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    judgements = "\n".join(f"q{k}\tc{k}\t1" for k in range(len(pairs)))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + judgements + "\n", encoding="utf-8")
    found, said = judged(ok, text_run, "--on", folder)
    assert found["corpus_recall@1"]["TF-IDF"] == 1.0
    assert "24 queries, 24 documents, 24 judgements" in said.err


def test_analogies_are_read_from_a_list_of_questions(text_run, ok, tmp_path):
    path = tmp_path / "questions.txt.gz"
    with gzip.open(path, "wt", encoding="utf-8") as handle:
        handle.write(": kinds\nred green blue black\nred blue green black\ncat dog car tree\n")
    found, _ = judged(ok, text_run, "--on", path)
    assert 0 <= found["analogy_add"]["trained"] <= 1


def test_captions_without_images_are_asked_through_another_caption(text_run, ok, tmp_path):
    path = tmp_path / "captions.parquet"
    columns = {
        "image_id": ["1", "1", "2", "2", "3"],
        "caption": ["a red cat", "one red cat here", "a blue dog", "one blue dog here", "a tree"],
        "negative_caption": ["a red dog", "one red dog here", "a blue cat", "one blue cat here", "a house"],
        "type": ["swap", "swap", "replace", "replace", "add"],
    }
    pq.write_table(pa.table(columns), path)
    found, said = judged(ok, text_run, "--on", path)
    assert found["preference"]["TF-IDF"] == 1.0
    assert "preference/swap" in found
    assert "4 have another caption of the same image" in said.err


def test_other_data_are_told_apart(vector_run, ok, tmp_path):
    far = np.random.default_rng(1).normal(size=(40, 6)).astype("f4") - 10
    np.savez(tmp_path / "far.npz", vector=far)
    columns = ("--column", "anchor=vector", "--column", "label=label")
    found, _ = judged(ok, vector_run, "--on", tmp_path / "rows.npz", *columns, "--ood", tmp_path / "far.npz")
    assert max(found[name]["raw vectors"] for name in found if "auroc" in name) > 0.99


def test_a_graph_is_judged_by_links_nodes_and_clusters(vector_run, ok, tmp_path):
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 20)
    x = (rng.normal(size=(60, 6)) + 4 * np.eye(6)[labels]).astype("f4")
    edges = np.array([(i, j) for i in range(60) for j in range(i) if labels[i] == labels[j] and rng.random() < 0.2])
    np.savez(tmp_path / "graph.npz", x=x, edges=edges, y=labels)
    found, said = judged(ok, vector_run, "--on", tmp_path / "graph.npz")
    assert found["link_auc"]["raw vectors"] > 0.7
    assert any(name.startswith("node") for name in found)
    assert "a graph of 60 nodes" in said.err


def test_series_and_measurements_are_judged(vector_run, ok, tmp_path):
    rng = np.random.default_rng(0)
    kind = np.arange(40) % 2
    waves = np.sin(np.arange(6) * (1 + kind[:, None])) + 0.1 * rng.normal(size=(40, 6))
    parts = {"train_x": waves[:20, None], "train_y": kind[:20], "test_x": waves[20:, None], "test_y": kind[20:]}
    np.savez(tmp_path / "waves.npz", **parts)
    found, _ = judged(ok, vector_run, "--on", tmp_path / "waves.npz")
    assert found["series_accuracy"]["raw vectors"] == 1.0
    hours = np.arange(900)
    table = pa.table({"date": [str(h) for h in hours], "load": np.sin(hours / 4), "heat": np.cos(hours / 4)})
    pq.write_table(table, tmp_path / "load.parquet")
    found, _ = judged(ok, vector_run, "--on", tmp_path / "load.parquet")
    assert found["forecast_mse/24"]["raw vectors"] < 0.2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--suite", "sounds"), "--suite must be one of images, texts, got 'sounds'"),
        (("--suite", "texts", "--protocol", "ood"), "--suite brings its own data"),
        (("--protocol", "ood"), "go with --on"),
        (("--on", "{rows}", "--protocol", "telepathy"), "no such protocol for these data"),
        (("--on", "{nowhere}"), "no such file or folder"),
    ],
)
def test_what_cannot_be_judged_is_one_clear_error(vector_run, cli, tmp_path, arguments, told):
    places = {"rows": tmp_path / "rows.npz", "nowhere": tmp_path / "nowhere.csv"}
    said = cli("evaluate", vector_run, *(one.format(**places) for one in arguments))
    assert said.code == 2
    assert told in said.err
