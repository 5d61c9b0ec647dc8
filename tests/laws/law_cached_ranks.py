"""What each process of the caching law does: its uneven share of a batch, encoded in chunks.

Imported in processes that are started afresh, so it does nothing on import.
"""

from dataclasses import replace

import torch
from law_cases import Case, cases, finished_classes
from law_checks import anchors_without_positives_allowed
from law_ranks import share
from torch import Tensor, nn

from counterpoint.pairwise import Loss
from counterpoint.training import cached_gradients, ranks

N, IN, OUT = 9, 5, 4
Gradients = dict[str, Tensor]
"""The loss and the gradient of every parameter."""


class Learnt(nn.Module):
    """An encoder for each side of a case, and the numbers of an objective, all to be learnt."""

    def __init__(self, objective: Loss, *, dropout: float = 0.0, shared: bool = False) -> None:
        super().__init__()
        torch.manual_seed(3)
        towers = [_tower(dropout) for _ in range(3)]
        self.towers = nn.ModuleList([towers[0]] * 3 if shared else towers)
        self.objective = objective
        values = {name: torch.tensor(float(getattr(objective, name))) for name in objective.numbers()}
        self.numbers = nn.ParameterDict(values)
        self.double()

    def loss(self, case: Case, *embeddings: Tensor) -> Tensor:
        """The objective of the case's embeddings, given in the order of their names."""
        with anchors_without_positives_allowed():
            named = dict(zip(case.embeddings(), embeddings, strict=True))
            return self.objective(**named, **case.given(), **dict(self.numbers.items()))

    def gradients(self, loss: Tensor) -> Gradients:
        """The loss and every gradient there is."""
        found = {name: one.grad for name, one in self.named_parameters() if one.grad is not None}
        return {"loss": loss.detach(), **found}


def inputs_of(case: Case) -> list[Tensor]:
    """Something of another dimension to encode, for every row of a case, whatever rank holds it."""
    grow = torch.linspace(-1, 1, OUT * IN, dtype=torch.float64).view(OUT, IN)
    return [value @ grow for value in case.embeddings().values()]


def plain(learnt: Learnt, case: Case) -> Gradients:
    """One backward pass over the whole batch."""
    torch.manual_seed(11)
    parts = zip(learnt.towers, inputs_of(case), strict=False)
    loss = learnt.loss(case, *[tower(rows) for tower, rows in parts])
    loss.backward()
    return learnt.gradients(loss)


def cached(learnt: Learnt, case: Case, chunk: int) -> Gradients:
    """The same with gradient caching."""
    torch.manual_seed(11)
    inputs = inputs_of(case)
    towers = list(learnt.towers)[: len(inputs)]
    loss = cached_gradients(towers, inputs, lambda *rows: learnt.loss(case, *rows), chunk=chunk)
    return learnt.gradients(loss)


def calls() -> list[tuple[Loss, Case]]:
    """Every objective with every kind of call that has a value, in the same order in every process."""
    return [(kind(), case) for kind in finished_classes() for case in cases(kind(), n=N)]


def work(rank: int, world: int) -> list[Gradients]:
    """Make every call with chunks of another size than the other's, and average as the trainer does."""
    found: list[Gradients] = []
    for objective, case in calls():
        learnt = Learnt(objective)
        mine, _ = share(replace(case), rank, world)
        loss = cached(learnt, mine, chunk=2 + rank)["loss"]
        ranks.average_gradients(learnt)
        found.append(learnt.gradients(loss))
    return found


def _tower(dropout: float) -> nn.Module:
    return nn.Sequential(nn.Linear(IN, 6), nn.Tanh(), nn.Dropout(dropout), nn.Linear(6, OUT))
