"""Calls that real processes make on their share and one process on the whole, for test_ring_objectives.

Importable by processes that are started afresh.
"""

import itertools
import warnings
from dataclasses import dataclass, replace

import torch
from staged import STAGED, Extremes, OneStage, TwoStages, Whole
from torch import Tensor

from counterpoint.objectives import (
    CLIP,
    BarlowTwins,
    BatchHardTriplet,
    InfoNCE,
    NTXent,
    SigLIP,
    SmoothAP,
    SupCon,
)
from counterpoint.pairwise import DENSE, Dot, NegativeEuclidean, NegativeSquaredEuclidean, Objective, Plan, SameKey
from counterpoint.pairwise.valued import Weighted

Found = dict[str, Tensor]
TILES = Plan(rows=2, cols=3)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of an objective; tensors are those of the whole batch.

    Attributes:
        keys: Of anchors and candidates; without them candidates are paired with anchors.
        pair_weights: `[N, M]`.
        first: Rows of the ranks before this one, and this rank's: anchors and candidates.
    """

    name: str
    objective: Objective
    plan: Plan | None
    anchors: Tensor
    candidates: Tensor | None = None
    labels: Tensor | None = None
    weights: Tensor | None = None
    keys: tuple[Tensor, Tensor] | None = None
    pair_weights: Tensor | None = None

    def share(self, rank: int, world: int) -> "Call":
        """This rank's rows of everything; the weights of pairs for all candidates."""
        mine = bounds(len(self.anchors), rank, world)
        theirs = mine if self.keys is None else bounds(len(self.keys[1]), rank, world, turned=True)
        part = replace(self, anchors=self.anchors[mine])
        for name in ("labels", "weights", "pair_weights"):
            value = getattr(self, name)
            if value is not None:
                part = replace(part, **{name: value[mine]})
        if self.candidates is not None:
            part = replace(part, candidates=self.candidates[theirs])
        if self.keys is not None:
            part = replace(part, keys=(self.keys[0][mine], self.keys[1][theirs]))
        return part

    def outcome(self) -> Found:
        """The loss and every gradient."""
        names = ("anchors",) if self.candidates is None else ("anchors", "candidates")
        leaves = {name: getattr(self, name).clone().requires_grad_() for name in names}
        numbers = {
            name: torch.tensor(float(getattr(self.objective, name)), dtype=self.anchors.dtype, requires_grad=True)
            for name in self.objective.numbers()
        }
        relation = None if self.keys is None else SameKey(*self.keys)
        if self.pair_weights is not None:
            assert relation is not None
            relation = Weighted(relation, self.pair_weights)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "[0-9]+ of [0-9]+ anchors have no positive")
            loss = self.objective(
                **leaves, **numbers, labels=self.labels, weights=self.weights, relation=relation, plan=self.plan
            )
        found = torch.autograd.grad(loss, [*leaves.values(), *numbers.values()], materialize_grads=True)
        return {"loss": loss.detach(), **dict(zip([*leaves, *numbers], found, strict=True))}


def bounds(n: int, rank: int, world: int, *, turned: bool = False) -> slice:
    """Uneven: all but one rank hold one or two rows; the first holds what is left, or the last when turned."""
    lengths = [1 + (r % 2) for r in range(world)]
    lengths[0] = n - sum(lengths[1:])
    starts = list(itertools.accumulate(lengths[::-1] if turned else lengths, initial=0))
    return slice(starts[rank], starts[rank + 1])


def calls(world: int = 2) -> list[Call]:
    """Everything that is compared, in the same order in every process; on more than two ranks by tiles alone."""
    return [one for one in _calls() if world == 2 or one.plan == TILES]


