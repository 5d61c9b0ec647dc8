"""cp.train and cp.load: from files and Python objects to a model, measures, a report, and sentence-transformers."""

import json
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

import counterpoint as cp
from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.data import Supervision, table_from
from counterpoint.encoders import CLS, Attention, HuggingFace, LastToken, Mean, StaticText
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.presets import recipe_for
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource, data_from
from counterpoint.objectives import CLIP, NTXent
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import WordDrop

FEW = {"steps": 3, "batch_size": 8, "cpu": True}
QUESTIONS = ["red dog", "a big cold house", "", "words never seen"]


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory, texts) -> str:
    """A folder with a two-layer BERT of 16 dimensions and its tokenizer, made from a configuration."""
    tokenizers, transformers = pytest.importorskip("tokenizers"), pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("tiny_bert")
    words = sorted({word for text in texts(60) for word in text.split()} | {"query", "passage", ":"})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    tokenizer = tokenizers.BertWordPieceTokenizer({piece: index for index, piece in enumerate(pieces)})
    names = {
        name: f"[{name.split('_')[0].upper()}]"
        for name in ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    }
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer._tokenizer, model_max_length=40, **names)
    torch.manual_seed(7)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = transformers.BertConfig(vocab_size=len(pieces), max_position_embeddings=24, **sizes)
    transformers.BertModel(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def sentence_transformer():
    return pytest.importorskip("sentence_transformers").SentenceTransformer


def same_vectors(run, model, opened) -> None:
    loaded = cp.load(run)
    for mine, theirs, own in (
        (loaded.encode, opened.encode, model.encode),
        (loaded.encode_query, opened.encode_query, model.encode_query),
        (loaded.encode_document, opened.encode_document, model.encode_document),
    ):
        found = mine(QUESTIONS)
        assert np.array_equal(found, own(QUESTIONS))
        np.testing.assert_allclose(theirs(QUESTIONS), found, atol=2e-6)


def paired(encoder) -> Recipe:
    training = TrainSettings(steps=4, batch_size=8, optimiser=AdamW(learning_rate=0.05), cpu=True)
    return Recipe(encoder=encoder, objective=CLIP(), supervision=Supervision.PAIRS, training=training)


def test_a_static_text_run_opens_in_sentence_transformers(columns, tmp_path, sentence_transformer):
    data = columns("text", "pairs", 60)
    model = cp.train(
        data, tmp_path / "run", recipe=paired(StaticText(dim=8, min_frequency=1, token_dropout=0.1)), judge=False
    )
    same_vectors(tmp_path / "run", model, sentence_transformer(str(tmp_path / "run" / "model"), device="cpu"))
    before = RunFolder(tmp_path / "run").initial
    assert not (before / "modules.json").exists()


@pytest.mark.parametrize("pooling", [Mean(), CLS(), LastToken()])
def test_a_transformer_run_opens_in_sentence_transformers(columns, tmp_path, sentence_transformer, tiny_bert, pooling):
    encoder = HuggingFace(
        name_or_path=tiny_bert, pooling=pooling, max_length=12, query_prompt="query : ", document_prompt="passage : "
    )
    model = cp.train(columns("text", "pairs", 40), tmp_path / "run", recipe=paired(encoder), judge=False)
    same_vectors(tmp_path / "run", model, sentence_transformer(str(tmp_path / "run" / "model"), device="cpu"))
    assert not np.allclose(model.encode_query(QUESTIONS), model.encode_document(QUESTIONS), atol=1e-4)


def test_two_text_towers_open_one_by_one(columns, tmp_path, sentence_transformer):
    recipe = replace(paired(StaticText(dim=8, min_frequency=1)), other_encoder=StaticText(dim=8, min_frequency=1))
    model = cp.train(columns("text", "pairs", 60), tmp_path / "run", recipe=recipe, judge=False)
    folder = tmp_path / "run" / "model"
    queries, documents = (sentence_transformer(str(path), device="cpu") for path in (folder, folder / "candidates"))
    np.testing.assert_allclose(queries.encode(QUESTIONS), model.encode_query(QUESTIONS), atol=2e-6)
    np.testing.assert_allclose(documents.encode(QUESTIONS), model.encode_document(QUESTIONS), atol=2e-6)
    assert not np.allclose(model.encode_query(QUESTIONS)[:2], model.encode_document(QUESTIONS)[:2], atol=1e-3)


def test_what_does_not_open_there_is_said_and_still_loads(columns, tmp_path, tiny_bert):
    recipe = paired(HuggingFace(name_or_path=tiny_bert, pooling=Attention()))
    with pytest.warns(UserWarning, match="will not open in sentence-transformers, which has no pooling Attention"):
        model = cp.train(columns("text", "pairs", 40), tmp_path / "run", recipe=recipe, judge=False)
    assert not (tmp_path / "run" / "model" / "modules.json").exists()
    assert np.array_equal(cp.load(tmp_path / "run").encode(QUESTIONS), model.encode(QUESTIONS))


@pytest.fixture(scope="module")
def judged(columns, tmp_path_factory):
    """A run from a file with everything at its default but the number of steps."""
    place = tmp_path_factory.mktemp("judged")
    table = columns("text", "pairs", 60)
    path = place / "pairs.csv"
    rows = zip(table["anchor"], table["positive"], strict=True)
    path.write_text("anchor,positive\n" + "".join(f"{a},{b}\n" for a, b in rows))
    model = cp.train(path, place / "run", test_fraction=0.2, seed=3, **FEW)
    return place / "run", model, path


def test_a_run_leaves_everything_in_its_folder(judged):
    folder = RunFolder(judged[0])
    recipe, source = folder.read()
    assert (source.data, source.test_fraction, source.seed) == (str(judged[2]), 0.2, 3)
    assert (recipe.training.steps, recipe.training.seed, recipe.supervision) == (3, 3, Supervision.PAIRS)
    assert folder.records()[-1]["step"] == 3
    page = folder.report.read_text(encoding="utf-8")
    assert "counterpoint train" in page
    assert "--seed 3" in page
    measures = json.loads(folder.evaluation.read_text())
    assert {row["system"] for one in measures for row in one["rows"]} == {"TF-IDF", "untrained", "trained"}
    for one in measures:
        for row in one["rows"]:
            assert row["low"] <= row["value"] <= row["high"]


def test_a_loaded_model_is_the_model(judged):
    run, model, _ = judged
    again = cp.load(str(run))
    assert np.array_equal(again.encode(QUESTIONS), model.encode(QUESTIONS))
    assert np.array_equal(cp.load(run / "model").encode(QUESTIONS), model.encode(QUESTIONS))
    unscaled = model.encode(QUESTIONS, normalize=False)
    np.testing.assert_allclose(np.linalg.norm(model.encode(QUESTIONS), axis=1)[:2], 1, atol=1e-6)
    assert not np.allclose(np.linalg.norm(unscaled, axis=1)[:2], 1, atol=1e-3)
    assert not np.array_equal(again.encode(QUESTIONS), cp.load(run / "initial").encode(QUESTIONS))
    with pytest.raises(CheckpointError, match="no encoder here"):
        cp.load(run / "tensorboard")


def test_similarity_is_the_cosine(judged):
    _, model, _ = judged
    random = np.random.default_rng(0)
    a, b = random.normal(size=(3, 4)).astype(np.float32), random.normal(size=(5, 4)).astype(np.float32) * 7
    expected = [[np.dot(x, y) / np.linalg.norm(x) / np.linalg.norm(y) for y in b] for x in a]
    np.testing.assert_allclose(model.similarity(a, b), expected, atol=1e-6)
    np.testing.assert_allclose(model.similarity(b, a), np.transpose(expected), atol=1e-6)
    with pytest.raises(InputError):
        model.similarity(a, b[:, :3])


def test_a_run_is_not_written_over(judged, columns):
    with pytest.raises(InputError, match="already holds a run"):
        cp.train(judged[2], judged[0], **FEW)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "rows", "columns", "generator"])
