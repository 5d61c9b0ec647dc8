"""Two processes with gloo against one."""

import json
import socket

import pytest
import torch
from torch import nn

from counterpoint.training import list_checkpoints, ranks, read_records


def two_ranks():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    return [{**common, "RANK": rank, "LOCAL_RANK": rank} for rank in ("0", "1")]


def final(folder, rank=0):
    return json.loads((folder / f"final-{rank}.json").read_text())


def learned(result):
    """Weights without the buffer that each rank fills with its own random numbers."""
    return {name: values for name, values in result["weights"].items() if name != "drawn"}


def run(server, folder, *, world=2, kind="ranks", **arguments):
    folder.mkdir(exist_ok=True)
    environments = two_ranks() if world == 2 else [{}]
    server.start(environments=environments, folder=str(folder), kind=kind, delay=0.0, **arguments)
    assert server.wait() == [0] * world


@pytest.mark.parametrize("kind", ["ranks", "balanced"])
def test_two_ranks_equal_one(server, tmp_path, kind):
    """Same global batches, no dropout: the averaged gradient is that of one process, whatever the initial weights."""
    run(server, tmp_path / "one", world=1, dropout=0.0, kind=kind)
    run(server, tmp_path / "two", dropout=0.0, kind=kind)
    one, first, second = final(tmp_path / "one"), final(tmp_path / "two"), final(tmp_path / "two", 1)
    assert learned(first) == learned(second)
    assert first["weights"]["drawn"] != second["weights"]["drawn"]
    for name, values in learned(one).items():
        if name == "sometimes":
            continue
        assert first["weights"][name] == pytest.approx(values, rel=1e-4, abs=1e-5), name


def test_parameters_that_not_every_rank_uses(server, tmp_path):
    run(server, tmp_path / "two", dropout=0.0)
    values = final(tmp_path / "two")["weights"]
    assert values["unused"] == [1.0] * 4, "no gradient on any rank: not even decayed"
    velocity = position = 0.0
    for _ in range(8):
        velocity = 0.5 * velocity + 0.5  # the mean of 0 (rank 0) and 1 (rank 1)
        position -= 0.1 * velocity
    assert values["sometimes"] == pytest.approx([position], rel=1e-5)


@pytest.mark.parametrize("kind", ["ranks", "balanced"])
def test_resuming_two_ranks_is_exact(server, tmp_path, kind):
    """Each rank has its own dropout, so its own random state; rank 0 alone asks to stop, and both do."""
    run(server, tmp_path / "whole", kind=kind)
    run(server, tmp_path / "parts", stop_after=4, kind=kind)
    assert [final(tmp_path / "parts", rank)["steps"] for rank in (0, 1)] == [4, 4]
    assert list_checkpoints(tmp_path / "parts" / "checkpoints")[-1].name == "step-000004"
    run(server, tmp_path / "parts", kind=kind)
    for rank in (0, 1):
        assert final(tmp_path / "parts", rank) == final(tmp_path / "whole", rank)
    assert learned(final(tmp_path / "parts")) == learned(final(tmp_path / "parts", 1))
    losses = [[r["loss"] for r in read_records(tmp_path / name / "metrics.jsonl")] for name in ("whole", "parts")]
    assert losses[0] == losses[1]
    assert len(losses[0]) == 4


def test_one_process_needs_no_group():
    net = nn.Linear(2, 2)
    net.weight.grad = torch.ones(2, 2)
    ranks.average_gradients(net)
    ranks.broadcast_module(net)
    ranks.barrier()
    assert (net.weight.grad == 1).all()
    assert net.bias.grad is None
    assert ranks.is_main()
    assert ranks.agree(True, torch.device("cpu"))
    assert ranks.gather_objects(3) == [3]


def test_buckets_are_bounded_and_of_one_type():
    tensors = [torch.zeros(n) for n in (3, 3, 9, 1, 1)] + [torch.zeros(1, dtype=torch.float64)]
    found = [[(one.dtype, len(one)) for one in bucket] for bucket in ranks.buckets(tensors, 24)]
    single, double = torch.float32, torch.float64
    assert found == [[(single, 3), (single, 3)], [(single, 9)], [(single, 1), (single, 1)], [(double, 1)]]
    assert list(ranks.buckets([], 10)) == []
