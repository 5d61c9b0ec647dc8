"""The plain contrastive step against its objective called by hand on embeddings encoded by hand."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.data import Batch, Supervision
from counterpoint.encoders import Encoder, EncoderSpec, LearnableTemperature, Role
from counterpoint.methods import Contrast
from counterpoint.objectives import CLIP, DCL, CoSENT, InfoNCE, NTXent, SigLIP, SupCon
from counterpoint.pairwise import SameKey
from counterpoint.training.caching import backward, cached_backward
from counterpoint.views import GaussianNoise, Identity, View, fork

N, D = 6, 5


@dataclass(frozen=True, kw_only=True)
class Linear(EncoderSpec):
    """One linear map that adds a number for queries and another for documents, and drops out."""

    dim: int = 4
    dropout: float = 0.0

    def build(self, sample: Content | None = None) -> Encoder:
        return LinearEncoder(self)

    def restore(self, fitted, folder) -> Encoder:
        raise NotImplementedError


class LinearEncoder(Encoder):
    def __init__(self, spec: Linear) -> None:
        super().__init__(spec, kind=Kind.VECTOR, embedding_dim=spec.dim)
        self.layer = torch.nn.Linear(D, spec.dim)
        self.dropout = torch.nn.Dropout(spec.dropout)

    def collate(self, content, *, role=Role.PLAIN):
        return {"x": content + {Role.PLAIN: 0.0, Role.QUERY: 1.0, Role.DOCUMENT: -1.0}[role]}

    def forward(self, inputs):
        return self.dropout(self.layer(inputs["x"]))


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


@pytest.fixture
def x() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return {name: torch.randn(N * 2, D, generator=generator) for name in ("anchor", "positive", "negative")}


SEEDS = torch.arange(N, dtype=torch.int64) + 100


def batch(x, **changes) -> Batch:
    return Batch(**{"rows": np.arange(N), "anchor": x["anchor"][:N], **changes})


def contrast(objective, supervision, *, views: tuple[View, View] = (Identity(), Identity()), **changes) -> Contrast:
    return Contrast(Linear().build(), objective, supervision=supervision, views=views, **changes)


def loss_of(method: Contrast, given: Batch, *, chunk: int | None = None):
    return backward(method, method.prepare(given, SEEDS, chunk=chunk))


def by_hand(method: Contrast, content: torch.Tensor, *, call: int = 0, shift: float = 0.0) -> torch.Tensor:
    return method.head(method.towers[min(call, len(method.towers) - 1)].layer(content + shift))


NOISE = (GaussianNoise(std=0.5), GaussianNoise(std=0.1))


@pytest.mark.parametrize("objective", [NTXent(), InfoNCE(), CLIP(), DCL(), SupCon(), SigLIP()])
def test_views_are_the_objective_of_two_views(x, objective):
    method = contrast(objective, Supervision.VIEWS, views=NOISE, head=torch.nn.Linear(4, 3))
    output = loss_of(method, batch(x))
    first = NOISE[0](x["anchor"][:N], fork(SEEDS, 0))
    second = NOISE[1](x["anchor"][:N], fork(SEEDS, 1))
    assert not torch.equal(first, second)
    expected = objective(by_hand(method, first), by_hand(method, second))
    torch.testing.assert_close(output.loss, expected)
    assert output.anchors.shape == output.candidates.shape == (N, 3)


def test_two_equal_views_see_an_example_differently(x):
    """The same view twice is drawn from two streams."""
    method = contrast(NTXent(), Supervision.VIEWS, views=(NOISE[0], NOISE[0]))
    first, second = (call[0]["x"] for call in method.prepare(batch(x), SEEDS).calls)
    assert not torch.isclose(first, second).any()
    again = method.prepare(batch(x), SEEDS).calls[0][0]["x"]
    assert torch.equal(first, again)


@pytest.mark.parametrize("objective", [SupCon(), InfoNCE(), NTXent()])
def test_labels_are_the_objective_with_labels(x, objective):
    labels = torch.tensor([0, 1, 0, 2, 1, 2])
    method = contrast(objective, Supervision.LABELS, views=NOISE)
    given = batch(x, label=labels)
    output = loss_of(method, given)
    a, b = (by_hand(method, NOISE[i](x["anchor"][:N], fork(SEEDS, i))) for i in range(2))
    torch.testing.assert_close(output.loss, objective(a, b, labels=labels))
    assert not torch.isclose(output.loss, objective(a, b))
    assert torch.equal(output.relation.tile(slice(0, N), slice(0, N)).positive, labels[:, None] == labels[None])


def test_classes_of_one_example_learn_from_its_two_views(x):
    """Each example's own second view is of its class: all labels different is the same as no labels."""
    views = loss_of(contrast(SupCon(), Supervision.VIEWS, views=NOISE), batch(x))
    torch.manual_seed(0)
    torch.testing.assert_close(
        loss_of(contrast(SupCon(), Supervision.LABELS, views=NOISE), batch(x, label=torch.arange(N))).loss, views.loss
    )