def test_the_same_data_give_the_same_model_whatever_holds_them(columns, tmp_path, write_lines, form):
    table = columns("text", "pairs", 30)
    rows = [{"anchor": a, "positive": b} for a, b in zip(table["anchor"], table["positive"], strict=True)]
    match form:
        case "csv":
            data = tmp_path / "x.csv"
            data.write_text("anchor,positive\n" + "".join(f"{r['anchor']},{r['positive']}\n" for r in rows))
        case "jsonl":
            data = write_lines(rows)
        case "parquet":
            data = tmp_path / "x.parquet"
            pq.write_table(pa.Table.from_pylist(rows), data)
        case "rows":
            data = rows
        case "columns":
            data = table
        case _:
            data = (row for row in rows)
    model = cp.train(data, tmp_path / "run", test_fraction=0, **FEW)
    expected = cp.train(table, tmp_path / "expected", test_fraction=0, **FEW)
    assert np.array_equal(model.encode(QUESTIONS), expected.encode(QUESTIONS))


def test_arrays_are_data(columns, tmp_path):
    table = columns("vector", "labels", 80)
    np.savez(tmp_path / "x.npz", vector=table["vector"], label=np.array(table["label"]))
    from_file = cp.train(tmp_path / "x.npz", tmp_path / "a", **FEW)
    from_dict = cp.train({**table, "vector": torch.from_numpy(table["vector"])}, tmp_path / "b", **FEW)
    vectors = torch.from_numpy(table["vector"][:5])
    assert np.array_equal(from_file.encode(vectors), from_dict.encode(vectors))
    measures = json.loads(RunFolder(tmp_path / "b").evaluation.read_text())
    assert "knn_accuracy" in {one["measure"] for one in measures}
    assert RunFolder(tmp_path / "b").read()[1] is None
    unlabelled = cp.train(table["vector"], tmp_path / "c", judge=False, **FEW)
    assert unlabelled.encode(vectors).shape == (5, 128)


