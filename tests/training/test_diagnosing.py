import pytest
import torch

from counterpoint.methods.base import StepOutput
from counterpoint.pairwise import SameKey
from counterpoint.training.diagnosing import diagnose_step


def output(anchors, candidates, temperature=0.1):
    relation = SameKey(torch.arange(len(anchors)), torch.arange(len(candidates)))
    return StepOutput(torch.zeros(()), anchors, candidates, relation, temperature=temperature)


def test_a_batch_that_fills_the_sphere_is_fine():
    rows = torch.randn(64, 32, generator=torch.Generator().manual_seed(0))
    numbers, faults = diagnose_step(output(rows, rows))
    assert faults == ()
    assert set(numbers) == {
        f"diagnosis/{name}" for name in ("spread", "uniformity", "isotropy", "effective_rank", "effective_share")
    }
    assert numbers["diagnosis/spread"] == pytest.approx(1, abs=0.03)


def test_a_collapsed_batch_is_named():
    rows = torch.ones(64, 32) + 0.01 * torch.randn(64, 32, generator=torch.Generator().manual_seed(0))
    assert [fault.name for fault in diagnose_step(output(rows, rows))[1]] == ["collapse"]


def test_a_flat_batch_is_named():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(64, 2, generator=generator) @ torch.randn(2, 32, generator=generator)
    assert [fault.name for fault in diagnose_step(output(rows, rows))[1]] == ["dimensional collapse"]


def test_what_cannot_be_looked_at_is_left_out():
    rows = torch.randn(64, 32, generator=torch.Generator().manual_seed(0))
    assert "diagnosis/effective_share" not in diagnose_step(output(rows, rows, temperature=None))[0]
    assert "diagnosis/effective_share" not in diagnose_step(output(rows, torch.cat([rows, rows])))[0]
    assert diagnose_step(output(rows[:4], rows[:4]))[0] == {}
