"""Nested embeddings: the loss is the sum that the docstring says, whatever the gradient is taken through."""

import pytest
import torch
from torch.nn.functional import log_softmax

from counterpoint.base.errors import InputError
from counterpoint.data import Examples, MemoryTable, Supervision, infer_roles
from counterpoint.encoders import FirstLayers, HuggingFace, SmallBert, StaticText
from counterpoint.encoders.layered import layer_embeddings
from counterpoint.experiments.recipe import Recipe
from counterpoint.methods import Nested
from counterpoint.objectives import CoSENT, InfoNCE
from counterpoint.training import TrainSettings
from counterpoint.training.caching import backward, cached_backward

WORDS = ["cat", "dog", "sun", "rain", "tree", "road"]
COLUMNS = {
    "anchor": [f"{WORDS[i % 6]} {WORDS[i // 2]} one" for i in range(12)],
    "positive": [f"{WORDS[i % 6]} {WORDS[i // 2]} two" for i in range(12)],
}
BERT = SmallBert(dim=8, layers=3, heads=2, min_frequency=1, dropout=0.0)


def made(nested: Nested | None, encoder=BERT, columns=COLUMNS, objective=None, supervision=Supervision.PAIRS):
    recipe = Recipe(
        encoder=encoder,
        objective=objective or InfoNCE(temperature=0.1),
        supervision=supervision,
        training=TrainSettings(steps=1, batch_size=12),
        nested=nested,
    )
    table = MemoryTable(columns)
    batch = Examples(table, infer_roles(table)).batch(range(12))
    return recipe.build([*columns["anchor"], *columns["positive"]]).double(), batch


def loss_of(method, batch, chunk=None):
    prepared = method.prepare(batch, torch.arange(12), chunk=chunk)
    method.zero_grad()
    output = (backward if chunk is None else cached_backward)(method, prepared)
    return output, {name: one.grad.clone() for name, one in method.named_parameters() if one.grad is not None}


def test_widths_and_layers_are_the_sum_as_printed():
    nested = Nested(widths=(2, 5), layers=True, early=0.4, warmth=0.3)
    method, batch = made(nested)
    sides = [
        layer_embeddings(method.encoder, method.encoder.collate(list(side))) for side in (batch.anchor, batch.positives)
    ]
    loss = InfoNCE(temperature=0.1)

    def at(layer: int) -> torch.Tensor:
        a, b = sides[0][layer], sides[1][layer]
        return loss(a, b) + (loss(a[:, :2], b[:, :2]) + loss(a[:, :5], b[:, :5])) / 2

    def far(layer: int) -> torch.Tensor:
        early, last = (torch.cat([side[number] for side in sides]) for number in (layer, 2))
        wanted, found = log_softmax(last.detach() / 0.3, 1), log_softmax(early / 0.3, 1)
        return (wanted.exp() * (wanted - found)).sum(1).mean()

    expected = at(2) + 0.4 * (at(0) + 0.3 * far(0) + at(1) + 0.3 * far(1)) / 2
    output, gradients = loss_of(method, batch)
    torch.testing.assert_close(output.loss, expected)
    assert output.anchors.shape == (12, 8), "the monitor sees the whole embedding"
    method.zero_grad()
    expected.backward()
    for name, one in method.named_parameters():
        if one.grad is not None:
            torch.testing.assert_close(gradients[name], one.grad)


def test_chunks_change_nothing():
    method, batch = made(Nested(widths=(4,), layers=True))
    (whole, first), (cached, again) = loss_of(method, batch), loss_of(method, batch, chunk=5)
    torch.testing.assert_close(whole.loss, cached.loss)
    assert all(first[name].allclose(again[name], atol=1e-12) for name in first)


def test_widths_alone_take_any_encoder_and_scores():
    columns = {
        "sentence1": COLUMNS["anchor"],
        "sentence2": COLUMNS["positive"],
        "score": [float(i % 5) for i in range(12)],
    }
    columns = {**columns, "anchor": COLUMNS["anchor"], "positive": COLUMNS["positive"]}
    own = {name: columns[name] for name in ("anchor", "positive", "score")}
    static = StaticText(dim=8, min_frequency=1)
    method, batch = made(Nested(widths=(3,)), static, own, CoSENT(), Supervision.SCORES)
    a, b = (method.encoder(method.encoder.collate(list(side))) for side in (batch.anchor, batch.positives))
    expected = CoSENT()(a, b, scores=batch.score) + CoSENT()(a[:, :3], b[:, :3], scores=batch.score)
    torch.testing.assert_close(loss_of(method, batch)[0].loss, expected)


def test_first_layers_embed_as_the_drawn_layers_did(tmp_path):
    """What was learnt as layer 2 of 3 is the whole of the cut encoder, also after it was saved."""
    from counterpoint.encoders import Saved, load_encoder

    method, batch = made(Nested(widths=(4,), layers=True))
    encoder = method.float().encoder.eval()
    with torch.no_grad():
        second = layer_embeddings(encoder, encoder.collate(list(batch.anchor)))[1]
    encoder.save(tmp_path / "whole")
    cut = FirstLayers(encoder=Saved(folder=str(tmp_path / "whole")), layers=2).build()
    cut.save(tmp_path / "cut")
    found = load_encoder(tmp_path / "cut")
    assert sum(one.numel() for one in found.parameters()) < sum(one.numel() for one in encoder.parameters())
    torch.testing.assert_close(torch.from_numpy(found.encode(list(batch.anchor), normalize=False)), second)


def test_what_does_not_nest():
    with pytest.raises(InputError, match="nested needs widths, layers=True, or both"):
        Nested(widths=())
    with pytest.raises(InputError, match=r"widths must be different numbers of at least 1, got \(2, 2\)"):
        Nested(widths=(2, 2))
    with pytest.raises(InputError, match="early must be"):
        Nested(widths=(2,), early=-1.0)
    with pytest.raises(InputError, match=r"widths must be below the 8 dimensions of the embedding, got \(8,\)"):
        made(Nested(widths=(8,)))
    with pytest.raises(InputError, match="layers must be those of BERT's architecture, and StaticTextEncoder has none"):
        made(Nested(widths=(2,), layers=True), StaticText(dim=8, min_frequency=1))
    with pytest.raises(InputError, match="layers must be at most 3, all that the encoder has, got 4"):
        made(None, FirstLayers(encoder=BERT, layers=4))
    with pytest.raises(InputError, match="layers must be at least 1, got 0"):
        FirstLayers(encoder=HuggingFace(name_or_path="nowhere"), layers=0)
