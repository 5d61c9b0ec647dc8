"""The plain loop over views: a pure function of its seed, which learns, and its two ways to call an objective."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.encoders import ConvNet
from counterpoint.experiments.source import DataSource
from counterpoint.experiments.view_loop import (
    ViewLoop,
    grouped,
    labelled_images,
    learn_from_views,
    stacked,
    varied_digits,
)
from counterpoint.objectives import CMC, NTXent, SupCon
from counterpoint.views import Identity

LOOP = ViewLoop(views=(varied_digits(),) * 3, steps=3, batch_size=16, encoder=ConvNet(width=4))


def test_a_run_is_a_function_of_its_seed_and_leaves_the_global_state() -> None:
    images = labelled_images(DataSource(data="set:digits", rows=64)).train
    before = torch.random.get_rng_state()
    first, again, other = (learn_from_views(images, stacked(CMC()), LOOP, seed) for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    weights = [torch.cat([part.flatten() for part in one.encoder.parameters()]) for one in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_loss_sees_the_rows_of_its_views_and_learns_with_them() -> None:
    images = labelled_images(DataSource(data="set:digits", rows=64)).train
    seen: list[torch.Tensor] = []

    class Spy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, views: list[torch.Tensor], rows: torch.Tensor) -> torch.Tensor:
            seen.append(rows)
            return self.scale * sum((view.square().mean() for view in views), torch.zeros(()))

    spy = Spy()
    learn_from_views(images, spy, replace(LOOP, views=(Identity(),) * 2, steps=5), 0)
    assert spy.scale.item() != 1
    assert len(seen) == 5
    assert len(torch.cat(seen[:4]).unique()) == 64  # one epoch meets every row once


def test_grouped_views_are_positives_of_each_other() -> None:
    a, b = torch.randn(2, 8, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(grouped(SupCon())([a, b], torch.arange(8)), NTXent(temperature=0.1)(a, b))


def test_what_was_learnt_is_judged_on_what_is_held_out() -> None:
    data = labelled_images(DataSource(data="set:digits", rows=64))
    figures = learn_from_views(data.train, stacked(CMC()), LOOP, 0).judged(data)
    assert set(figures) == {"knn_accuracy", "uniformity", "effective_rank", "spread"}
    assert 0 < figures["knn_accuracy"] <= 1


def test_data_without_images_are_refused() -> None:
    with pytest.raises(InputError, match="trec_qc has no labelled images"):
        labelled_images(DataSource(data="set:trec_qc", rows=10))