def test_held_out_data_of_ones_own(columns, tmp_path, write_lines):
    table = columns("text", "labels", 30)
    test = [{"text": f"{text} held out", "label": "odd"} for text in table["text"][:9]]
    test.append({"text": "red cat held out", "label": "even"})
    cp.train(table, tmp_path / "run", test=write_lines(test), **FEW)
    page = RunFolder(tmp_path / "run").report.read_text(encoding="utf-8")
    assert "held out" in page
    assert "30 training examples" in page


def test_views_where_there_are_labels(columns, tmp_path):
    cp.train(columns("vector", "labels"), tmp_path / "run", supervision=Supervision.VIEWS, judge=False, **FEW)
    recipe = RunFolder(tmp_path / "run").read()[0]
    assert (recipe.supervision, type(recipe.objective)) == (Supervision.VIEWS, NTXent)
    with pytest.raises(InputError, match="supervision=views goes without recipe, which says views"):
        cp.train(columns("vector", "labels"), tmp_path / "b", recipe=recipe, supervision=Supervision.VIEWS)


def test_what_does_not_fit_leaves_no_folder(columns, tmp_path):
    with pytest.raises(InputError, match="batch larger than the data"):
        cp.train(columns("vector", "views"), tmp_path / "run", batch_size=400, steps=1)
    data = data_from(table_from(columns("text", "views")), None, DataSource(data="python"), {})
    recipe = replace(recipe_for(data), views=(WordDrop(rate=0.1),) * 2)
    with pytest.raises(InputError, match="takes text content, got vector"):
        cp.train(columns("vector", "views"), tmp_path / "run", recipe=recipe, **FEW)
    assert not (tmp_path / "run").exists()


def test_warnings_reach_the_caller(columns, tmp_path):
    data = columns("vector", "labels", 41)
    data["label"][0] = "lonely"
    with pytest.warns(UserWarning, match="only one example.*'lonely'") as caught:
        cp.train(data, tmp_path / "run", test_fraction=0, **FEW)
    assert caught[0].filename == __file__


def test_a_run_that_is_stopped_is_an_interrupt_that_says_how_to_go_on(columns, tmp_path):
    metrics = tmp_path / "run" / "metrics.jsonl"

    def press_when_it_runs() -> None:
        while not (metrics.is_file() and metrics.stat().st_size):
            time.sleep(0.01)
        signal.raise_signal(signal.SIGINT)

    pressing = threading.Thread(target=press_when_it_runs, daemon=True)
    pressing.start()
    with pytest.raises(KeyboardInterrupt, match=r"stopped after step \d+; continue with run_job"):
        cp.train(columns("vector", "views"), tmp_path / "run", steps=1_000_000, batch_size=8, cpu=True)
    pressing.join()
    assert list((tmp_path / "run" / "checkpoints").iterdir())