@pytest.mark.parametrize("objective", [InfoNCE(), CLIP(), NTXent(), SigLIP()])
def test_pairs_are_the_objective_of_two_columns_with_their_prompts(x, objective):
    method = contrast(objective, Supervision.PAIRS)
    given = batch(x, positives=x["positive"][:N], positive_owner=torch.arange(N))
    a, b = by_hand(method, x["anchor"][:N], shift=1), by_hand(method, x["positive"][:N], shift=-1)
    torch.testing.assert_close(loss_of(method, given).loss, objective(a, b))


def test_negatives_are_added_for_everybody(x):
    method = contrast(InfoNCE(), Supervision.PAIRS)
    given = batch(
        x, positives=x["positive"][:N], positive_owner=torch.arange(N),
        negatives=x["negative"][:4], negative_owner=torch.tensor([0, 0, 3, 5]),
    )  # fmt: skip
    a, b = by_hand(method, x["anchor"][:N], shift=1), by_hand(method, x["positive"][:N], shift=-1)
    h = by_hand(method, x["negative"][:4], shift=-1)
    output = loss_of(method, given)
    torch.testing.assert_close(output.loss, InfoNCE()(a, b, negatives=h))
    assert output.candidates.shape == (N + 4, 4)
    assert not output.relation.tile(slice(0, N), slice(N, N + 4)).positive.any()


OWNERS = torch.tensor([0, 0, 1, 2, 3, 3, 3, 4, 5])


@pytest.mark.parametrize("objective", [InfoNCE(), CLIP()])
def test_several_positives_belong_to_their_anchor(x, objective):
    method = contrast(objective, Supervision.PAIRS)
    given = batch(x, positives=x["positive"][: len(OWNERS)], positive_owner=OWNERS)
    a, b = by_hand(method, x["anchor"][:N], shift=1), by_hand(method, x["positive"][: len(OWNERS)], shift=-1)
    expected = objective(a, b, relation=SameKey(torch.arange(N), OWNERS))
    torch.testing.assert_close(loss_of(method, given).loss, expected)


def test_several_positives_of_a_stacked_objective_are_one_group(x):
    """A stacked objective compares all rows: anchor and positives of one owner share a key, as labels would say."""
    method = contrast(SupCon(), Supervision.PAIRS)
    given = batch(
        x, positives=x["positive"][: len(OWNERS)], positive_owner=OWNERS,
        negatives=x["negative"][:2], negative_owner=torch.tensor([1, 1]),
    )  # fmt: skip
    a, b = by_hand(method, x["anchor"][:N], shift=1), by_hand(method, x["positive"][: len(OWNERS)], shift=-1)
    stacked = torch.cat([a, b, by_hand(method, x["negative"][:2], shift=-1)])
    labels = torch.cat([torch.arange(N), OWNERS, torch.tensor([-1, -1])])
    with pytest.warns(UserWarning, match="2 of 17 anchors have no positive"):
        expected = SupCon()(stacked, labels=labels)
    with pytest.warns(UserWarning, match="2 of 17 anchors have no positive"):
        torch.testing.assert_close(loss_of(method, given).loss, expected)


def test_scores_are_the_objective_with_scores(x):
    scores = torch.tensor([3.0, 1.0, 2.0, 0.0, 1.0, 5.0])
    method = contrast(CoSENT(), Supervision.SCORES)
    given = batch(x, positives=x["positive"][:N], positive_owner=torch.arange(N), score=scores)
    expected = CoSENT()(by_hand(method, x["anchor"][:N]), by_hand(method, x["positive"][:N]), scores=scores)
    torch.testing.assert_close(loss_of(method, given).loss, expected)


def test_pairs_without_a_positive_column_are_refused(x):
    with pytest.raises(InputError, match="supervision pairs needs a positive column"):
        contrast(InfoNCE(), Supervision.PAIRS).prepare(batch(x), SEEDS)


def test_two_towers_encode_a_side_each(x):
    torch.manual_seed(1)
    method = contrast(CLIP(), Supervision.PAIRS, other=Linear().build())
    given = batch(x, positives=x["positive"][:N], positive_owner=torch.arange(N))
    output = loss_of(method, given)
    a = by_hand(method, x["anchor"][:N], shift=1)
    b = by_hand(method, x["positive"][:N], call=1, shift=-1)
    torch.testing.assert_close(output.loss, CLIP()(a, b))
    assert method.other is not None
    for tower in (method.encoder, method.other):
        assert all(parameter.grad is not None and parameter.grad.any() for parameter in tower.parameters())
    assert contrast(CLIP(), Supervision.PAIRS).other is None


