import json
import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from counterpoint.base.errors import CheckpointError, StorageError
from counterpoint.base.folders import atomic_folder
from counterpoint.training.checkpoint import (
    Contents,
    list_checkpoints,
    newest_checkpoint,
    prune_checkpoints,
    read_checkpoint,
    set_damaged_aside,
    write_checkpoint,
)
from counterpoint.training.optimiser_state import join_state, split_state
from counterpoint.training.optimisers import LARS, SGD, AdamW
from counterpoint.training.rng import (
    parts_to_state,
    random_state,
    seed_everything,
    set_random_state,
    state_to_parts,
)
from counterpoint.training.state import load_weights, unique_tensors


def contents(step=1, size=4):
    values = {"step": step, "rate": 0.1 + 0.2, "words": ["é", None, True]}
    tensors = {"model": {"w": torch.arange(float(size)), "half": torch.ones(2, dtype=torch.bfloat16)}, "empty": {}}
    return Contents(values=values, tensors=tensors)


def test_round_trip_is_exact(tmp_path):
    before = contents()
    after = read_checkpoint(write_checkpoint(tmp_path, 7, before))
    assert after.values == before.values
    assert after.tensors.keys() == before.tensors.keys()
    for name, tensor in before.tensors["model"].items():
        assert torch.equal(after.tensors["model"][name], tensor)
        assert after.tensors["model"][name].dtype == tensor.dtype


def test_newest_is_the_highest_step_not_the_highest_name(tmp_path):
    for step in (999_999, 1_000_000, 5):
        write_checkpoint(tmp_path, step, contents(step))
    (tmp_path / ".step-2000000.part").mkdir()
    (tmp_path / "step-old").mkdir()
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step-000005", "step-999999", "step-1000000"]
    assert newest_checkpoint(tmp_path)[1].values["step"] == 1_000_000
    prune_checkpoints(tmp_path, 1)
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step-1000000"]


def test_no_checkpoint(tmp_path):
    assert newest_checkpoint(tmp_path / "absent") is None
    assert newest_checkpoint(tmp_path) is None
    assert set_damaged_aside(tmp_path) == []


def flip_a_byte(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-3])


def remove(path):
    path.unlink()


@pytest.mark.parametrize("file", ["model.safetensors", "state.json", "manifest.json"])
@pytest.mark.parametrize("damage", [flip_a_byte, cut, remove])
def test_damage_is_found_and_named(tmp_path, file, damage):
    write_checkpoint(tmp_path, 1, contents(1))
    newest = write_checkpoint(tmp_path, 2, contents(2))
    damage(newest / file)
    if (file, damage) == ("manifest.json", flip_a_byte):
        cut(newest / file)  # its last byte is a line break, which may be any white space
    with pytest.raises(
        CheckpointError, match=rf"step-000002/{file}.*continue from step-000001 instead.*fall_back"
    ) as caught:
        newest_checkpoint(tmp_path)
    assert "\n" not in str(caught.value)
    assert [path.name for path in set_damaged_aside(tmp_path)] == ["damaged-step-000002"]
    folder, found = newest_checkpoint(tmp_path)
    assert (folder.name, found.values["step"]) == ("step-000001", 1)
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step-000001"]
    assert (tmp_path / "damaged-step-000002").is_dir()


def test_when_the_only_checkpoint_is_damaged(tmp_path):
    cut(write_checkpoint(tmp_path, 1, contents()) / "model.safetensors")
    with pytest.raises(CheckpointError, match="no earlier checkpoint"):
        newest_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match=r"no checkpoint in .* is whole"):
        set_damaged_aside(tmp_path)
    assert len(list_checkpoints(tmp_path)) == 1


def test_a_crash_while_writing_leaves_nothing_that_counts(tmp_path):
    write_checkpoint(tmp_path, 1, contents(1))

    def interrupted():
        with atomic_folder(tmp_path / "step-000002") as temporary:
            (temporary / "half").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == ["step-000001"]


def test_rewriting_a_step_replaces_it(tmp_path):
    write_checkpoint(tmp_path, 1, contents(1, size=4))
    write_checkpoint(tmp_path, 1, contents(1, size=9))
    assert len(read_checkpoint(tmp_path / "step-000001").tensors["model"]["w"]) == 9
    assert [path.name for path in tmp_path.iterdir()] == ["step-000001"]


