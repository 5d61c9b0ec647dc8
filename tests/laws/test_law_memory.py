"""The tiled path holds a dozen tiles and a few copies of the embeddings, and never the matrix."""

import pytest
import torch
from law_cases import labels_of, pairwise_classes

from counterpoint.experiments.peak import peak_bytes
from counterpoint.pairwise import DENSE, Needs, Plan, Streams

N, D = 640, 8
PLAN = Plan(rows=128, cols=128)


def peak(objective, plan: Plan) -> int:
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(N, D, generator=g).requires_grad_() for _ in range(2))
    given = {"scores": torch.rand(N, generator=g)} if Needs.SCORES in objective.needs else {}
    if objective.prototypes:
        given["labels"] = torch.arange(N) // objective.per_class
    return peak_bytes(lambda: objective(a, b, plan=plan, **given).backward())


def allowed(rows: int, streams: Streams = Streams.TILES) -> int:
    """A dozen tiles of float32 (of whole rows where they are needed), and for each row on both sides: 8 copies and 24
    statistics."""
    cols = rows if streams is Streams.ROWS else PLAN.cols
    return 4 * (12 * PLAN.rows * cols + 2 * rows * (8 * D + 24))


def measured() -> list[object]:
    """All but those that hold the whole matrix."""
    kinds = [one for one in pairwise_classes() if one.streams is not Streams.WHOLE]
    return [pytest.param(one(), id=labels_of(one())) for one in kinds]


@pytest.mark.parametrize("objective", measured())
def test_peak_is_within_its_formula(objective):
    rows = 2 * N if objective.joint else N
    found = peak(objective, PLAN)
    assert found < allowed(rows, objective.streams), f"{found:,} bytes"
    # A dozen blocks of whole rows are more than a matrix of only so many rows.
    assert objective.streams is Streams.ROWS or found < rows * rows * 4, "as much as one matrix"


def test_the_whole_matrix_would_be_noticed():
    (objective,) = (one() for one in pairwise_classes() if one.__name__ == "InfoNCE")
    assert peak(objective, DENSE) > 3 * N * N * 4
    assert peak(objective, DENSE) > allowed(N)