def test_a_learnable_temperature_replaces_the_objectives_own(x):
    method = contrast(CLIP(temperature=0.5), Supervision.PAIRS, temperature=LearnableTemperature(initial=0.2).build())
    given = batch(x, positives=x["positive"][:N], positive_owner=torch.arange(N))
    output = loss_of(method, given)
    a, b = by_hand(method, x["anchor"][:N], shift=1), by_hand(method, x["positive"][:N], shift=-1)
    torch.testing.assert_close(output.loss, CLIP(temperature=0.2)(a, b))
    assert output.temperature == pytest.approx(0.2)
    # d loss / d log_scale = -t dloss/dt, by central differences of the fixed-temperature objective
    step = 1e-3
    high, low = (CLIP(temperature=0.2 + sign * step)(a.double(), b.double()) for sign in (1, -1))
    slope = -0.2 * (high - low) / (2 * step)
    torch.testing.assert_close(method.temperature.log_scale.grad, slope.float(), rtol=1e-3, atol=1e-5)
    fixed = loss_of(contrast(CLIP(temperature=0.5), Supervision.PAIRS), given)
    assert fixed.temperature == 0.5
    assert loss_of(contrast(SigLIP(), Supervision.PAIRS), given).temperature is None


CASES = {
    "views": (NTXent(), Supervision.VIEWS, {}),
    "labels": (SupCon(), Supervision.LABELS, {"label": torch.tensor([0, 1, 0, 2, 1, 2])}),
    "several positives": (InfoNCE(), Supervision.PAIRS, {"positive_owner": OWNERS}),
    "scores": (CoSENT(), Supervision.SCORES, {"positive_owner": torch.arange(N), "score": torch.arange(N) * 1.0}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("chunk", [1, 4, 50])
def test_chunks_change_neither_loss_nor_gradient(x, case, chunk):
    objective, supervision, extra = CASES[case]
    if "positive_owner" in extra:
        extra = {**extra, "positives": x["positive"][: len(extra["positive_owner"])]}
    given = batch(x, **extra)
    method = contrast(objective, supervision, views=NOISE, head=torch.nn.Linear(4, 3))
    whole = method.prepare(given, SEEDS)
    expected = backward(method, whole).loss
    gradients = [parameter.grad for parameter in method.parameters()]
    method.zero_grad(set_to_none=True)
    prepared = method.prepare(given, SEEDS, chunk=chunk)
    for call, together in zip(prepared.calls, whole.calls, strict=True):
        assert [len(part["x"]) <= chunk for part in call] == [True] * len(call)
        assert torch.equal(torch.cat([part["x"] for part in call]), together[0]["x"])
    torch.testing.assert_close(cached_backward(method, prepared).loss, expected)
    for parameter, gradient in zip(method.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)


def test_targets_hold_what_the_objective_reads(x):
    labels, scores = torch.arange(N) % 2, torch.arange(N) * 1.0
    given = batch(
        x, positives=x["positive"][:N], positive_owner=torch.arange(N), label=labels, score=scores,
        negatives=x["negative"][:1], negative_owner=torch.tensor([2]),
    )  # fmt: skip
    prepared = contrast(InfoNCE(), Supervision.PAIRS).prepare(given, SEEDS)
    assert prepared.size == N
    assert set(prepared.targets) == {"owner", "label", "score"}
    assert prepared.targets["owner"].tolist() == [0, 1, 2, 3, 4, 5, -1]
    assert torch.equal(prepared.targets["label"], labels)
    assert set(contrast(NTXent(), Supervision.VIEWS).prepare(batch(x), SEEDS).targets) == set()
    moved = prepared.to(torch.device("meta"))
    assert {tensor.device.type for tensor in moved.targets.values()} == {"meta"}
    assert moved.calls[0][0]["x"].device.type == "meta"


def test_views_of_candidates_depend_on_their_anchor_and_place_alone(x):
    """So a run resumed elsewhere in the epoch, or with other workers, sees the same views."""
    method = contrast(InfoNCE(), Supervision.PAIRS, views=NOISE)
    owners = torch.tensor([0, 0, 1, 2, 3, 4, 5])
    content = x["positive"][: len(owners)].clone()
    content[1] = content[0]
    full = method.prepare(batch(x, positives=content, positive_owner=owners), SEEDS).calls[1][0]["x"]
    assert not torch.isclose(full[0], full[1]).any(), "two positives of one anchor are seen through two draws"
    rows = slice(2, 4)
    part = Batch(
        rows=np.arange(2, 4), anchor=x["anchor"][rows], positives=content[3:5], positive_owner=torch.tensor([0, 1])
    )
    alone = method.prepare(part, SEEDS[rows]).calls[1][0]["x"]
    torch.testing.assert_close(alone, full[3:5])
