"""Clusters found again in training: the losses by hand, the schedule, processes, caching, resuming and refusals."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from cluster_cases import INTER, PROTO, RECIPE, ROWS, SEEDS, STEPS, N, batch_of, built, everything, rows, trained, work
from in_memory import Rows, cached_equals_uncached, whole_and_resumed
from torch.nn.functional import cross_entropy, normalize

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders import LearnableTemperature
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.source import DataSource, load_data
from counterpoint.methods import ClusterContrast, ClusterStep, Contrast, QueueStep, ToCentres, ToMembers
from counterpoint.objectives import NTXent, SupCon
from counterpoint.training.caching import backward
from processes import together


def clustered(step: ClusterStep) -> ClusterContrast:
    """After three steps, which have seen every row once, and the first clustering."""
    method = built(step)
    trained(method, steps=3)
    assert method.clustering.bank.clustered
    return method


def parts(method: ClusterContrast) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The loss of a batch, that of its two views, and the first view's projections."""
    prepared = method.prepare(batch_of(0), SEEDS)
    first, second = (method.encode(call, chunks[0]) for call, chunks in enumerate(prepared.calls))
    return method.objective([first, second], prepared.targets).loss, RECIPE.objective(first, second), first


def test_until_there_are_clusters_it_is_plain_contrast():
    plain = replace(RECIPE, clustering=None).build(rows())
    assert isinstance(plain, Contrast)
    loss = backward(plain, plain.prepare(batch_of(0), SEEDS)).loss
    method = built(INTER)
    torch.testing.assert_close(backward(method, method.prepare(batch_of(0), SEEDS)).loss, loss)


def test_centres_classify_their_members():
    method = clustered(STEPS["centres"])
    loss, views, first = parts(method)
    bank = method.clustering.bank
    found = cross_entropy(normalize(first) @ bank.centres.T / 0.1, bank.members[:N])
    torch.testing.assert_close(loss, 0.75 * views + 0.25 * found)


def test_concentrations_are_temperatures_of_clusters():
    method = clustered(STEPS["concentration"])
    loss, views, first = parts(method)
    clusters, kept = method.clustering.bank.clusters()
    temperature = clusters.concentration(kept, temperature=0.2)
    found = cross_entropy(normalize(first) @ clusters.centres.T / temperature, clusters.members[:N])
    torch.testing.assert_close(loss, 0.75 * views + 0.25 * found)


def test_all_members_without_a_draw():
    step = replace(INTER, target=ToMembers(positives=None, negatives=None))
    method = clustered(step)
    loss, views, first = parts(method)
    bank = method.clustering.bank
    s = normalize(first) @ bank.rows.T
    same = bank.members[:N, None] == bank.members
    logits = torch.where(same, s + 0.5, s) / 0.1
    found = (logits.logsumexp(1) - (logits * same).sum(1) / same.sum(1)).mean()
    torch.testing.assert_close(loss, 0.75 * views + 0.25 * found)


def test_draws_differ_from_step_to_step_and_have_no_gradient_into_the_bank():
    method = clustered(INTER)
    first = parts(method)[0]
    method.clustering.steps += 1
    second = parts(method)[0]
    assert not torch.equal(first, second)
    assert not any(one.requires_grad for one in method.clustering.buffers())


def test_the_schedule():
    """Clusters are found at step 3, and all again every 2 steps; centres move in between."""
    method = built(replace(INTER, every=2))
    found = []
    for step in range(8):
        trained(method, steps=1)
        found.append(int(method.clustering.bank.times))
        assert int(method.clustering.steps) == step + 1
    assert found == [0, 0, 1, 1, 2, 2, 3, 3]


def test_looking_leaves_nothing_behind():
    method = built(INTER).eval()
    backward(method, method.prepare(batch_of(0), SEEDS))
    method.after_step(0)
    assert not bool(method.clustering.bank.seen.any())


def test_two_processes_are_one():
    shares = together(work, 2)
    for name, expected in everything().items():
        for part in shares:
            torch.testing.assert_close(part[name], expected, atol=5e-6, rtol=1e-4, msg=name)


@pytest.mark.parametrize("name", STEPS)
def test_cached_equals_uncached(name):
    cached_equals_uncached(clustered(STEPS[name]), batch_of(0), SEEDS, chunk=3)


@pytest.mark.parametrize("name", STEPS)
def test_a_resumed_run_is_the_same_run(name, tmp_path):
    """Bank, clusters and the schedule are in the checkpoint, bit for bit."""
    whole, again = whole_and_resumed(lambda: built(STEPS[name]), Rows(rows()), RECIPE.training, tmp_path)
    assert int(whole["clustering.bank.times"]) >= 1
    assert whole.keys() == again.keys()
    for key, one in whole.items():
        assert torch.equal(one, again[key]), key


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "rows.npz"
    np.savez(path, vector=np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32), label=np.arange(60) % 3)
    return load_data(DataSource(data=str(path)))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"supervision": Supervision.LABELS}, "clustering stands beside views, and its supervision is labels"),
        ({"queue": QueueStep(size=8)}, "with clustering there is no queue"),
        ({"temperature": LearnableTemperature()}, "with clustering there is no temperature"),
        ({"clustering": replace(INTER, clusters=40)}, r"40 of at least 2 rows, and after 3 steps at most 24 of 54"),
        ({"clustering": replace(INTER, clusters=40, start=99)}, r"after 99 steps at most 54 of 54 training rows"),
    ],
)
def test_what_does_not_fit_is_said_before_the_first_step(changes, why, data):
    with pytest.raises(InputError, match=why):
        prepare_job(replace(RECIPE, **changes), data, judge=False, warn=lambda text: None)


def test_what_fits_is_let_through(data):
    method = prepare_job(RECIPE, data, judge=False, warn=lambda text: None)
    assert isinstance(method, ClusterContrast)
    assert len(method.clustering.bank.rows) == 54 != ROWS


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: ClusterStep(clusters=1), "clusters must be at least 2, got 1"),
        (lambda: ClusterStep(clusters=2, weight=0.0), "weight must be above 0 and at most 1, got 0"),
        (lambda: ClusterStep(clusters=2, every=0), "every must be at least 1, got 0"),
        (lambda: ClusterStep(clusters=2, recentre=None), "clusters would never change: give every"),
        (lambda: ToCentres(objective=NTXent()), "objective must compare anchors with prototypes, and NTXent cannot"),
        (lambda: ToCentres(concentration=0.2), "concentration needs an objective that compares by AnchorCosine"),
        (lambda: ToCentres(objective=PROTO, concentration=0.0), "concentration must be a positive number, got 0"),
        (lambda: ToMembers(objective=SupCon()), "objective must take anchors and candidates, and SupCon does not"),
        (lambda: ToMembers(negatives=0), "negatives must be at least 1, got 0"),
        (lambda: ToMembers(negatives=9, pool=8), "pool must hold the 9 negatives that are drawn from it, got 8"),
    ],
)
def test_bad_settings(make, why):
    with pytest.raises(InputError, match=why):
        make()
