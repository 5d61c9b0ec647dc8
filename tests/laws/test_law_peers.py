"""Agreement with pytorch-metric-learning, in value and gradient, where its definitions coincide with the papers'."""

import importlib.util

import pytest
import torch

from counterpoint.base.settings import settings
from counterpoint.objectives import InfoNCE, NTXent, SupCon

if importlib.util.find_spec("pytorch_metric_learning") is None and not settings().ci:
    pytest.skip("pytorch-metric-learning is not installed (the peers extra)", allow_module_level=True)

from pytorch_metric_learning.losses import NTXentLoss, SupConLoss


def rows(n: int) -> torch.Tensor:
    return torch.randn(n, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64).requires_grad_()


def agree(ours, theirs, z):
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(torch.autograd.grad(ours, z)[0], torch.autograd.grad(theirs, z)[0])


def test_ntxent():
    z, pairs = rows(12), torch.arange(6).repeat(2)
    agree(NTXent(temperature=0.2)(z[:6], z[6:]), NTXentLoss(temperature=0.2)(z, pairs), z)


def test_supcon():
    z, labels = rows(11), torch.tensor([0, 1, 2, 0, 1, 2, 0, 0, 1, 2, 2])
    agree(SupCon(temperature=0.2)(z, labels=labels), SupConLoss(temperature=0.2)(z, labels), z)


def test_info_nce_among_labelled_rows():
    z, labels = rows(10), torch.tensor([0, 1, 2, 0, 1, 2, 0, 0, 1, 2])
    agree(InfoNCE(temperature=0.2)(z, labels=labels), SupConLoss(temperature=0.2)(z, labels), z)
