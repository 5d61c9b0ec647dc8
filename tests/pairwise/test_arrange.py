"""What a caller passes becomes rows, columns and a relation, or an error that names the argument."""

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives import CoSENT, InfoNCE, NTXent
from counterpoint.pairwise import Given, Greater, SameKey

A, B = torch.eye(3, 4), torch.eye(3, 4).flip(0)
Y = torch.tensor([0, 1, 0])


def relation_of(problem) -> list[list[int]]:
    """1 where positive, -1 where negative, 0 where ignored."""
    tile = problem.relation.tile(slice(None), slice(None))
    return (tile.positive.int() - tile.negative.int()).tolist()


def arranged(objective, anchors, candidates=None, **given):
    return objective.arrange(anchors, candidates, Given(**given))


def test_two_sides():
    problem = arranged(InfoNCE(), A, B)
    assert torch.equal(problem.anchors, A)
    assert torch.equal(problem.candidates, B)
    assert relation_of(problem) == [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]


def test_two_sides_with_labels():
    assert relation_of(arranged(InfoNCE(), A, B, labels=Y)) == [[1, -1, 1], [-1, 1, -1], [1, -1, 1]]


def test_an_unlabelled_row_is_nobodys_positive():
    found = relation_of(arranged(InfoNCE(), A, B, labels=torch.tensor([0, -1, -1])))
    assert found == [[1, -1, -1], [-1, -1, -1], [-1, -1, -1]]


def test_alone():
    problem = arranged(InfoNCE(), A, labels=Y)
    assert torch.equal(problem.candidates, A)
    assert relation_of(problem) == [[0, -1, 1], [-1, 0, -1], [1, -1, 0]]


def test_stacked_views():
    problem = arranged(NTXent(), A[:2], B[:2])
    assert torch.equal(problem.anchors, torch.cat([A[:2], B[:2]]))
    assert relation_of(problem) == [[0, -1, 1, -1], [-1, 0, -1, 1], [1, -1, 0, -1], [-1, 1, -1, 0]]


@pytest.mark.parametrize("negatives", [torch.ones(6, 4), torch.ones(3, 2, 4)], ids=["flat", "per anchor"])
def test_negatives_come_after_the_candidates(negatives):
    problem = arranged(InfoNCE(), A, B, negatives=negatives)
    assert torch.equal(problem.candidates, torch.cat([B, torch.ones(6, 4)]))
    assert all(row[3:] == [-1] * 6 for row in relation_of(problem))


def test_half_precision_becomes_float32():
    problem = arranged(InfoNCE(), A.bfloat16(), B.half())
    assert problem.anchors.dtype == problem.candidates.dtype == torch.float32


def test_a_relation_says_it_all():
    relation = SameKey(torch.arange(3), torch.tensor([0, 0, 1, 2, -1]))
    assert arranged(InfoNCE(), A, torch.ones(5, 4), relation=relation).relation is relation


ERRORS = {
    "anchors must be a torch.Tensor, got ndarray": (np.ones((3, 4)), B, {}),
    "anchors must have shape [N, D] with at least one row, got [4]": (A[0], B, {}),
    "anchors must have shape [N, D] with at least one row, got [0, 4]": (A[:0], B, {}),
    "anchors must be floating point, got torch.int64": (A.long(), B, {}),
    "candidates has D = 2, but the anchors have D = 4": (A, B[:, :2], {}),
    "candidates has dtype torch.float64, but the anchors have torch.float32": (A, B.double(), {}),
    "candidates has device meta, but the anchors have cpu": (A, B.to("meta"), {}),
    "candidates holds NaN or infinity, first in row 1": (A, B / torch.tensor([[1.0], [0.0], [1.0]]), {}),
    "2 candidates for 3 anchors: row i must be the positive of anchor i, or relation must say who is": (A, B[:2], {}),
    "labels must be 3 integers, one per anchor, got torch.int64 [2]": (A, B, {"labels": Y[:2]}),
    "labels must be 3 integers, one per anchor, got torch.float32 [3]": (A, B, {"labels": Y.float()}),
    "labels and relation both say who is positive: give one of them": (A, B, {"labels": Y, "relation": SameKey(Y, Y)}),
    "relation has shape [3, 3], expected [3, 2] (anchors, candidates)": (A, B[:2], {"relation": SameKey(Y, Y)}),
    "negatives has D = 3, but the anchors have D = 4": (A, B, {"negatives": torch.ones(2, 3)}),
    "negatives must have shape [N, D] with at least one row, got [2, 2, 4]": (A, B, {"negatives": torch.ones(2, 2, 4)}),
    "negatives cannot be used with a relation: put them among the candidates": (
        A,
        B,
        {"negatives": B, "relation": SameKey(Y, Y)},
    ),
    "negatives cannot be used here: this call compares the anchors among themselves": (A, None, {"negatives": B}),
    "scores are for objectives that rank scored pairs, such as CoSENT": (A, B, {"scores": torch.ones(3)}),
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors_name_the_argument(message):
    anchors, candidates, given = ERRORS[message]
    with pytest.raises(InputError) as error:
        InfoNCE()(anchors, candidates, **given)
    assert str(error.value) == message


def test_a_second_view_has_as_many_rows():
    with pytest.raises(InputError, match="candidates must be a second view of the 3 anchors, got 2 rows"):
        NTXent()(A, B[:2])


def test_a_large_finite_row_is_not_mistaken_for_infinity():
    """Their sum overflows."""
    assert torch.isfinite(InfoNCE()(A * 3e38, B * 3e38))


def test_learnable_numbers_are_checked():
    with pytest.raises(InputError, match=r"InfoNCE has no number 'margin' to learn; it has \['temperature'\]"):
        InfoNCE()(A, B, margin=torch.tensor(1.0))
    with pytest.raises(InputError, match=r"a fixed number is a setting: InfoNCE\(temperature=0.2\)"):
        InfoNCE()(A, B, temperature=0.2)
    with pytest.raises(InputError, match=r"temperature must hold one number, got shape \[2\]"):
        InfoNCE()(A, B, temperature=torch.ones(2))


def test_a_learnable_number_may_have_an_axis():
    temperature = torch.tensor([0.2], requires_grad=True)
    loss = InfoNCE()(A, B, temperature=temperature)
    assert loss.shape == ()
    loss.backward()
    assert temperature.grad is not None
    assert temperature.grad.shape == (1,)
    assert loss == InfoNCE(temperature=0.2)(A, B)


def test_scored_pairs():
    problem = arranged(CoSENT(), A, B, scores=torch.tensor([3.0, 1.0, 2.0]))
    assert isinstance(problem.relation, Greater)
    assert problem.anchors.tolist() == [[0.0], [1.0], [0.0]]
    assert relation_of(problem) == [[0, 1, 1], [0, 0, 0], [0, 1, 0]]
