"""Groups of batches reach the objective: anchor and positive attract, and only rows of a group repel."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from grouped_work import BANDS, RECIPE, N, examples, trained, work
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.experiments.check_relation import check_relation
from counterpoint.methods import QueueStep
from counterpoint.pairs.batches import Shuffled
from counterpoint.training import plan_batches, with_places
from counterpoint.training.caching import backward
from processes import together


def test_the_loss_is_that_of_each_group_alone(tmp_path):
    data = examples(tmp_path)
    rows = plan_batches(data, RECIPE.training).epoch(0)[0]
    method = RECIPE.build(data.batch(np.arange(N)).anchor).train()
    batch = with_places(data.batch(rows), rows, BANDS)
    prepared = method.prepare(batch, torch.arange(16))
    a, b = (normalize(method.encode(call, prepared.calls[call][0])) for call in range(2))
    losses = []
    for start in range(0, 16, BANDS.width):
        own = slice(start, start + BANDS.width)
        chance = (a[own] @ b[own].T / 0.2).log_softmax(1)
        for row in range(BANDS.width):
            positives = [0, 1] if row < 2 else [row]
            losses.append(-chance[row, positives].mean())
    torch.testing.assert_close(backward(method, prepared).loss, torch.stack(losses).mean())


def test_a_row_that_cannot_be_used_leaves_its_group_where_it_was(tmp_path):
    data = examples(tmp_path)
    rows = plan_batches(data, RECIPE.training).epoch(0)[0]
    bad = int(rows[5])
    found = with_places(examples(tmp_path, bad=bad).batch(rows), rows, BANDS, start=16)
    kept = rows != bad
    assert found.rows.tolist() == rows[kept].tolist()
    assert found.facts["place:group"].tolist() == (4 + np.arange(16) // 4)[kept].tolist()
    pairs = np.where(np.arange(16) % 4 < 2, 4 + np.arange(16) // 4, -1)
    assert found.facts["place:pair"].tolist() == pairs[kept].tolist()


def test_two_processes_train_as_one(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    expected = trained(tmp_path / "one")
    examples(tmp_path / "two")
    for part in together(partial(work, folder=str(tmp_path / "two")), 2):
        for name, one in expected.items():
            torch.testing.assert_close(part[name], one, atol=1e-5, rtol=1e-4)


def test_what_does_not_fit():
    with pytest.raises(InputError, match="reads pair and group of a row in its batch, and Shuffled batches"):
        check_relation(replace(RECIPE, training=replace(RECIPE.training, batches=Shuffled())))
    with pytest.raises(InputError, match="goes by groups of a batch, and a queue holds rows of others"):
        check_relation(replace(RECIPE, queue=QueueStep(size=8)))
    assert RECIPE.facts == ()
