"""A file as a corpus, a run folder as its encoder, and what tells one from another."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from counterpoint.base.content import Kind
from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.encoders import MLP, Encoder, Role, StaticText
from counterpoint.experiments.corpus import CorpusSource, TableCorpus, corpus_source, encode_with, model_fingerprint
from counterpoint.experiments.model import Model, load
from counterpoint.retrieval import embed, search

TEXTS = ["a red bird", "a blue boat", "the old tree", "two wet dogs", "one hot car"]


def saved(run: Path, *, seed: int = 0, where: str = "model") -> Encoder:
    torch.manual_seed(seed)
    encoder = MLP(hidden=(6,), dim=4).build(torch.arange(60.0).reshape(20, 3) % 7)
    encoder.save(run / where)
    return encoder.eval()


def written(path: Path, texts: list[str] = TEXTS, **columns: list) -> Path:
    names = ["text", *columns]
    rows = zip(texts, *columns.values(), strict=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows), encoding="utf-8")
    return path


def corpus(path: Path, **given) -> TableCorpus:
    return TableCorpus(CorpusSource(data=str(path), **given))


def test_rows_names_and_content(tmp_path) -> None:
    found = corpus(written(tmp_path / "c.jsonl", key=list("abcde")), id_column="key")
    assert len(found) == 5
    assert found.content(np.array([3, 0])) == [TEXTS[3], TEXTS[0]]
    assert found.ids(np.array([3, 0])) == ["d", "a"]
    assert found.roles.kind is Kind.TEXT
    assert corpus(tmp_path / "c.jsonl").ids(np.arange(2)) is None
    assert found.like(["something else"]) == ["something else"]


def test_a_column_may_be_chosen(tmp_path) -> None:
    path = written(tmp_path / "c.jsonl", title=[text.upper() for text in TEXTS])
    assert corpus(path, column="title").content(np.array([1])) == ["A BLUE BOAT"]
    with pytest.raises(InputError, match="'body'"):
        corpus(path, column="body")
    with pytest.raises(InputError, match=r"there is no column 'body'; the columns are \['text', 'title'\]"):
        corpus(path, id_column="body")


def test_a_row_without_a_name_is_refused(tmp_path) -> None:
    found = corpus(written(tmp_path / "c.jsonl", key=["a", "b", None, "d", "e"]), id_column="key")
    with pytest.raises(InputError, match="row 2 has no value in the id column 'key'"):
        found.ids(np.arange(5))


def test_the_fingerprint_follows_the_bytes_not_the_place(tmp_path, monkeypatch) -> None:
    here = written(tmp_path / "c.jsonl", key=list("abcde"))
    there = written(tmp_path / "copy" / "c.jsonl", key=list("abcde"))
    edited = written(tmp_path / "e" / "c.jsonl", [*TEXTS[:3], "two dry dogs", TEXTS[4]], key=list("abcde"))
    assert corpus(here).fingerprint == corpus(there).fingerprint
    monkeypatch.chdir(tmp_path)
    assert corpus(Path("c.jsonl")).fingerprint == corpus(here).fingerprint
    prints = [
        corpus(here).fingerprint,
        corpus(edited).fingerprint,
        corpus(here, id_column="key").fingerprint,
        corpus(here, column="key").fingerprint,
        corpus(here, image_size=(8, 8)).fingerprint,
        corpus(here, channels=1).fingerprint,
    ]
    assert len(set(prints)) == len(prints)
    here.touch()
    assert corpus(here).fingerprint == prints[0]


def test_a_named_set_has_a_fingerprint_too() -> None:
    found = TableCorpus(CorpusSource(data="set:digits", image_size=(8, 8)))
    assert len(found) == 1258
    assert found.content(np.arange(2)).shape == (2, 1, 8, 8)
    again = TableCorpus(CorpusSource(data="set:digits", image_size=(8, 8)))
    larger = TableCorpus(CorpusSource(data="set:digits", image_size=(12, 12)))
    assert found.fingerprint == again.fingerprint != larger.fingerprint


def test_the_model_fingerprint_changes_with_the_weights(tmp_path) -> None:
    encoder = saved(tmp_path / "run")
    first = model_fingerprint(tmp_path / "run")
    encoder.save(tmp_path / "again" / "model")
    assert model_fingerprint(tmp_path / "again") == first
    with torch.no_grad():
        last = list(encoder.parameters())[-1]
        last[0] = torch.nextafter(last[0], torch.tensor(torch.inf))  # the smallest change there is
    encoder.save(tmp_path / "nudged" / "model")
    assert model_fingerprint(tmp_path / "nudged") != first
    saved(tmp_path / "run", seed=1)
    assert model_fingerprint(tmp_path / "run") != first


def test_the_model_fingerprint_is_that_of_the_documents_tower(tmp_path) -> None:
    saved(tmp_path / "run")
    alone = model_fingerprint(tmp_path / "run")
    saved(tmp_path / "run", seed=1, where="model/candidates")
    two = model_fingerprint(tmp_path / "run")
    assert two != alone
    saved(tmp_path / "run", seed=2)  # another tower for queries: the documents keep their vectors
    assert model_fingerprint(tmp_path / "run") == two
    saved(tmp_path / "run", seed=3, where="model/candidates")
    assert model_fingerprint(tmp_path / "run") != two


def test_weights_that_were_swapped_behind_its_back_are_refused(tmp_path) -> None:
    saved(tmp_path / "run")
    saved(tmp_path / "other", seed=1)
    (tmp_path / "other" / "model" / "model.safetensors").replace(tmp_path / "run" / "model" / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"model\.safetensors is corrupt"):
        encode_with(tmp_path / "run")


def test_a_run_without_a_model_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match=r"no such file or folder: .*encoder\.json"):
        model_fingerprint(tmp_path)
    with pytest.raises(CheckpointError, match=r"no encoder here: .*encoder\.json is missing"):
        encode_with(tmp_path)


def test_documents_and_queries_have_their_towers_and_prompts(tmp_path) -> None:
    query, document = saved(tmp_path / "run"), saved(tmp_path / "run", seed=1, where="model/candidates")
    vectors = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(encode_with(tmp_path / "run")(vectors), document.encode(vectors))
    np.testing.assert_array_equal(encode_with(tmp_path / "run", role=Role.QUERY)(vectors), query.encode(vectors))


def test_embed_and_search_a_file(tmp_path) -> None:
    torch.manual_seed(0)
    encoder = StaticText(dim=16).build(TEXTS)
    encoder.save(tmp_path / "run" / "model")
    found = corpus(written(tmp_path / "c.jsonl"))
    store = embed(found, encode_with(tmp_path / "run"), tmp_path / "v", model=model_fingerprint(tmp_path / "run"))
    assert store.normalised
    np.testing.assert_allclose(store.vectors, encoder.encode(TEXTS), atol=1e-6)
    hits = search(encode_with(tmp_path / "run", role=Role.QUERY)([TEXTS[3]]), store, 2)
    assert hits.rows[0, 0] == 3
    np.testing.assert_allclose(hits.scores[0, 0], 1, atol=1e-6)
    saved(tmp_path / "other")
    with pytest.raises(InputError, match="another model"):
        embed(found, encode_with(tmp_path / "run"), tmp_path / "v", model=model_fingerprint(tmp_path / "other"))


def test_the_source_is_found_again_from_any_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("counterpoint.experiments.corpus.RunFolder.plan", lambda folder: (None, None))
    monkeypatch.chdir(tmp_path)
    assert corpus_source(tmp_path, "c.jsonl", id_column="key") == CorpusSource(
        data=str(tmp_path / "c.jsonl"), id_column="key"
    )
    assert corpus_source(tmp_path, "set:digits").data == "set:digits"


def test_similarity_in_python_is_checked(tmp_path) -> None:
    saved(tmp_path / "run")
    model: Model = load(tmp_path / "run" / "model")
    a = model.encode(torch.randn(3, 3, generator=torch.Generator().manual_seed(1)), normalize=False)
    expected = a @ a.T / np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(a, axis=1))
    np.testing.assert_allclose(model.similarity(a, a * 5), expected, atol=1e-6)
    with pytest.raises(InputError, match="have D = 4 and the second array has D = 3"):
        model.similarity(a, a[:, :3])
