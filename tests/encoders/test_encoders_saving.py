import json
import os
import pickle
import shutil

import numpy as np
import pytest

from counterpoint.base.errors import CheckpointError, StorageError
from counterpoint.encoders import MLP, HuggingFace, LinearHead, Projected, Saved, StaticText, load_encoder, saving


@pytest.fixture
def folder(tmp_path, texts):
    StaticText(dim=4, min_frequency=1).build(texts).save(tmp_path / "model")
    return tmp_path / "model"


def test_a_folder_without_an_encoder(tmp_path):
    with pytest.raises(CheckpointError, match=r"nowhere/encoder\.json is missing"):
        load_encoder(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["encoder.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=f"model/{name} is missing"):
        load_encoder(folder)


@pytest.mark.parametrize("name", ["encoder.json", "model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_file_is_named(folder, name, damage):
    data = bytearray((folder / name).read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 0xFF
    (folder / name).write_bytes({"cut": data[: len(data) // 2], "flip": data, "empty": b""}[damage])
    with pytest.raises(CheckpointError, match=f"model/{name}"):
        load_encoder(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "has format 99; this version reads format 1"),
        ({"spec": None}, "describes a NoneType, not an encoder"),
        ({"spec": {"type": "os:system"}}, "outside the trusted packages"),
        ({"spec": {"type": "counterpoint.encoders.pooling:Mean"}}, "describes a Mean, not an encoder"),
        ({"spec": {"type": "counterpoint.encoders.static_text:StaticText", "dims": 4}}, "do not fit this version"),
        ({"spec": {"type": "counterpoint.encoders.vectors:MLP"}}, "cannot rebuild the encoder"),
        ({"spec": {"type": "counterpoint.encoders.static_text:StaticText", "dim": 5}}, "does not hold the weights"),
        ({"files": {}}, "is corrupt"),
        ({"files": []}, "files and fitted must be JSON objects"),
        ({"files": {"model.safetensors": 1, "../../x": 1}}, "is missing|is corrupt"),
    ],
)
def test_a_wrong_description_is_refused(folder, change, message):
    description = json.loads((folder / "encoder.json").read_text())
    (folder / "encoder.json").write_text(json.dumps({**description, **change}))
    with pytest.raises(CheckpointError, match=message):
        load_encoder(folder)


def test_weights_of_another_save_are_refused(folder, tmp_path, texts):
    """What a crash between two files would leave."""
    StaticText(dim=4, min_frequency=1).build(texts).save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "model.safetensors", folder)
    with pytest.raises(CheckpointError, match=r"model\.safetensors is corrupt"):
        load_encoder(folder)


def test_a_failed_save_leaves_the_old_encoder(folder, texts, monkeypatch):
    before = load_encoder(folder).encode(texts)
    replace = os.replace

    def full_disk(source, target):
        if str(target).endswith("model.safetensors"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(StorageError, match=r"model\.safetensors: No space left"):
        StaticText(dim=4, min_frequency=1).build(texts).save(folder)
    monkeypatch.undo()
    assert np.array_equal(load_encoder(folder).encode(texts), before)
    assert sorted(path.name for path in folder.iterdir()) == ["encoder.json", "model.safetensors", "tokenizer.json"]


def test_a_pickle_in_the_place_of_weights_is_not_run(folder, tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    (folder / "model.safetensors").write_bytes(pickle.dumps(Bomb()))
    description = json.loads((folder / "encoder.json").read_text())
    description["files"]["model.safetensors"] = saving.digest(folder / "model.safetensors")
    (folder / "encoder.json").write_text(json.dumps(description))
    with pytest.raises(CheckpointError, match="does not hold the weights"):
        load_encoder(folder)
    assert not (tmp_path / "exploded").exists()


def test_nothing_but_the_folder_is_needed(tiny_bert, texts, tmp_path):
    """Neither the folder a model came from, nor the one a saved encoder was taken from."""
    copy = shutil.copytree(tiny_bert, tmp_path / "bert")
    encoder = HuggingFace(name_or_path=str(copy)).build()
    encoder.save(tmp_path / "first")
    projected = Projected(backbone=Saved(folder=str(tmp_path / "first")), head=LinearHead(out_dim=3)).build()
    projected.save(tmp_path / "second")
    shutil.rmtree(copy)
    assert np.array_equal(load_encoder(tmp_path / "first").encode(texts), encoder.encode(texts))
    shutil.rmtree(tmp_path / "first")
    assert np.array_equal(load_encoder(tmp_path / "second").encode(texts), projected.encode(texts))


def test_an_encoder_goes_on_from_where_it_was_saved(tmp_path, vectors):
    first = MLP(dim=3).build(vectors)
    first.save(tmp_path)
    again = Saved(folder=str(tmp_path)).build()
    assert again.training
    assert again.spec == MLP(dim=3)
    assert np.array_equal(again.encode(vectors), first.encode(vectors))


def test_own_encoders_load_when_their_package_is_trusted(folder):
    with pytest.raises(CheckpointError, match="outside the trusted packages"):
        load_encoder(folder, trusted=("my_package",))
    assert load_encoder(folder, trusted=("my_package", "counterpoint")).embedding_dim == 4


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path, vectors):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        MLP().build(vectors).save(tmp_path / "file")