def test_unwritable_place(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match=r"cannot write .*file/checkpoints/step-000001: Not a directory"):
        write_checkpoint(tmp_path / "file" / "checkpoints", 1, contents())


FULL_DISK = """
import resource, sys, signal
from pathlib import Path
import torch
from counterpoint.base.errors import StorageError
from counterpoint.training.checkpoint import Contents, write_checkpoint, newest_checkpoint
root = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
write_checkpoint(root, 1, Contents(values={"step": 1}, tensors={"model": {"w": torch.zeros(10)}}))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for text, tensors in (("x" * 100_000, {}), ("", {"w": torch.zeros(100_000)})):
    try:
        write_checkpoint(root, 2, Contents(values={"step": 2, "text": text}, tensors={"model": tensors}))
        raise AssertionError("written")
    except StorageError as error:
        assert "step-000002" in str(error) and "File too large" in str(error), error
    assert newest_checkpoint(root)[1].values["step"] == 1
    assert [path.name for path in root.iterdir()] == ["step-000001"]
"""


def test_full_disk(tmp_path):
    """A limit on the size of files fails writes part way, as a full disk does: of JSON first, then of tensors."""
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("spec", [AdamW(), SGD(), SGD(momentum=0.0), LARS()])
@pytest.mark.parametrize("steps", [0, 3])
def test_optimiser_state_goes_through_json(spec, steps):
    def advance(net, optimiser, count):
        for _ in range(count):
            for p in net.parameters():
                p.grad = torch.randn_like(p)
            optimiser.step()

    nets = [nn.Linear(3, 2) for _ in range(2)]
    first, second = (spec.build(net) for net in nets)
    advance(nets[0], first, steps)
    tensors, values = split_state(first)
    join_state(second, tensors, json.loads(json.dumps(values)))
    nets[1].load_state_dict(nets[0].state_dict())
    for net, optimiser in zip(nets, (first, second), strict=True):
        torch.manual_seed(0)
        advance(net, optimiser, 2)
    assert torch.equal(nets[0].weight, nets[1].weight)
    assert torch.equal(nets[0].bias, nets[1].bias)


def test_optimiser_of_another_model_is_refused():
    optimiser = AdamW().build(nn.Linear(3, 2))
    tensors, values = split_state(optimiser)
    values["groups"][0]["params"] = [0, 1, 2]
    with pytest.raises(CheckpointError, match="does not fit"):
        join_state(optimiser, tensors, values)


def test_random_state_goes_through_json():
    import random

    import numpy as np

    seed_everything(3)
    random.gauss(0, 1), np.random.standard_normal(), torch.randn(3)
    device = torch.device("cpu")
    tensors, values = state_to_parts(random_state(device))
    values = json.loads(json.dumps(values))

    def draw():
        return random.gauss(0, 1), random.random(), *np.random.standard_normal(3), *torch.randn(20).tolist()

    first = draw()
    set_random_state(parts_to_state(tensors, values), device)
    assert draw() == first


def test_tied_tensors_are_saved_once_and_restored():
    net = nn.ModuleDict({"a": nn.Linear(2, 2)})
    net["b"] = net["a"]
    saved = {name: value.detach().clone() for name, value in unique_tensors(net).items()}
    assert sorted(saved) == ["a.bias", "a.weight"]
    nn.init.zeros_(net["b"].weight)
    load_weights(net, saved)
    assert torch.equal(net["b"].weight, saved["a.weight"])


def test_weights_of_another_model_are_refused():
    with pytest.raises(CheckpointError, match=r"1 tensors are missing \['bias'\]"):
        load_weights(nn.Linear(2, 2), {"weight": torch.zeros(2, 2)})
    with pytest.raises(CheckpointError, match=r"bias is \[2\] there and \[3\] here"):
        load_weights(nn.Linear(2, 3), {"weight": torch.zeros(3, 2), "bias": torch.zeros(2)})


def test_nothing_is_pickled(tmp_path):
    folder = write_checkpoint(tmp_path, 1, contents())
    assert {path.suffix for path in folder.iterdir()} == {".safetensors", ".json"}
    assert os.listdir(tmp_path) == ["step-000001"]
