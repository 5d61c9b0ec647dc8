"""What each of two processes does in the law of budgets; importable by processes that are started afresh."""

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.experiments.peak import peak_bytes
from counterpoint.objectives import CLIP, NTXent, SigLIP, SmoothAP
from counterpoint.pairwise import Budget

N, D, FIRST = 400, 16, 240
BUDGET = 600_000
"""Bytes: less than any of the calls takes without one."""

CALLS = {"clip": CLIP(), "nt-xent": NTXent(), "sig-lip": SigLIP(), "smooth-ap": SmoothAP(temperature=0.1)}


def rows(n: int = N, d: int = D) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(n, d, generator=g) for _ in range(2))
    return a, b


def call(name: str, a: Tensor, b: Tensor, budget: int | None) -> tuple[Tensor, Tensor, Tensor]:
    """Loss and gradients."""
    a, b = (x.clone().requires_grad_() for x in (a, b))
    loss = CALLS[name](a, b, plan=None if budget is None else Budget(budget))
    loss.backward()
    assert a.grad is not None
    assert b.grad is not None
    return loss.detach(), a.grad, b.grad


def refusal(a: Tensor, b: Tensor, budget: int) -> str:
    try:
        call("clip", a, b, budget)
    except InputError as error:
        return str(error)
    return "nothing was refused"


def work(rank: int, _: int) -> dict[str, object]:
    place = [slice(0, FIRST), slice(FIRST, N)][rank]
    a, b = (x[place].clone() for x in rows())
    found: dict[str, object] = {}
    for name in CALLS:
        found[name] = call(name, a, b, BUDGET)
        found[f"{name} peak"] = peak_bytes(lambda name=name: call(name, a, b, BUDGET))
    found["other budgets"] = refusal(a, b, BUDGET + rank)
    found["tiny budget"] = refusal(a, b, 1000)
    return found
