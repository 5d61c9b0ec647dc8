"""What each of two processes does in test_relation_laws: the loss over every relation, from a share of the rows."""

import torch
from relation_cases import M, N, among_themselves, drawn, two_sided

from counterpoint.objectives import SoftTargets, SupCon
from counterpoint.pairwise import Plan

ANCHORS = [slice(0, 3), slice(3, N)]
CANDIDATES = [slice(0, 5), slice(5, M)]


def losses(mine: slice = slice(0, N), theirs: slice = slice(0, M)) -> dict[str, torch.Tensor]:
    """Value and gradients of each relation's loss."""
    found: dict[str, torch.Tensor] = {}
    for name, relation in two_sided(mine, theirs).items():
        leaves = [drawn(n, 3, seed=s)[share].clone().requires_grad_() for n, s, share in ((N, 7, mine), (M, 8, theirs))]
        loss = SoftTargets(temperature=0.3)(*leaves, relation=relation, plan=Plan(2, 3))
        loss.backward()
        found |= {f"{name} value": loss.detach(), f"{name} anchors": leaves[0].grad, f"{name} others": leaves[1].grad}
    for name, relation in among_themselves(mine).items():
        z = drawn(N, 3, seed=7)[mine].clone().requires_grad_()
        loss = SupCon(temperature=0.3)(z, relation=relation, plan=Plan(2, 3))
        loss.backward()
        found |= {f"alone {name} value": loss.detach(), f"alone {name} rows": z.grad}
    return found


def work(rank: int, _: int) -> dict[str, torch.Tensor]:
    return losses(ANCHORS[rank], CANDIDATES[rank])
