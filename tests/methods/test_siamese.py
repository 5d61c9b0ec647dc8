"""Siamese steps against their formulas by hand; that they are cached, resumed and saved exactly; and what collapses."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from in_memory import Rows, cached_equals_uncached, whole_and_resumed
from sklearn.datasets import load_digits
from torch.nn.functional import cosine_similarity, normalize

from counterpoint.base.errors import InputError
from counterpoint.data import Batch, Supervision
from counterpoint.encoders import MLP, DirectPredictor, LinearHead, PredictionHead, ProjectionHead
from counterpoint.experiments.recipe import Recipe
from counterpoint.methods import Momentum, Siamese, SiameseStep
from counterpoint.objectives import NegativeCosine
from counterpoint.training import Constant, TrainSettings
from counterpoint.training.caching import backward
from counterpoint.views import GaussianNoise, fork

N, D = 8, 5
SEEDS = torch.arange(N, dtype=torch.int64) + 40
NOISE = (GaussianNoise(std=0.5), GaussianNoise(std=0.2))
PLAIN = Recipe(
    encoder=MLP(hidden=(8,), dim=6, batch_norm=False), objective=NegativeCosine(), supervision=Supervision.VIEWS,
    views=NOISE, head=LinearHead(out_dim=4), training=TrainSettings(steps=6, batch_size=N, schedule=Constant()),
    siamese=SiameseStep(predictor=PredictionHead(hidden_dim=3, batch_norm=False)),
)  # fmt: skip
BYOL = replace(PLAIN, siamese=replace(PLAIN.siamese, teacher=Momentum(base=0.9)))


def rows(n: int = N, seed: int = 3) -> torch.Tensor:
    return torch.randn(n, D, generator=torch.Generator().manual_seed(seed))


BATCH = Batch(rows=np.arange(N), anchor=rows())


def built(recipe: Recipe) -> Siamese:
    method = recipe.build(rows(30, seed=1))
    assert isinstance(method, Siamese)
    return method.train()


def seen(method: Siamese) -> list[torch.Tensor]:
    """Projections of every view, by hand."""
    contents = [NOISE[min(v, 1)](BATCH.anchor, fork(SEEDS, v)) for v in range(method.step.views)]
    return [method.online(method.encoder.collate(content)) for content in contents]


def loss_of(method: Siamese) -> torch.Tensor:
    return backward(method, method.prepare(BATCH, SEEDS)).loss


def gradients(method: torch.nn.Module) -> list[torch.Tensor | None]:
    return [one.grad for one in method.parameters()]


def test_simsiam_is_its_equation():
    """Eq. 4: half the negative cosine of each prediction with the other view's projection, which has no gradient."""
    method = built(PLAIN)
    loss = loss_of(method)
    found = gradients(method)
    method.zero_grad()
    z1, z2 = seen(method)
    p1, p2 = method.predictor(z1), method.predictor(z2)
    expected = -(cosine_similarity(p1, z2.detach()).mean() + cosine_similarity(p2, z1.detach()).mean()) / 2
    torch.testing.assert_close(loss, expected)
    expected.backward()
    for one, other in zip(found, gradients(method), strict=True):
        torch.testing.assert_close(one, other)


def test_byol_aims_at_its_teacher():
    method = built(BYOL)
    assert method.teacher is not None
    with torch.no_grad():
        for one in method.teacher.parameters():
            one.add_(0.3 * torch.randn(one.shape, generator=torch.Generator().manual_seed(2)))
    contents = [NOISE[v](BATCH.anchor, fork(SEEDS, v)) for v in range(2)]
    t1, t2 = (method.teacher(method.encoder.collate(content)) for content in contents)
    p1, p2 = (method.predictor(z) for z in seen(method))
    expected = -(cosine_similarity(p1, t2).mean() + cosine_similarity(p2, t1).mean()) / 2
    torch.testing.assert_close(loss_of(method), expected)
    assert all(one.grad is None for one in method.teacher.parameters())


def test_three_views_predict_each_other():
    method = built(replace(BYOL, siamese=replace(BYOL.siamese, views=3)))
    z = seen(method)
    p = [method.predictor(one) for one in z]
    pairs = [cosine_similarity(p[v], z[w]).mean() for v in range(3) for w in range(3) if v != w]
    torch.testing.assert_close(loss_of(method), -torch.stack(pairs).mean())  # the teacher begins as the student
    assert len(method.prepare(BATCH, SEEDS).calls) == 6


def test_the_teacher_follows():
    method = built(BYOL)
    assert method.teacher is not None
    before = [one.clone() for one in method.teacher.parameters()]
    with torch.no_grad():
        for one in method.online.parameters():
            one.add_(1.0)
    method.after_step(0)
    for old, new in zip(before, method.teacher.parameters(), strict=True):
        torch.testing.assert_close(new, old + 0.1)


