"""What each process does in test_ring_objectives; importable by processes that are started afresh."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from ring_calls import TILES, calls
from staged import Weighed
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from counterpoint.experiments.peak import peak_bytes
from counterpoint.objectives import CLIP, InfoNCE, NTXent, SupCon
from counterpoint.pairwise import DENSE, Dot, Plan, SameKey, Tile, rows
from counterpoint.pairwise.valued import Weighted

TIME_OUT = 10.0


def work(rank: int, world: int) -> dict[str, Any]:
    """Every call on this rank's share, then training steps, memory, and calls that differ."""
    return {
        "calls": [call.share(rank, world).outcome() for call in calls(world)],
        "trained": {name: trained(name, rank, world) for name in TRAINED} if world == 2 else {},
        "memory": memory(rank),
        "errors": {name: said(lambda one=one: one(rank)) for name, one in DIFFERENT.items()},
        # Nothing is left over from the errors.
        "afterwards": calls(world)[0].share(rank, world).outcome(),
    }


def said(action: Callable[[], object]) -> tuple[str, str, float]:
    """The kind of error, its message, and how long it took."""
    before = time.monotonic()
    try:
        action()
    except Exception as error:
        return type(error).__name__, str(error), time.monotonic() - before
    return "nothing", "", time.monotonic() - before


class Learner(nn.Module):
    """An encoder of two sides and a temperature to be learnt."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.encoder = nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 4))
        self.logarithm = nn.Parameter(torch.tensor(-1.0))
        self.double()

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.encoder(x), self.encoder(y), self.logarithm.exp()


TRAINED = {
    "own plan": lambda a, b, t: CLIP()(a, b, temperature=t),
    "tiles": lambda a, b, t: CLIP()(a, b, temperature=t, plan=TILES),
    "kept tiles": lambda a, b, t: NTXent()(a, b, temperature=t, plan=Plan(2, 3, keep=1 << 20)),
    "dense": lambda a, b, t: NTXent()(a, b, temperature=t, plan=DENSE),
    "any terms": lambda a, b, t: CLIP(similarity=Dot())(a, b, temperature=t, plan=TILES) + SupCon()(a, b, plan=TILES),
}


def trained(name: str, rank: int = 0, world: int = 1) -> dict[str, Tensor]:
    """The gradient of every parameter after two backward passes that add up, by this rank's rows."""
    g = torch.Generator().manual_seed(0)
    x, y = (torch.randn(8, 5, generator=g, dtype=torch.float64) for _ in range(2))
    mine = slice(rank * 8 // world, (rank + 1) * 8 // world)
    model = Learner()
    wrapped = model if world == 1 else DistributedDataParallel(model)
    for _ in range(2):
        TRAINED[name](*wrapped(x[mine], y[mine])).backward()
    return {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}


def memory(rank: int) -> dict[str, int]:
    """Most bytes held beyond the inputs: two anchors a rank, and candidates of half a megabyte."""
    d, m = 1024, 128
    b = torch.randn(m, d, generator=torch.Generator().manual_seed(rank)).requires_grad_()
    a = torch.randn(2, d, generator=torch.Generator().manual_seed(9)).requires_grad_()
    relation = SameKey(torch.arange(2) + m * rank, torch.arange(m) + m * rank)

    def step(objective, plan):
        return peak_bytes(lambda: objective(a, b, relation=relation, plan=plan).backward())

    def value(objective, plan):
        with torch.no_grad():
            return peak_bytes(lambda: objective(a, b, relation=relation, plan=plan))

    tiles = Plan(rows=2, cols=16)
    closed, generic = InfoNCE(similarity=Dot()), Cubes(similarity=Dot())
    return {
        "candidates of a rank": b.nbytes,
        "closed value": value(closed, tiles),
        "generic value": value(generic, tiles),
        "dense value": value(closed, DENSE),
        "closed step": step(closed, tiles),
        "generic step": step(generic, tiles),
        "dense step": step(closed, DENSE),
    }


@dataclass(frozen=True, kw_only=True)
class Cubes(Weighed):
    """Something that is not affine."""

    def terms(self, s_NM: Tensor, rel: Tile):
        yield rows.sum((s_NM / 50) ** 3, where=rel.compared)


A = torch.eye(3, 4)
BAD = torch.full((3, 4), torch.nan)
DIFFERENT: dict[str, Callable[[int], object]] = {
    "objectives": lambda rank: (InfoNCE() if rank else CLIP())(A, A),
    "settings": lambda rank: InfoNCE(temperature=0.1 + min(rank, 1))(A, A),
    "D": lambda rank: InfoNCE()(torch.eye(3, 4 + min(rank, 1)), torch.eye(3, 4 + min(rank, 1))),
    "dtypes": lambda rank: InfoNCE()(A.double() if rank else A, A.double() if rank else A),
    "plans": lambda rank: InfoNCE()(A, A, plan=TILES if rank else DENSE),
    "numbers": lambda rank: InfoNCE()(A, A, **({"temperature": torch.tensor(0.1)} if rank else {})),
    "NaN": lambda rank: InfoNCE()(A, BAD if rank == 1 else A),
    "lengths": lambda rank: InfoNCE()(A, A[:2] if rank == 1 else A),
    "weights": lambda rank: InfoNCE()(A, A, weights=torch.ones(2 if rank == 1 else 3)),
    "unknown numbers": lambda rank: InfoNCE()(A, A, **{("margin" if rank == 1 else "temperature"): torch.tensor(0.1)}),
}


def dies_between(rank: int, world: int) -> tuple[str, str, float]:
    """The second rank leaves after the first call."""
    InfoNCE()(A, A)
    if rank == 1:
        os._exit(7)
    return said(lambda: InfoNCE()(A, A))


@dataclass(frozen=True, kw_only=True)
class Fragile(Cubes):
    """The second rank leaves while it works on its second block, or in the backward pass."""

    tiles: int = 1

    def terms(self, s_NM: Tensor, rel: Tile):
        global seen
        seen += 1
        if dist.get_rank() == 1 and seen > self.tiles:
            os._exit(7)
        yield from super().terms(s_NM, rel)


seen = 0


def dies_inside(when: str, rank: int, world: int) -> tuple[str, str, float]:
    a = A.clone().requires_grad_()
    objective = Fragile(tiles=1 if when == "forward" else world)
    return said(lambda: objective(a, A, plan=Plan(rows=3, cols=3)).backward())


def own_weights(rank: int) -> object:
    """Weights of pairs, for all candidates, but not on the second rank."""
    return InfoNCE()(
        A, A, relation=Weighted(SameKey(torch.arange(3), torch.arange(3)), torch.ones(3, 3 if rank else 6))
    )


ONE_SIDED: dict[str, Callable[[int], object]] = {
    "weights": lambda rank: InfoNCE()(A, A, weights=torch.ones(3) if rank else None),
    "labels": lambda rank: InfoNCE()(A, A, labels=torch.arange(3) if rank else None),
    "shape of pair weights": own_weights,
}


def one_sided(name: str, rank: int, world: int) -> tuple[str, str, float]:
    """Something that only one rank passes."""
    return said(lambda: ONE_SIDED[name](rank))
