import numpy as np
import pytest
import torch
from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.encoders import MLP, Passthrough


def test_mlp_is_its_formula(vectors):
    encoder = MLP(hidden=(7,), dim=3, batch_norm=False).build(vectors).eval()
    first, last = (layer for layer in encoder.layers if isinstance(layer, nn.Linear))
    z = (vectors.double() - vectors.double().mean(0)) / vectors.double().std(0, correction=0)
    hidden = (z @ first.weight.double().T + first.bias.double()).relu()
    expected = hidden @ last.weight.double().T + last.bias.double()
    torch.testing.assert_close(encoder(encoder.collate(vectors)).double(), expected, atol=1e-5, rtol=1e-5)


def test_mlp_layers_are_as_asked(vectors):
    encoder = MLP(hidden=(7, 6), dim=3, dropout=0.25).build(vectors)
    kinds = [type(layer).__name__ for layer in encoder.layers]
    block = ["Linear", "BatchNorm1d", "ReLU", "Dropout"]
    assert kinds == [*block, *block, "Linear"]
    assert encoder.layers[3].p == 0.25
    assert [layer.bias is None for layer in encoder.layers if isinstance(layer, nn.Linear)] == [True, True, False]
    assert [type(layer).__name__ for layer in MLP(hidden=(), dim=3).build(vectors).layers] == ["Linear"]


def test_mlp_without_a_sample_takes_vectors_as_they_are(vectors):
    encoder = MLP(hidden=(), dim=3, in_dim=5).build().eval()
    torch.testing.assert_close(encoder(encoder.collate(vectors)), encoder.layers(vectors))


def test_mlp_with_a_constant_feature_stays_finite(vectors):
    vectors[:, 0] = 7.0
    assert np.isfinite(MLP().build(vectors).encode(vectors)).all()


def test_passthrough_is_the_input(vectors, images):
    assert np.array_equal(Passthrough().build(vectors).encode(vectors, normalize=False), vectors.numpy())
    pixels = Passthrough().build(images[:1]).encode(images, normalize=False)
    np.testing.assert_allclose(pixels, images.flatten(1).numpy() / 255, atol=1e-7)


def test_a_zero_vector_stays_zero():
    assert not Passthrough().build(torch.zeros(2, 3)).encode(torch.zeros(2, 3)).any()


@pytest.mark.parametrize(
    ("spec", "sample", "message"),
    [
        (MLP(), None, "needs a sample of vectors to count dimensions"),
        (MLP(in_dim=4), torch.zeros(2, 5), r"vectors of shape \[N, 4\], got \[2, 5\]"),
        (MLP(), torch.zeros(0, 5), "holds no vector"),
        (MLP(), torch.zeros(2, 5, 2), r"vectors of shape \[N, D\], got \[2, 5, 2\]"),
        (MLP(), torch.tensor([[0.0], [float("inf")]]), "row 1 of the vectors"),
        (Passthrough(), None, "needs a sample"),
        (Passthrough(), ["text"], "needs a sample"),
    ],
)
def test_a_sample_that_does_not_fit_is_refused(spec, sample, message):
    with pytest.raises(InputError, match=message):
        spec.build(sample)


def test_content_that_does_not_fit_is_refused(vectors, images):
    encoder = MLP().build(vectors)
    vectors[4, 2] = float("nan")
    with pytest.raises(InputError, match="row 4 of the vectors"):
        encoder.collate(vectors)
    with pytest.raises(InputError, match=r"\[N, 5\], got \[6, 3\]"):
        encoder.encode(vectors[:, :3])
    with pytest.raises(InputError, match=r"shape \(3, 16, 16\), got \[6, 3, 8, 16\]"):
        Passthrough().build(images).encode(images[:, :, :8])


@pytest.mark.parametrize("arguments", [{"dim": 0}, {"hidden": (4, 0)}])
def test_widths_must_be_positive(arguments):
    with pytest.raises(InputError, match="MLP needs positive widths"):
        MLP(**arguments)
