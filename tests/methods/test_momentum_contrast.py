"""Momentum contrast against its algorithm by hand; that it is cached, resumed and checked."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from in_memory import Rows, cached_equals_uncached, whole_and_resumed
from momentum_cases import BATCH, MEMORY, MOCO, NOISE, SEEDS, N, built, rows, steps, work
from torch.nn.functional import cross_entropy, normalize

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders import LearnableTemperature
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.source import DataSource, load_data
from counterpoint.methods import QueueContrast, QueueStep, SiameseStep
from counterpoint.objectives import CLIP, InfoNCE, NTXent
from counterpoint.training.caching import backward
from counterpoint.views import fork
from processes import together


def sides(method: QueueContrast) -> tuple[torch.Tensor, torch.Tensor]:
    """Queries and keys, by hand."""
    query, key = (method.encoder.collate(NOISE[v](BATCH.anchor, fork(SEEDS, v))) for v in range(2))
    return method.online(query), (method.online if method.teacher is None else method.teacher)(key)


def gradients(method):
    return [one.grad for one in method.parameters()]


def agrees(method: QueueContrast, expected: torch.Tensor) -> None:
    loss = backward(method, method.prepare(BATCH, SEEDS)).loss
    found = gradients(method)
    method.zero_grad()
    expected.backward()
    torch.testing.assert_close(loss, expected)
    for one, other in zip(found, gradients(method), strict=True):
        torch.testing.assert_close(one, other)


def logits(query, own, queue) -> torch.Tensor:
    """[N, 1 + K], the own key first."""
    q, k, others = normalize(query), normalize(own), normalize(queue)
    return torch.cat([(q * k).sum(1, keepdim=True), q @ others.T], 1) / 0.2


def first(scores):
    return cross_entropy(scores, torch.zeros(len(scores), dtype=torch.int64))


def test_moco_is_its_algorithm():
    method = built(MOCO)
    query, key = sides(method)
    agrees(method, first(logits(query, key.detach(), method.queue.content()[0])))
    assert method.teacher is not None
    assert all(one.grad is None for one in method.teacher.parameters())


def test_both_ways_of_a_pair():
    method = built(replace(MOCO, queue=replace(MOCO.queue, reverse=0.5)))
    query, key = sides(method)
    key, queue = key.detach(), method.queue.content()[0]
    agrees(method, first(logits(query, key, queue)) + 0.5 * first(logits(key, query, queue)))


def test_only_the_hardest_of_the_queue():
    method = built(replace(MOCO, queue=replace(MOCO.queue, hardest=3)))
    query, key = sides(method)
    scores = logits(query, key.detach(), method.queue.content()[0])
    hardest = scores[:, 1:].topk(3, dim=1).values
    agrees(method, first(torch.cat([scores[:, :1], hardest], 1)))


def test_a_cross_batch_memory_goes_by_labels():
    method = built(MEMORY)
    query, key = sides(method)
    queue, labels = method.queue.content()
    scores = normalize(query) @ normalize(torch.cat([key, queue])).T / 0.2
    same = BATCH.label[:, None] == torch.cat([BATCH.label, labels])
    agrees(method, -((scores.log_softmax(1) * same).sum(1) / same.sum(1)).mean())


def test_while_the_queue_is_empty_the_batch_stands_in():
    method = built(MOCO, filled=0)
    query, key = sides(method)
    expected = InfoNCE(temperature=0.2)(query, key.detach())
    torch.testing.assert_close(backward(method, method.prepare(BATCH, SEEDS)).loss, expected)


def test_after_a_step_keys_join_and_the_teacher_follows():
    method = built(MOCO, filled=10)
    _, key = sides(method)
    before = [one.clone() for one in method.teacher.parameters()]
    backward(method, method.prepare(BATCH, SEEDS))
    method.after_step(0)
    assert torch.equal(method.queue.content()[0][-N:], key)
    assert len(method.queue) == 12
    for old, new, ours in zip(before, method.teacher.parameters(), method.online.parameters(), strict=True):
        torch.testing.assert_close(new, 0.9 * old + 0.1 * ours)
    method.after_step(1)
    assert int(method.queue.pushed) == 18, "the same keys are pushed once"


def test_keys_of_all_batches_of_a_step_join():
    """Gradients accumulate over two batches; one that is only evaluated leaves nothing behind."""
    method = built(MEMORY, filled=0)
    first, second = (replace(BATCH, anchor=rows(seed=seed)) for seed in (7, 8))
    for batch in (first, second):
        backward(method, method.prepare(batch, SEEDS))
    method.eval()
    backward(method, method.prepare(BATCH, SEEDS))
    method.train().after_step(0)
    assert int(method.queue.pushed) == 2 * N
    kept, labels = method.queue.content()
    keys = [method.encode(1, method.prepare(batch, SEEDS).calls[1][0]) for batch in (first, second)]
    torch.testing.assert_close(kept, torch.cat(keys)[-12:])
    assert torch.equal(labels, torch.cat([BATCH.label, BATCH.label])[-12:])


def test_two_processes_are_one():
    parts = together(work, 2)
    for name, expected in steps().items():
        for part in parts:
            torch.testing.assert_close(part[name], expected, atol=2e-6, rtol=1e-5, msg=name)


@pytest.mark.parametrize("recipe", [MOCO, MEMORY], ids=["moco", "memory"])
@pytest.mark.parametrize("chunk", [1, 3])
def test_cached_equals_uncached(recipe, chunk):
    cached_equals_uncached(built(recipe), BATCH, SEEDS, chunk=chunk)


@pytest.mark.parametrize("recipe", [MOCO, MEMORY], ids=["moco", "memory"])
def test_a_resumed_run_is_the_same_run(recipe, tmp_path):
    """Queue, its pointer and the teacher are in the checkpoint, bit for bit."""
    examples = Rows(rows(40, seed=5), torch.arange(40) % 3)
    whole, again = whole_and_resumed(lambda: built(recipe, filled=0), examples, recipe.training, tmp_path)
    assert {"queue.rows", "queue.pushed"} <= whole.keys() == again.keys()
    assert int(whole["queue.pushed"]) == 6 * N
    for name, one in whole.items():
        assert torch.equal(one, again[name]), name


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "rows.npz"
    np.savez(path, vector=rows(60).numpy(), label=np.arange(60) % 3)
    return load_data(DataSource(data=str(path)))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"objective": NTXent()}, "NTXent cannot compare with a queue; an objective of anchors and candidates can"),
        ({"supervision": Supervision.PAIRS}, "a queue learns from views or labels, and its supervision is pairs"),
        ({"siamese": SiameseStep()}, "with a queue there is no siamese"),
        ({"temperature": LearnableTemperature()}, "with a queue there is no temperature"),
        ({"queue": QueueStep(size=500)}, "queue.size is 500, and there are 54 training rows"),
    ],
)
def test_what_does_not_fit_is_said_before_the_first_step(changes, why, data):
    with pytest.raises(InputError, match=why):
        prepare_job(replace(MOCO, **changes), data, judge=False, warn=lambda text: None)


def test_what_fits_is_let_through(data):
    prepare_job(MOCO, data, judge=False, warn=lambda text: None)
    prepare_job(replace(MEMORY, objective=CLIP()), data, judge=False, warn=lambda text: None)


def test_bad_settings():
    with pytest.raises(InputError, match="size must be at least 1, got 0"):
        QueueStep(size=0)
    with pytest.raises(InputError, match="reverse must be at least 0, got -1"):
        QueueStep(reverse=-1)
    with pytest.raises(InputError, match="hardest must be between 1 and the size of 4, got 5"):
        QueueStep(size=4, hardest=5)
