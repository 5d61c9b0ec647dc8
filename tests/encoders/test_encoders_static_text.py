import subprocess
import sys

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders import StaticText

SMALL = StaticText(dim=8, min_frequency=1)


def by_hand(encoder, text: str) -> torch.Tensor:
    """sum of w_t e_t over the number of tokens."""
    ids = encoder.tokenizer.encode(text, add_special_tokens=False).ids
    total = torch.zeros(encoder.embedding_dim, dtype=torch.float64)
    for token in ids:
        total += encoder.log_weight[token].detach().double().exp() * encoder.table.weight[token].detach().double()
    return total / max(1, len(ids))


def test_embedding_is_its_formula(texts):
    encoder = StaticText(dim=8, min_frequency=1, sif=1e-2).build(texts)
    with torch.no_grad():
        encoder.log_weight.normal_()
    expected = torch.stack([by_hand(encoder, text) for text in texts])
    np.testing.assert_allclose(encoder.encode(texts, normalize=False), expected, atol=1e-6)


def test_gradients_are_those_of_the_formula(texts):
    encoder = SMALL.build(texts).double()
    inputs = encoder.collate(texts)
    table, log_weight = encoder.table.weight.detach().clone(), encoder.log_weight.detach().clone()
    table.requires_grad_()
    log_weight.requires_grad_()
    mask = inputs["tokens"] != 0
    dense = (log_weight.exp()[inputs["tokens"]] * mask)[..., None] * table[inputs["tokens"]]
    (dense.sum(1) / inputs["length"][:, None]).pow(3).sum().backward()
    encoder(inputs).pow(3).sum().backward()
    torch.testing.assert_close(encoder.table.weight.grad, table.grad, atol=1e-7, rtol=1e-6)
    torch.testing.assert_close(encoder.log_weight.grad, log_weight.grad, atol=1e-7, rtol=1e-6)


def test_weights_begin_as_smooth_inverse_frequencies(texts):
    encoder = StaticText(dim=8, min_frequency=1, sif=0.01).build(texts)
    ids = [token for text in texts for token in encoder.tokenizer.encode(text, add_special_tokens=False).ids]
    for token in set(ids):
        share = ids.count(token) / len(ids)
        assert encoder.log_weight[token].exp().item() == pytest.approx(0.01 / (0.01 + share), rel=1e-5)
    assert not SMALL.build(texts).log_weight.any()


def test_unused_tokens_say_nothing(texts):
    encoder = SMALL.build(texts)
    assert not encoder.encode(["Ω"], normalize=False).any()
    assert encoder.encode(["a"], normalize=False).any()


def test_texts_that_never_occurred_have_a_vector(texts):
    assert SMALL.build(texts).encode(["playing planes, offered"]).any()


def test_capitals_matter_only_when_asked(texts):
    lower, upper = ["a plane"], ["A PLANE"]
    encoder = SMALL.build(texts)
    assert np.array_equal(encoder.encode(lower), encoder.encode(upper))
    encoder = StaticText(dim=8, min_frequency=1, lowercase=False).build(texts)
    assert not np.array_equal(encoder.encode(lower), encoder.encode(upper))


def test_accents_matter():
    encoder = SMALL.build(["schön schon"])
    assert not np.array_equal(encoder.encode(["schön"]), encoder.encode(["schon"]))


def test_texts_are_cut_at_max_length(texts):
    encoder = StaticText(dim=8, min_frequency=1, max_length=3).build(texts)
    assert encoder.collate(texts)["tokens"].shape == (6, 3)
    assert np.array_equal(encoder.encode(["a man is playing"]), encoder.encode(["a man is"]))


def test_vocabulary_size_and_frequency_bound_the_tokens(texts):
    full = SMALL.build(texts).tokenizer.get_vocab_size()
    assert StaticText(vocabulary_size=280, min_frequency=1).build(texts).tokenizer.get_vocab_size() == 280 < full
    assert StaticText(min_frequency=1000).build(texts).tokenizer.get_vocab_size() == 257


def test_the_same_texts_give_the_same_tokens_in_another_process():
    """The word-piece trainer of the same library does not pass this."""
    code = (
        "import hashlib, random; from counterpoint.encoders.byte_pairs import train_byte_pairs;"
        "r = random.Random(0);"
        "texts = [' '.join(''.join(r.choices('abcdefgh', k=r.randint(1, 6))) for _ in range(8)) for _ in range(400)];"
        "t = train_byte_pairs(texts, vocabulary_size=3000, lowercase=True, min_frequency=2);"
        "print(hashlib.sha256(t.to_str().encode()).hexdigest())"
    )
    runs = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(runs) == 1


def test_dropout_makes_two_views_in_training_only(texts):
    for spec in (StaticText(min_frequency=1, token_dropout=0.5), StaticText(min_frequency=1, dropout=0.5)):
        encoder = spec.build(texts)
        inputs = encoder.collate(texts)
        assert not torch.equal(encoder(inputs), encoder(inputs))
        encoder.eval()
        assert torch.equal(encoder(inputs), encoder(inputs))


def test_token_dropout_keeps_the_mean(texts):
    encoder = StaticText(dim=4, min_frequency=1, token_dropout=0.3).build(texts)
    inputs = encoder.collate(texts)
    with torch.no_grad():
        mean = torch.stack([encoder(inputs) for _ in range(4000)]).mean(0)
        torch.testing.assert_close(mean, encoder.eval()(inputs), atol=0.02, rtol=0)


def test_weights_are_learnt_unless_told(texts):
    assert SMALL.build(texts).log_weight.requires_grad
    assert not StaticText(min_frequency=1, learn_weights=False).build(texts).log_weight.requires_grad


def test_sparse_gradients_are_the_dense_ones(texts):
    gradients = []
    for sparse in (False, True):
        torch.manual_seed(0)
        encoder = StaticText(dim=4, min_frequency=1, sparse=sparse).build(texts)
        encoder(encoder.collate(texts)).square().sum().backward()
        gradients.append(encoder.table.weight.grad)
    assert gradients[1].is_sparse
    torch.testing.assert_close(gradients[0], gradients[1].to_dense())


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (None, "needs a sample of texts"),
        ([], "holds no text"),
        (["", " "], "holds no text"),
        ("one text", "expected a list of texts, got one string: 'one text'"),
    ],
)
def test_a_sample_without_text_is_refused(sample, message):
    with pytest.raises(InputError, match=message):
        StaticText().build(sample)


@pytest.mark.parametrize("arguments", [{"dim": 0}, {"token_dropout": 1.0}, {"dropout": -0.1}, {"sif": 0.0}])
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(InputError, match="must"):
        StaticText(**arguments)
