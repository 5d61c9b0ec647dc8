import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import MLP, StaticText
from counterpoint.experiments.model import Model
from counterpoint.experiments.mteb_model import MtebModel

TEXTS = ["a red cat", "a blue dog", "one red cat", "two dogs", "a tree"] * 3


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    encoder = StaticText(dim=8, min_frequency=1).build(TEXTS)
    return MtebModel(Model(encoder, encoder))


def test_batches_become_unit_rows_in_order(model):
    found = model.encode([{"text": TEXTS[:2]}, {"text": TEXTS[2:5]}], prompt_type="query", batch_size=2)
    assert found.shape == (5, 8)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(found, model.model.encoder.encode(TEXTS[:5]), atol=1e-6)


def test_similarities_are_cosines(model):
    rows = model.encode([{"text": TEXTS[:3]}])
    expected = rows @ rows.T
    np.testing.assert_allclose(model.similarity(rows, rows).numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(model.similarity(rows[0], torch.from_numpy(rows)).numpy(), expected[:1], atol=1e-5)
    np.testing.assert_allclose(model.similarity_pairwise(rows, rows).numpy(), np.ones(3), atol=1e-5)


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda m: m.encode([{"image": []}]), "holds no texts"),
        (lambda m: m.encode([{"text": ["a"]}], prompt_type="title"), "prompt_type must be query or document"),
        (lambda m: m.similarity_pairwise(np.ones((2, 3)), np.ones((3, 3))), "two matrices of one shape"),
        (lambda m: MtebModel(m.model, name="plain"), "owner/name"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(model, act, told):
    with pytest.raises(InputError, match=told):
        act(model)


def test_a_model_of_vectors_is_refused():
    encoder = MLP().build(torch.randn(10, 4))
    with pytest.raises(InputError, match="asks for embeddings of texts, and the model embeds vectors"):
        MtebModel(Model(encoder, encoder))


def test_the_package_itself_takes_it_for_an_encoder(model):
    protocols = pytest.importorskip("mteb.models.models_protocols")
    assert isinstance(model, protocols.EncoderProtocol)
    assert model.mteb_model_meta.name == "counterpoint/run"
