"""Every row of the table agrees in value and gradient, and docs/peers.md shows the table."""

import importlib.util
from pathlib import Path

import pytest
import torch
from page import everything, page

from counterpoint.base.settings import settings

if not settings().ci:
    for name in ("pytorch_metric_learning", "sentence_transformers"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed (the peers extra)", allow_module_level=True)

AGREEMENTS = everything()
DOCS = Path(__file__).parents[2] / "docs" / "peers.md"


@pytest.mark.parametrize("one", AGREEMENTS, ids=[f"{one.package}-{one.compute.__name__}" for one in AGREEMENTS])
def test_value_and_gradient_agree(one):
    ours, theirs, leaves = one.compute()
    torch.testing.assert_close(ours, theirs)
    assert abs(ours.item()) > 0.01, "a loss of nothing shows nothing"
    mine, other = (torch.autograd.grad(value, leaves) for value in (ours, theirs))
    assert all(gradient.abs().max() > 1e-4 for gradient in mine)
    torch.testing.assert_close(mine, other)


def test_the_page_is_up_to_date():
    assert DOCS.read_text() == page(AGREEMENTS), "make it again: python tests/peers/page.py > docs/peers.md"
