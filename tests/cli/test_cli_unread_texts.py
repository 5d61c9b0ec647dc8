"""Texts and models that do not fit each other are spoken of, not judged in silence or stumbled over."""

import json

import pytest


def test_texts_without_a_known_token_are_counted_before_the_table(ok, runs, tmp_path):
    path = tmp_path / "greek.csv"
    path.write_text("anchor,positive\n\u03c8\u03c8,\u03be\u03be\ncat dog one,cat dog two\n", encoding="utf-8")
    said = ok("evaluate", runs("pairs.csv"), "--on", path)
    for side in ("anchors", "positives"):
        assert f"warning: {side}: 1 of 2 texts looked at hold no token that the encoder knows" in said.err
    assert "hold no token" not in ok("evaluate", runs("pairs.csv")).err


def test_queries_and_documents_of_a_corpus_without_a_known_token_are_counted_apart(ok, runs, tmp_path):
    (tmp_path / "qrels").mkdir()
    documents = [{"_id": "d0", "title": "", "text": "cat dog"}, {"_id": "d1", "title": "", "text": "\u03be\u03be"}]
    queries = [{"_id": f"q{n}", "text": text} for n, text in enumerate(("cat", "\u03c8", "\u03c8\u03c8"))]
    for name, rows in (("corpus", documents), ("queries", queries)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    judged = "".join(f"q{n}\td{n % 2}\t1\n" for n in range(3))
    (tmp_path / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}")
    said = ok("evaluate", runs("pairs.csv"), "--on", tmp_path)
    assert "warning: queries: 2 of 3 texts looked at hold no token that the encoder knows" in said.err
    assert "warning: documents: 1 of 2 texts looked at hold no token that the encoder knows" in said.err


@pytest.mark.parametrize("query", ["\u03c8\u03c8\u03c8", ""])
def test_a_query_without_a_known_token_finds_nothing_in_one_error(ok, cli, runs, data, tmp_path, query):
    run = runs("pairs.csv")
    ok("embed", run, data / "pairs.csv", "--column", "anchor", "--out", tmp_path / "vectors")
    said = cli("search", run, tmp_path / "vectors", query)
    assert said.code != 0
    assert len(said.errors) == 1
    assert f"the vector of query {query!r} is zero" in " ".join(said.err.split())


def test_a_small_decoder_learns_from_pairs(ok, data, tmp_path):
    ok("train", data / "pairs.csv", "--encoder", "small-decoder", "--out", tmp_path / "run", "--steps", 2, "--no-judge")
    assert (tmp_path / "run" / "model").is_dir()


def test_a_tokenizer_of_another_model_is_one_error_before_the_first_step(cli, data, tmp_path):
    transformers = pytest.importorskip("transformers")
    from counterpoint.encoders import SmallBert

    encoder = SmallBert(dim=8, layers=1, vocabulary_size=300).build(["cat dog"])
    encoder.tokenizer.save_pretrained(tmp_path)
    encoder.model.config.vocab_size = 8
    transformers.BertModel(encoder.model.config, add_pooling_layer=False).save_pretrained(tmp_path)
    said = cli("train", data / "pairs.csv", "--encoder", tmp_path, "--out", tmp_path / "run", "--steps", 2)
    tokens = len(encoder.tokenizer)
    assert said.code != 0
    assert len(said.errors) == 1
    assert f"the tokenizer has {tokens} tokens, and the model's table has 8 rows" in " ".join(said.err.split())
    assert not (tmp_path / "run").exists()
