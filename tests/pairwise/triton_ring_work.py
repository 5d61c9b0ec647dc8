"""What each of two processes does in triton_cases: losses of its share by the fused kernels, on any device."""

import torch

import counterpoint.pairwise.closed as engine
from counterpoint.objectives import CLIP, DCL, NTXent, SupCon
from counterpoint.pairwise import DENSE, Plan

LOSSES = {"CLIP": CLIP(temperature=0.2), "NTXent": NTXent(), "SupCon": SupCon(), "DCL": DCL()}
SHARES = [slice(0, 5), slice(5, 8)]
LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 2, 1])


def called(name: str, share: slice, *, fused: bool) -> dict[str, torch.Tensor]:
    """Loss, and gradients of both views and of the temperature; the definition, or the kernels."""
    g = torch.Generator().manual_seed(0)
    dtype = torch.float32 if fused else torch.float64
    a, b = (torch.randn(8, 7, generator=g)[share].to(dtype).requires_grad_() for _ in range(2))
    t = torch.tensor(0.3, dtype=dtype, requires_grad=True)
    given = {"labels": LABELS[share]} if name == "SupCon" else {}
    loss = LOSSES[name](a, b, plan=Plan(4, 4) if fused else DENSE, temperature=t, **given)
    loss.backward()
    return {"loss": loss.detach(), "a": a.grad, "b": b.grad, "temperature": t.grad}


def work(rank: int, _: int) -> dict[str, dict[str, torch.Tensor]]:
    launched: list[str] = []
    real = engine.fused_log_sum_exps
    engine.usable = lambda x: True
    found = {}
    for name in LOSSES:
        engine.fused_log_sum_exps = lambda *given, name=name: launched.append(name) or real(*given)
        found[name] = called(name, SHARES[rank], fused=True)
        found[name]["launched"] = torch.tensor(launched.count(name))
    return found
