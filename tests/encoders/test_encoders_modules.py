import subprocess
import sys

import pytest
import torch
from torch import nn

from counterpoint.encoders import (
    MLP,
    ConvNet,
    HuggingFace,
    ProjectionHead,
    ViTTiny,
    freeze,
    has_batch_statistics,
    without_dropout,
)
from counterpoint.encoders.encoding import evaluating


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (nn.BatchNorm1d(2), True),
        (nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.BatchNorm2d(2))), True),
        (nn.SyncBatchNorm(2), True),
        (nn.BatchNorm1d(2).eval(), False),
        (nn.BatchNorm1d(2, track_running_stats=False).eval(), True),
        (nn.LayerNorm(2), False),
        (nn.InstanceNorm1d(2, track_running_stats=True), False),
        (nn.GroupNorm(1, 2), False),
        (nn.Linear(2, 2), False),
    ],
)
def test_batch_statistics_of_layers(module, expected):
    assert has_batch_statistics(module) is expected


def test_a_copy_without_dropout_gives_the_same_twice_and_leaves_the_encoder_as_it_was(tiny_bert, texts):
    encoder = HuggingFace(name_or_path=tiny_bert).build().train()
    still, inputs = without_dropout(encoder), encoder.collate(texts)
    assert still.training
    assert torch.equal(still(inputs), still(inputs))
    assert torch.equal(still(inputs), encoder.eval()(inputs))
    assert not torch.equal(encoder.train()(inputs), encoder(inputs))


def test_batch_statistics_of_encoders():
    encoder = ConvNet(channels=3, width=4).build()
    assert has_batch_statistics(encoder)
    freeze(encoder).train()
    assert not has_batch_statistics(encoder)
    assert has_batch_statistics(ProjectionHead().build(4))
    assert not has_batch_statistics(ProjectionHead(batch_norm=False).build(4))
    assert not has_batch_statistics(MLP(in_dim=2, batch_norm=False).build())
    assert not has_batch_statistics(ViTTiny(image_size=8, channels=1, dim=6, depth=1).build())


def test_where_there_are_none_chunks_do_not_matter(vectors):
    """What the helper promises, on a module it clears and one it does not."""
    for batch_norm in (True, False):
        encoder = MLP(batch_norm=batch_norm).build(vectors)
        inputs = encoder.collate(vectors)["vector"]
        parts = torch.cat([encoder({"vector": part}) for part in inputs.split(3)])
        same = torch.allclose(parts, encoder({"vector": inputs}), atol=1e-5)
        assert same is not has_batch_statistics(encoder)


def test_modes_are_restored_after_an_error():
    module = nn.Sequential(nn.Dropout(), nn.Dropout())
    module[1].eval()
    seen = []

    def fail():
        with evaluating(module):
            seen.extend(part.training for part in module.modules())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert seen == [False, False, False]
    assert [part.training for part in module.modules()] == [True, True, False]


def test_importing_the_room_imports_no_extra():
    code = (
        "import sys, counterpoint.encoders;"
        "print([name for name in ('transformers', 'tokenizers', 'sentence_transformers', 'huggingface_hub')"
        " if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
