"""Low-rank adapters: nothing at first, few numbers that learn, and one layer again in the end."""

import copy

import pytest
import torch
from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.encoders import SmallBert, load_encoder
from counterpoint.encoders.low_rank import LowRank, LowRankEncoder, LowRankLinear

pytest.importorskip("transformers")
INNER = SmallBert(dim=16, layers=2, heads=2, vocabulary_size=300, min_frequency=1, dropout=0.0, max_length=20)


def encoder(texts, **settings) -> LowRankEncoder:
    return LowRank(inner=INNER, **settings).build(texts)


def moved(made: LowRankEncoder) -> LowRankEncoder:
    """With changes that are no longer 0."""
    for part in made.modules():
        if isinstance(part, LowRankLinear):
            nn.init.normal_(part.up)
    return made


def test_a_layer_is_the_frozen_one_and_its_scaled_product():
    layer = nn.Linear(5, 3)
    made = LowRankLinear(copy.deepcopy(layer), rank=2, alpha=6.0)
    x = torch.randn(4, 7, 5)
    torch.testing.assert_close(made(x), layer(x), rtol=0, atol=0)
    nn.init.normal_(made.up)
    weight = layer.weight + 3.0 * made.up @ made.down
    torch.testing.assert_close(made(x), nn.functional.linear(x, weight, layer.bias))
    torch.testing.assert_close(made.merged()(x), made(x))
    assert torch.linalg.matrix_rank(made.merged().weight - layer.weight, rtol=1e-4) == 2


def test_at_first_it_is_the_encoder_that_it_was_made_from(texts):
    inner = INNER.build(texts)
    made = LowRankEncoder(LowRank(inner=INNER), copy.deepcopy(inner))
    torch.testing.assert_close(made(made.collate(texts)), inner(inner.collate(texts)), rtol=0, atol=0)


def test_only_the_changes_learn_and_the_first_step_moves_the_outer_ones(texts):
    made = encoder(texts, rank=3)
    frozen = {name: one.clone() for name, one in made.named_parameters() if not one.requires_grad}
    learning = {name: one for name, one in made.named_parameters() if one.requires_grad}
    assert len(learning) == 2 * 2 * 2  # A and B of queries and values, in two layers
    assert all(name.endswith((".up", ".down")) for name in learning)
    optimiser = torch.optim.Adam(made.parameters(), lr=1e-2)
    for step in range(2):
        optimiser.zero_grad()
        made(made.collate(texts)).square().sum().backward()
        assert all(bool(one.grad.any()) == (step > 0 or name.endswith("up")) for name, one in learning.items())
        optimiser.step()
    assert all(torch.equal(one, frozen[name]) for name, one in made.named_parameters() if name in frozen)


def test_merged_weights_give_the_same_embeddings_from_a_plain_transformer(texts):
    made = moved(encoder(texts)).eval()
    plain = made.merged().eval()
    assert not any(isinstance(part, LowRankLinear) for part in plain.modules())
    torch.testing.assert_close(plain(plain.collate(texts)), made(made.collate(texts)))
    assert any(isinstance(part, LowRankLinear) for part in made.modules())


def test_it_is_saved_and_copied(texts, tmp_path):
    made = moved(encoder(texts, where=("dense",))).eval()
    made.save(tmp_path)
    for other in (load_encoder(tmp_path), copy.deepcopy(made)):
        torch.testing.assert_close(other(other.collate(texts)), made(made.collate(texts)))


def test_settings_that_make_no_sense_are_refused(texts):
    with pytest.raises(InputError, match="rank must be at least 1, got 0"):
        LowRank(inner=INNER, rank=0)
    with pytest.raises(InputError, match="alpha must be positive, got 0"):
        LowRank(inner=INNER, alpha=0.0)
    with pytest.raises(InputError, match=r"where must name linear layers, and BertModel has none of \('q_proj',\)"):
        encoder(texts, where=("q_proj",))