def test_momentum_rises_to_one():
    """BYOL's schedule at its beginning, its middle and its end; without steps it stays."""
    rising = Momentum(base=0.996, steps=100)
    assert [rising.at(step) for step in (0, 50, 100, 500)] == pytest.approx([0.996, 0.998, 1.0, 1.0])
    assert Momentum(base=0.99).at(1000) == 0.99


@pytest.mark.parametrize("recipe", [PLAIN, BYOL], ids=["simsiam", "byol"])
@pytest.mark.parametrize("chunk", [1, 3])
def test_cached_equals_uncached(recipe, chunk):
    cached_equals_uncached(built(recipe), BATCH, SEEDS, chunk=chunk)


def test_direct_pred_learns_from_what_it_sees_in_training_alone():
    method = built(replace(PLAIN, siamese=SiameseStep(predictor=DirectPredictor(rho=0.0, eps=0.0))))
    z1, z2 = seen(method)
    loss = loss_of(method)
    both = torch.cat([z1, z2]).detach()
    values, vectors = torch.linalg.eigh(both.T @ both)
    weight = vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T
    expected = -(cosine_similarity(z1 @ weight, z2).mean() + cosine_similarity(z2 @ weight, z1).mean()) / 2
    torch.testing.assert_close(loss, expected, atol=1e-4, rtol=1e-3)
    saved = {name: one.clone() for name, one in method.predictor.state_dict().items()}
    method.eval()
    loss_of(method)
    assert all(torch.equal(saved[name], one) for name, one in method.predictor.state_dict().items())


@pytest.mark.parametrize(
    "recipe",
    [BYOL, replace(PLAIN, siamese=SiameseStep(predictor=DirectPredictor(), teacher=Momentum(base=0.9, steps=6)))],
    ids=["byol", "direct-pred"],
)
def test_a_resumed_run_is_the_same_run(recipe, tmp_path):
    """Teacher, running correlation and predictor are in the checkpoint, bit for bit."""
    whole, again = whole_and_resumed(lambda: built(recipe), Rows(rows(40, seed=5)), recipe.training, tmp_path)
    assert whole.keys() == again.keys()
    assert any(name.startswith("teacher.") for name in whole)
    for name, one in whole.items():
        assert torch.equal(one, again[name]), name


def test_predictor_and_targets_must_fit():
    with pytest.raises(InputError, match="siamese: the predictor maps 4 dimensions to 9, and its targets have 4"):
        replace(PLAIN, siamese=SiameseStep(predictor=ProjectionHead(out_dim=9))).build(rows(30))
    with pytest.raises(InputError, match="views must be 2 or 3, got 4"):
        SiameseStep(views=4)
    with pytest.raises(InputError, match="base must be between 0 and 1, got 2"):
        Momentum(base=2)
    with pytest.raises(InputError, match="steps must be at least 1, got 0"):
        Momentum(steps=0)


def trained_on_digits(step: SiameseStep, steps: int = 100) -> tuple[float, float]:
    """Mean deviation of the features of unit projections, and nearest-neighbour accuracy of embeddings."""
    images, labels = load_digits(return_X_y=True)
    x = torch.from_numpy(images[:600]).float() / 16
    x = x[:, x.std(0) > 0.15]  # pixels that are the same in nearly all images would be all noise
    recipe = replace(
        PLAIN, encoder=MLP(hidden=(64,), dim=32), head=ProjectionHead(out_dim=16), siamese=step,
        views=(GaussianNoise(std=0.15), GaussianNoise(std=0.15)),
    )  # fmt: skip
    method = recipe.build(x).train()
    optimiser = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=0.1, momentum=0.9)
    for number in range(steps):
        chosen = torch.randperm(len(x), generator=torch.Generator().manual_seed(number))[:128]
        batch = Batch(rows=chosen.numpy(), anchor=x[chosen])
        optimiser.zero_grad()
        backward(method, method.prepare(batch, chosen + 1000 * number))
        optimiser.step()
        method.after_step(number)
    method.eval()
    with torch.no_grad():
        inputs = method.encoder.collate(x)
        spread = normalize(method.online(inputs)).std(0).mean().item() * 16**0.5
        z = normalize(method.encoder(inputs))
    labels = labels[:600]
    nearest = (z @ z.T).fill_diagonal_(-2).argmax(1)
    return spread, float((labels == labels[nearest]).mean())


def test_without_the_stop_gradient_everything_collapses():
    """The deviation is near 1 / sqrt(d) for SimSiam, as its paper reports, and goes to 0 without the stop-gradient."""
    kept, accuracy = trained_on_digits(SiameseStep())
    lost, _ = trained_on_digits(SiameseStep(stop_gradient=False))
    assert kept > 0.7
    assert lost < 0.3 * kept
    assert accuracy > 0.8


@pytest.mark.parametrize(
    "step",
    [SiameseStep(teacher=Momentum(base=0.98)), SiameseStep(predictor=DirectPredictor(), teacher=Momentum(base=0.98))],
    ids=["byol", "direct-pred"],
)
def test_teachers_do_not_collapse(step):
    spread, accuracy = trained_on_digits(step)
    assert spread > 0.7
    assert accuracy > 0.8
