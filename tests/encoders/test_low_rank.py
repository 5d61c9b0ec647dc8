"""Low-rank adapters: nothing at first, few numbers that learn, and one layer again in the end."""

import copy

import pytest
import torch
from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.encoders import SmallBert, load_encoder
from counterpoint.encoders.low_rank import LowRank, LowRankEncoder

pytest.importorskip("transformers")
pytest.importorskip("peft")
INNER = SmallBert(dim=16, layers=2, heads=2, vocabulary_size=300, min_frequency=1, dropout=0.0, max_length=20)


def encoder(texts, **settings) -> LowRankEncoder:
    return LowRank(inner=INNER, **settings).build(texts)


def moved(made: LowRankEncoder) -> LowRankEncoder:
    """With changes that are no longer 0."""
    for name, one in made.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(one)
    return made


def weights(made: nn.Module) -> dict[str, torch.Tensor]:
    """Of every linear layer, by the name it had before any change."""
    found = {name: part.weight for name, part in made.named_modules() if isinstance(part, nn.Linear)}
    return {name.removesuffix(".base_layer"): one for name, one in found.items() if "lora" not in name}


def test_queries_and_values_change_by_a_scaled_product_of_the_rank(texts):
    made = moved(encoder(texts, rank=2, alpha=6.0))
    before, after = weights(made.inner), weights(made.merged())
    learnt = dict(made.inner.named_parameters())
    assert before.keys() == after.keys()
    for name, one in after.items():
        change = one - before[name]
        if not name.endswith(("query", "value")):
            assert not change.any(), name
            continue
        down, up = (learnt[f"{name}.lora_{side}.default.weight"] for side in "AB")
        torch.testing.assert_close(change, 3.0 * up @ down, rtol=1e-4, atol=1e-5)
        assert torch.linalg.matrix_rank(change, rtol=1e-4) == 2


def test_at_first_it_is_the_encoder_that_it_was_made_from(texts):
    inner = INNER.build(texts)
    made = LowRankEncoder(LowRank(inner=INNER), copy.deepcopy(inner))
    torch.testing.assert_close(made(made.collate(texts)), inner(inner.collate(texts)), rtol=0, atol=0)


def test_only_the_changes_learn_and_the_first_step_moves_the_outer_ones(texts):
    made = encoder(texts, rank=3)
    frozen = {name: one.clone() for name, one in made.named_parameters() if not one.requires_grad}
    learning = {name: one for name, one in made.named_parameters() if one.requires_grad}
    assert len(learning) == 2 * 2 * 2  # A and B of queries and values, in two layers
    assert all("lora" in name for name in learning)
    optimiser = torch.optim.Adam(made.parameters(), lr=1e-2)
    for step in range(2):
        optimiser.zero_grad()
        made(made.collate(texts)).square().sum().backward()
        assert all(bool(one.grad.any()) == (step > 0 or "lora_B" in name) for name, one in learning.items())
        optimiser.step()
    assert all(torch.equal(one, frozen[name]) for name, one in made.named_parameters() if name in frozen)


def test_merged_weights_give_the_same_embeddings_from_a_plain_transformer(texts):
    made = moved(encoder(texts)).eval()
    plain = made.merged().eval()
    assert not any("lora" in name for name, _ in plain.named_modules())
    torch.testing.assert_close(plain(plain.collate(texts)), made(made.collate(texts)))
    assert any("lora" in name for name, _ in made.named_modules())


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
