"""What holds for every encoder: saving, encoding, modes, copies and errors."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from counterpoint.base.content import Kind, take
from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders import (
    MLP,
    Attention,
    ConvNet,
    EncoderSpec,
    HuggingFace,
    LinearHead,
    Passthrough,
    Projected,
    ResNet18,
    SmallBert,
    SmallDecoder,
    StaticText,
    ViTTiny,
    freeze,
    load_encoder,
    unfreeze,
)

SPECS = {
    "convnet": (ConvNet(width=4), Kind.IMAGE),
    "resnet": (ResNet18(width=8), Kind.IMAGE),
    "vit": (ViTTiny(dim=12, depth=2), Kind.IMAGE),
    "mlp": (MLP(hidden=(6,), dim=4, dropout=0.5), Kind.VECTOR),
    "passthrough": (Passthrough(), Kind.VECTOR),
    "pixels": (Passthrough(), Kind.IMAGE),
    "static": (StaticText(dim=8, min_frequency=1, token_dropout=0.3, dropout=0.3, sif=1e-3), Kind.TEXT),
    "bert": (HuggingFace(name_or_path=""), Kind.TEXT),
    "attention": (HuggingFace(name_or_path="", pooling=Attention()), Kind.TEXT),
    "cut": (HuggingFace(name_or_path="", layers=1), Kind.TEXT),
    "small_bert": (SmallBert(dim=8, layers=1, min_frequency=1), Kind.TEXT),
    "small_decoder": (SmallDecoder(dim=8, layers=1, min_frequency=1, causal=False), Kind.TEXT),
    "projected": (Projected(backbone=MLP(dim=4), head=LinearHead(out_dim=3)), Kind.VECTOR),
}
pytestmark = pytest.mark.parametrize("name", SPECS)


@pytest.fixture
def content(name, texts, images, vectors):
    return {Kind.TEXT: texts, Kind.IMAGE: images, Kind.VECTOR: vectors}[SPECS[name][1]]


@pytest.fixture
def spec(name, tiny_bert) -> EncoderSpec:
    spec = SPECS[name][0]
    return replace(spec, name_or_path=tiny_bert) if isinstance(spec, HuggingFace) else spec


@pytest.fixture
def encoder(spec, content):
    torch.manual_seed(1)
    encoder = spec.build(content)
    with torch.no_grad():
        kept = encoder.state_dict().keys()
        for name, buffer in encoder.named_buffers():  # a trained encoder's statistics are not the initial ones
            if name in kept and buffer.is_floating_point():
                buffer.add_(0.1)
        for parameter in encoder.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return encoder


def test_comes_back_from_its_folder_bit_for_bit(encoder, content, tmp_path):
    encoder.save(tmp_path / "deep" / "model")
    loaded = load_encoder(tmp_path / "deep" / "model")
    assert loaded.spec == encoder.spec
    assert not loaded.training
    assert np.array_equal(loaded.encode(content), encoder.encode(content))
    assert [(n, p.requires_grad) for n, p in loaded.named_parameters()] == [
        (n, p.requires_grad) for n, p in encoder.named_parameters()
    ]


def test_saving_again_replaces_the_first(encoder, content, tmp_path):
    encoder.save(tmp_path)
    files = sorted(path.name for path in tmp_path.iterdir())
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.mul_(0.5)
    encoder.save(tmp_path)
    assert np.array_equal(load_encoder(tmp_path).encode(content), encoder.encode(content))
    assert sorted(path.name for path in tmp_path.iterdir()) == files


def test_spec_round_trips(spec):
    assert from_json(to_json(spec)) == spec


def test_the_seed_decides_the_weights(spec, content):
    states = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        states.append(spec.build(content).state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    learnt = {name for name, _ in spec.build(content).named_parameters()}
    pretrained = isinstance(spec, HuggingFace)
    if learnt and not pretrained:
        assert any(not torch.equal(states[0][key], states[2][key]) for key in learnt)


def test_encode_is_a_normalised_float32_matrix_in_order(encoder, content, name):
    plain = encoder.encode(content, normalize=False)
    assert plain.dtype == np.float32
    assert plain.shape == (6, encoder.embedding_dim)
    assert encoder.kind == SPECS[name][1]
    normal = encoder.encode(content, batch_size=2)
    length = np.linalg.norm(plain, axis=1, keepdims=True)
    np.testing.assert_allclose(normal, plain / np.maximum(length, 1e-12), atol=2e-6)
    one_by_one = np.concatenate([encoder.encode(take(content, [row])) for row in range(6)])
    np.testing.assert_allclose(normal, one_by_one, atol=2e-6)


def test_encode_leaves_the_modes_as_they_were(encoder, content):
    encoder.train()
    parts = list(encoder.modules())
    parts[-1].training = False
    before = [part.training for part in parts]
    state = {key: value.clone() for key, value in encoder.state_dict().items()}
    encoder.encode(content)
    assert [part.training for part in parts] == before
    assert all(torch.equal(state[key], value) for key, value in encoder.state_dict().items())


def test_encode_of_nothing_is_an_empty_matrix(encoder, content):
    assert encoder.encode(take(content, [])).shape == (0, encoder.embedding_dim)


def test_collated_tensors_have_a_row_for_each_example_and_no_graph(encoder, content):
    inputs = encoder.collate(content)
    assert all(len(tensor) == 6 and not tensor.requires_grad for tensor in inputs.values())
    encoder.eval()
    part = encoder({key: tensor[2:5] for key, tensor in inputs.items()})
    torch.testing.assert_close(part, encoder(inputs)[2:5], atol=1e-5, rtol=1e-5)


def test_every_parameter_that_learns_gets_a_gradient(encoder, content):
    encoder.train()
    out = encoder(encoder.collate(content))
    if list(encoder.parameters()):
        out.square().sum().backward()
    missing = [n for n, p in encoder.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
    # softmax does not see a constant, and an unused position or token has no gradient to get
    assert [name for name in missing if not name.endswith(("key.bias", "k_proj.bias"))] == []


def test_copies_and_pickles_encode_the_same(encoder, content):
    expected = encoder.encode(content)
    assert np.array_equal(copy.deepcopy(encoder).encode(content), expected)
    assert np.array_equal(pickle.loads(pickle.dumps(encoder)).encode(content), expected)


def test_frozen_stays_in_evaluation_mode_until_unfrozen(encoder):
    freeze(encoder)
    torch.nn.Sequential(encoder).train()
    assert not any(part.training for part in encoder.modules())
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    unfreeze(encoder)
    assert all(part.training for part in encoder.modules())
    assert all(parameter.requires_grad for parameter in encoder.parameters())


def test_other_content_is_refused(encoder, name, texts, images, vectors):
    for kind, content in ((Kind.TEXT, texts), (Kind.IMAGE, images), (Kind.VECTOR, vectors)):
        if kind != encoder.kind:
            with pytest.raises(InputError, match=f"takes {encoder.kind} content, got {kind}"):
                encoder.encode(content)
            with pytest.raises(InputError, match=f"takes {encoder.kind} content, got {kind}"):
                encoder.collate(content)


def test_batch_size_must_be_positive(encoder, content):
    with pytest.raises(InputError, match="batch_size must be at least 1, got 0"):
        encoder.encode(content, batch_size=0)
