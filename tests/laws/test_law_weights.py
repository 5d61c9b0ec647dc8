"""Weights of pairs are in the loss, or refused: never ignored."""

import pytest
import torch
from law_cases import Case, cases, labels_of
from law_checks import close, same
from test_law_numbers import relational

from counterpoint.base.errors import InputError
from counterpoint.pairwise import DENSE, Objective, Others, Plan, SameKey, Tile, Weighted

N = 9


def labelled(objective: Objective) -> Case:
    return next(
        case for case in cases(objective, n=N, labels=[0, 1, 0, 1, 2, 2, 0, 1, 2]) if case.name == "labelled rows"
    )


def weights() -> torch.Tensor:
    w = torch.rand(N, N, generator=torch.Generator().manual_seed(5), dtype=torch.float64) + 0.2
    return (w + w.T) / 2


def loss(objective: Objective, case: Case, weights: torch.Tensor | None, plan: Plan = DENSE):
    """Value and gradient of one side's rows compared among themselves."""
    z = case.anchors.clone().requires_grad_()
    relation = SameKey(case.labels, case.labels)
    value = objective(z, relation=relation if weights is None else Weighted(relation, weights), plan=plan)
    return {"loss": value.detach(), "anchors": torch.autograd.grad(value, z)[0]}


@pytest.mark.parametrize("objective", relational(), ids=labels_of)
def test_weights_of_pairs_are_used_or_refused(objective):
    case = labelled(objective)
    plain = loss(objective, case, None)
    same(loss(objective, case, torch.ones(N, N, dtype=torch.float64)), plain)
    if not objective.weighs_pairs:
        with pytest.raises(InputError, match="relation weighs its pairs"):
            loss(objective, case, weights())
        return
    weighed = loss(objective, case, weights())
    assert not torch.isclose(plain["loss"], weighed["loss"], rtol=1e-9, atol=0.0)
    same(loss(objective, case, weights(), Plan(rows=2, cols=3)), weighed)


READS_WEIGHTS = (
    *("BatchAllTriplet", "CLUB", "FastAP", "ICon", "InverseOT", "NContrast", "SIGROT", "SoftTargets", "Uniformity"),
)
"""Objectives whose reference is written with weights."""


@pytest.mark.parametrize(
    "objective", [one for one in relational() if type(one).__name__ in READS_WEIGHTS], ids=labels_of
)
def test_weighed_pairs_are_those_of_the_reference(objective):
    case, w = labelled(objective), weights()
    z = case.anchors.clone().requires_grad_()
    prepared = objective.similarity.prepare(z)
    s = objective.similarity.scores(prepared, objective.similarity.prepare_candidates(z))
    everything = slice(None)
    relation = Others(Weighted(SameKey(case.labels, case.labels), w))
    tile = relation.tile(everything, everything)
    value = objective.reference(s, Tile(tile.positive, tile.negative, weight=w))
    expected = {"loss": value.detach(), "anchors": torch.autograd.grad(value, z)[0]}
    close(loss(objective, case, w), expected, relative=1e-6)
