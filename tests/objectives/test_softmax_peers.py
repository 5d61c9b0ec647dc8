"""Agreement of softmax losses with other libraries, in value and gradient, where definitions coincide."""

import importlib.util

import pytest
import torch

from counterpoint.base.settings import settings
from counterpoint.objectives import HardnessWeighted

if importlib.util.find_spec("sentence_transformers") is None and not settings().ci:
    pytest.skip("sentence-transformers is not installed (the peers extra)", allow_module_level=True)


def test_hardness_weighted():
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    g = torch.Generator().manual_seed(3)
    a, b, h = (torch.randn(6, 5, generator=g, dtype=torch.float64).requires_grad_() for _ in range(3))
    theirs = MultipleNegativesRankingLoss(None, scale=5.0, hardness_mode="all_negatives", hardness_strength=9.0)
    expected = theirs.compute_loss_from_embeddings([a, b, h], None)
    found = HardnessWeighted(temperature=0.2, alpha=9.0)(a, b, negatives=h)
    torch.testing.assert_close(found, expected)
    for one, other in zip(torch.autograd.grad(found, (a, b, h)), torch.autograd.grad(expected, (a, b, h)), strict=True):
        torch.testing.assert_close(one, other)
