import torch

from counterpoint.methods.base import Prepared
from counterpoint.training.packing import ALIGNMENT, pack, unpack


def example():
    shared = torch.arange(5)
    calls = [
        [
            {"ids": torch.randint(9, (3, 4)), "mask": torch.ones(3, 4, dtype=torch.bool)},
            {"ids": torch.zeros(2, 7).long()},
        ],
        [{"x": torch.randn(5, 3)[:, ::2], "w": torch.tensor(2.0, dtype=torch.float64)}],
    ]
    return Prepared(calls=calls, targets={"label": shared, "same": shared, "none": torch.zeros(0, 3)}, size=5)


def test_round_trip():
    before = example()
    after = unpack(pack(before))
    assert after.size == 5
    assert [[sorted(chunk) for chunk in call] for call in after.calls] == [[["ids", "mask"], ["ids"]], [["w", "x"]]]
    for one, other in zip(before.calls, after.calls, strict=True):
        for chunk, again in zip(one, other, strict=True):
            for name, tensor in chunk.items():
                assert again[name].dtype == tensor.dtype
                assert torch.equal(again[name], tensor)
    for name, tensor in before.targets.items():
        assert torch.equal(after.targets[name], tensor)


def test_few_and_aligned():
    packed = pack(example())
    assert len(packed.flat) == 4
    assert len(packed.flat[torch.int64]) == 16 + 16 + 8  # ids, ids, and label once, each rounded up to 64 bytes
    again = unpack(packed)
    for tensor in (again.calls[0][0]["ids"], again.calls[0][1]["ids"], again.targets["label"]):
        assert (tensor.data_ptr() - packed.flat[torch.int64].data_ptr()) % ALIGNMENT == 0
    assert again.targets["label"].data_ptr() == again.targets["same"].data_ptr()
