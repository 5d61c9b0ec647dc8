import math

import pytest
import torch

from counterpoint.methods.base import StepOutput
from counterpoint.pairwise import SameKey
from counterpoint.training.monitor import SAMPLE, effective_negatives, effective_rank, monitor


def output(a, b, a_keys, b_keys, **options):
    relation = SameKey(torch.tensor(a_keys), torch.tensor(b_keys))
    return StepOutput(torch.zeros(()), a, b, relation, **options)


def test_by_hand():
    a = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    b = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, -1.0]])
    numbers = monitor(output(a, b, [0, 1], [0, 1, 5]), temperature=0.5)
    half = math.sqrt(0.5)
    assert numbers["positive_similarity"] == pytest.approx((1 + half) / 2)
    assert numbers["negative_similarity"] == pytest.approx((half + 0 + 0 - 1) / 4)
    assert numbers["effective_rank"] == pytest.approx(2.0)
    assert numbers["without_positive"] == 0

    def perplexity(x, y):
        p = math.exp(x / 0.5) / (math.exp(x / 0.5) + math.exp(y / 0.5))
        return math.exp(-p * math.log(p) - (1 - p) * math.log(1 - p))

    assert numbers["effective_negatives"] == pytest.approx((perplexity(half, 0) + perplexity(0, -1)) / 2, rel=1e-5)


def test_itself_is_not_a_positive():
    rows = torch.eye(3)
    numbers = monitor(output(rows, rows, [0, 1, 1], [0, 1, 1], exclude_self=True))
    assert numbers["positive_similarity"] == 0
    assert numbers["without_positive"] == pytest.approx(1 / 3)
    assert "effective_negatives" not in numbers


def test_undefined_numbers_are_left_out():
    numbers = monitor(output(torch.eye(2), torch.eye(2), [0, 1], [5, 6]), temperature=0.1)
    assert "positive_similarity" not in numbers
    assert numbers["without_positive"] == 1
    collapsed = monitor(output(torch.zeros(2, 2), torch.zeros(2, 2), [0, 1], [0, 1]))
    assert "effective_rank" not in collapsed
    everything = monitor(output(torch.eye(2), torch.eye(2), [0, 0], [0, 0]), temperature=0.1)
    assert "negative_similarity" not in everything
    assert "effective_negatives" not in everything


def test_only_a_sample_of_anchors_is_looked_at():
    class Counted(SameKey):
        def tile(self, row_block, col_block):
            assert row_block == slice(0, SAMPLE)
            return super().tile(row_block, col_block)

    keys = torch.arange(SAMPLE + 50)
    rows = torch.randn(len(keys), 4, requires_grad=True)
    numbers = monitor(StepOutput(torch.zeros(()), rows, rows, Counted(keys, keys)), temperature=0.1)
    assert numbers["positive_similarity"] == pytest.approx(1, abs=1e-5)


def test_effective_rank_of_known_spectra():
    assert effective_rank(torch.ones(50, 7)).item() == pytest.approx(1, abs=1e-4)
    assert effective_rank(torch.eye(6)).item() == pytest.approx(6)
    shares = torch.tensor([0.5, 0.25, 0.25])
    assert effective_rank(torch.diag(shares)).item() == pytest.approx(2**1.5)


def test_equal_negatives_all_count():
    assert effective_negatives(torch.zeros(3, 5), torch.ones(3, 5).bool()).item() == pytest.approx(5)
    mask = torch.tensor([[True, True, False], [False, False, False]])
    assert effective_negatives(torch.zeros(2, 3), mask).item() == pytest.approx(2)


def test_half_precision_embeddings(toy):
    rows = torch.eye(3, dtype=torch.bfloat16)
    assert monitor(output(rows, rows, [0, 1, 2], [0, 1, 2]))["positive_similarity"] == 1