def _calls() -> list[Call]:
    g = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    n, m = 9, 13
    keys = (torch.tensor([0, 1, 2, 0, 1, 5, -1, 3, 3]), torch.tensor([0, 1, 2, 0, 1, 5, -1, 2, 0, 7, 1, 3, 3]))
    many = {"anchors": draw(n, 3), "candidates": draw(m, 3), "keys": keys}
    pairs = {"anchors": draw(n, 4), "candidates": draw(n, 4)}
    labelled = {"anchors": draw(n, 4), "labels": torch.tensor([0, 1, 2, 0, 1, 2, 1, 0, 2])}
    found = [
        Call(name=f"{objective} {plan}", objective=objective, plan=plan, **many)
        for objective in STAGED
        for plan in (TILES, DENSE)
    ]
    # Few values, so that the largest is on several ranks; and rows that are all alike.
    few = torch.randint(0, 2, (n + m, 2), generator=g).double()
    ties = {"anchors": few[:n], "candidates": few[n:], "keys": keys}
    alike = {"anchors": torch.ones(n, 2, dtype=torch.float64), "candidates": torch.ones(m, 2, dtype=torch.float64)}
    for objective, plan in itertools.product((Extremes(similarity=Dot()), OneStage(similarity=Dot())), (TILES, DENSE)):
        found.append(Call(name=f"ties {objective} {plan}", objective=objective, plan=plan, **ties))
        found.append(Call(name=f"alike {objective} {plan}", objective=objective, plan=plan, keys=keys, **alike))
    for plan in (None, TILES):
        weights = torch.rand(n, generator=g, dtype=torch.float64) + 0.1
        weights[1] = 0
        each = torch.rand(n, m, generator=g, dtype=torch.float64)
        each[each < 0.2] = 0
        few_weights = torch.cat([weights[:-2], torch.zeros(2)])  # none on the last rank
        found.append(Call(name=f"weights elsewhere {plan}", objective=CLIP(), plan=plan, weights=few_weights, **pairs))
        for objective in (InfoNCE(), CLIP(), NTXent(), SigLIP()):
            found.append(
                Call(name=f"weights {objective} {plan}", objective=objective, plan=plan, weights=weights, **pairs)
            )
        for objective in (SupCon(), BatchHardTriplet(), SmoothAP(temperature=0.1)):
            found.append(
                Call(name=f"weights {objective} {plan}", objective=objective, plan=plan, weights=weights, **labelled)
            )
        for objective in (InfoNCE(), CLIP(), SigLIP(), TwoStages()):
            found.append(
                Call(name=f"pairs {objective} {plan}", objective=objective, plan=plan, pair_weights=each, **many)
            )
        for objective in (
            SmoothAP(temperature=0.1), SmoothAP(temperature=0.1, similarity=NegativeEuclidean()),
            InfoNCE(similarity=Dot()), CLIP(similarity=Dot(), temperature=0.02), InfoNCE(temperature=0.01),
            CLIP(temperature=0.01), InfoNCE(temperature=0.002), CLIP(temperature=0.002),
            InfoNCE(similarity=NegativeSquaredEuclidean()), CLIP(similarity=NegativeSquaredEuclidean()), Whole(),
        ):  # fmt: skip
            found.append(Call(name=f"{objective} {plan}", objective=objective, plan=plan, **many))
        for objective in (NTXent(similarity=NegativeSquaredEuclidean()), NTXent(temperature=0.002), BarlowTwins()):
            found.append(Call(name=f"{objective} {plan}", objective=objective, plan=plan, **pairs))
        # One shift is tried, and fails in the last rank's row alone, which lies opposite to all candidates.
        narrow = torch.eye(4, dtype=torch.float64)[:1] + 0.1 * draw(2 * n, 4)
        narrow[n - 1] *= -1
        opposite = {"anchors": narrow[:n].float(), "candidates": narrow[n:].float()}
        found += [
            Call(name=f"opposite {one} {plan}", objective=one, plan=plan, **opposite)
            for one in (InfoNCE(temperature=0.01), CLIP(temperature=0.01))
        ]
    return found
