"""Rules beside the relations they stand for, on a few rows; and on a share of them, for one of two processes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from counterpoint.data import Batch, Supervision
from counterpoint.encoders import MLP, LinearHead, Passthrough
from counterpoint.experiments.recipe import Recipe
from counterpoint.methods import Method, Momentum, QueueStep
from counterpoint.objectives import InfoNCE, SoftTargets, SupCon
from counterpoint.pairs import (
    BelowPositive,
    Doubted,
    EasiestPositives,
    Edges,
    Graded,
    HardestOnly,
    HardestPositives,
    Linked,
    MetadataKernel,
    Nearby,
    NearestNeighbours,
    Overlap,
    SemiHardNegatives,
    Similar,
    Within,
    rules,
)
from counterpoint.pairwise import Loss, Relation, SameKey
from counterpoint.training import Constant, TrainSettings
from counterpoint.training.caching import backward
from counterpoint.training.ranks import average_gradients
from counterpoint.views import GaussianNoise

N, D = 8, 5
SEEDS = torch.arange(N) + 40
SHARES = [slice(0, 5), slice(5, N)]


def drawn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


FACTS = {
    "name:label": torch.arange(N) % 3,
    "name:cluster": torch.tensor([0, 0, 1, 1, -1, 2, 2, -1]),
    "names:tags": (drawn(N, 4, seed=8) > 0.3).float(),
    "numbers:time": torch.tensor([[0.0], [1.0], [1.5], [9.0], [10.0], [20.0], [20.5], [30.0]], dtype=torch.float64),
    "numbers:score": torch.tensor([[1.0], [0.5], [2.0], [0.25], [1.0], [1.0], [3.0], [1.0]], dtype=torch.float64),
    "vector:metadata": drawn(N, 2, seed=9),
    "vector:teacher": drawn(N, 3, seed=10),
    "name:id": torch.tensor([7, 3, 1, 0, 2, 6, 5, 4]),
    "links:links": torch.tensor([[3, 1], [-1, -1], [6, -1], [7, 2], [-1, -1], [0, 5], [1, -1], [4, 3]]),
}
LINKS = [(0, 3), (0, 1), (2, 6), (3, 7), (3, 2), (5, 0), (5, 5), (6, 1), (7, 4), (7, 3)]
ROWS = drawn(N, D, seed=3)
BATCH = Batch(rows=np.arange(N), anchor=ROWS, label=FACTS["name:label"], facts=FACTS)


@dataclass
class Hand:
    """What a relation by hand is made of: rows of both sides by number, and embeddings."""

    rows: torch.Tensor
    a: torch.Tensor
    columns: torch.Tensor
    b: torch.Tensor

    def own(self) -> Relation:
        return SameKey(self.rows, self.columns)

    def fact(self, key: str, **settings) -> dict:
        return {"anchors": FACTS[key][self.rows], "candidates": FACTS[key][self.columns], **settings}

    def same(self, key: str) -> Relation:
        return SameKey(FACTS[key][self.rows], FACTS[key][self.columns])

    def guide(self, **settings) -> dict:
        return {"anchors": ROWS[self.rows], "candidates": ROWS[self.columns], **settings}

    def learner(self, **settings) -> dict:
        return {"anchors": self.a, "candidates": self.b, **settings}


@dataclass(frozen=True)
class Case:
    rule: rules.Rule
    hand: Callable[[Hand], Relation]
    objective: Loss = field(default_factory=lambda: InfoNCE(temperature=0.2))


def linked(hand: Hand) -> Relation:
    ids = FACTS["name:id"]
    pairs = torch.tensor([(int(ids[row]), link) for row, link in LINKS])
    return Linked(edges=Edges.of(pairs), anchors=ids[hand.rows], candidates=ids[hand.columns])


CALM, LEARNER, TEACHER = rules.Supervised(), rules.Learner(), rules.Vectors()
CLUSTER = rules.Same(column="cluster")
CASES = {
    "supervised": Case(CALM, Hand.own),
    "same label": Case(rules.Same(), lambda h: h.same("name:label")),
    "one of several labels": Case(
        CALM | rules.Overlap(least=2), lambda h: h.own() | Overlap(**h.fact("names:tags", least=2))
    ),
    "overlap of labels": Case(
        CALM | rules.Overlap(graded=True),
        lambda h: h.own() | Overlap(**h.fact("names:tags", graded=True)),
        SupCon(temperature=0.3),
    ),
    "near in time": Case(
        rules.Nearby(window=1.0, gap=5.0), lambda h: Nearby(**h.fact("numbers:time", window=1.0, gap=5.0))
    ),
    "metadata": Case(
        rules.MetadataKernel(bandwidth=0.7),
        lambda h: MetadataKernel(**h.fact("vector:metadata", bandwidth=0.7)),
        SoftTargets(temperature=0.2),
    ),
    "edges": Case(CALM | rules.Linked(), lambda h: h.own() | linked(h)),
    "grades": Case(
        rules.Graded(), lambda h: Graded(h.own(), FACTS["numbers:score"][h.rows, 0].float()), SupCon(temperature=0.3)
    ),
    "within clusters": Case(
        rules.Within(), lambda h: Within(h.own(), FACTS["name:cluster"][h.rows], FACTS["name:cluster"][h.columns])
    ),
    "sparing a cluster": Case(CALM.sparing(CLUSTER), lambda h: h.own().sparing(h.same("name:cluster"))),
    "sparing the similar": Case(
        CALM.sparing(rules.Similar(threshold=0.3)), lambda h: h.own().sparing(Similar(**h.guide(threshold=0.3)))
    ),
    "similar to a teacher": Case(
        CALM | rules.Similar(by=TEACHER, threshold=0.6, graded=True),
        lambda h: h.own() | Similar(**h.fact("vector:teacher", threshold=0.6, graded=True)),
        SupCon(temperature=0.3),
    ),
    "below the positive": Case(
        rules.BelowPositive(margin=0.4, relative=True),
        lambda h: BelowPositive(inner=h.own(), **h.guide(margin=0.4, relative=True)),
    ),
    "below the positive, for the learner": Case(
        rules.BelowPositive(by=LEARNER, margin=0.1), lambda h: BelowPositive(inner=h.own(), **h.learner(margin=0.1))
    ),
    "doubted": Case(
        rules.Doubted(softness=0.1, margin=0.2), lambda h: Doubted(inner=h.own(), **h.guide(softness=0.1, margin=0.2))
    ),
    "doubted by a teacher": Case(
        rules.Doubted(by=TEACHER, threshold=0.2),
        lambda h: Doubted(inner=h.own(), **h.fact("vector:teacher", threshold=0.2)),
    ),
    "the hardest": Case(rules.HardestOnly(by=LEARNER, k=2), lambda h: HardestOnly(inner=h.own(), **h.learner(k=2))),
    "mined": Case(
        rules.SemiHardNegatives(by=LEARNER, inner=rules.HardestPositives(by=LEARNER, inner=rules.Same()), k=2),
        lambda h: SemiHardNegatives(
            inner=HardestPositives(inner=h.same("name:label"), **h.learner(k=1)), **h.learner(k=2)
        ),
    ),
    "easy positives": Case(
        rules.EasiestPositives(inner=rules.Same(), k=1),
        lambda h: EasiestPositives(inner=h.same("name:label"), **h.guide(k=1)),
    ),
    # Both views of the neighbour: a guide does not tell them apart, and of two alike either may be taken.
    "neighbours": Case(
        rules.NearestNeighbours(k=2), lambda h: NearestNeighbours(inner=h.own(), **h.guide(k=2)), SupCon()
    ),
    "composed": Case(
        (2.0 * (CALM | rules.Same() & ~rules.Overlap(least=2))) * rules.Nearby(window=40.0, gap=50.0),
        lambda h: (
            (2.0 * (h.own() | h.same("name:label") & ~Overlap(**h.fact("names:tags", least=2))))
            * Nearby(**h.fact("numbers:time", window=40.0, gap=50.0))
        ),
    ),
}


def recipe_of(case: Case, **changes) -> Recipe:
    recipe = Recipe(
        encoder=MLP(hidden=(8,), dim=6, batch_norm=False), objective=case.objective, supervision=Supervision.VIEWS,
        views=(GaussianNoise(std=0.5), GaussianNoise(std=0.2)), head=LinearHead(out_dim=4), relation=case.rule,
        guide=Passthrough() if case.rule.guided else None,
        training=TrainSettings(steps=6, batch_size=N, schedule=Constant()),
    )  # fmt: skip
    return replace(recipe, **changes)


QUEUED = {"queue": QueueStep(size=12, teacher=Momentum(base=0.9), reverse=0.5)}
SPREAD = ("supervised", "near in time", "edges", "within clusters", "sparing the similar", "doubted", "the hardest")


def built(recipe: Recipe) -> Method:
    return recipe.build(drawn(30, D, seed=1), facts=FACTS).train()


def part(share: slice, seed: int) -> Batch:
    facts = {key: one[share] for key, one in FACTS.items()}
    rows = drawn(N, D, seed=seed)[share]
    return Batch(rows=np.arange(N)[share], anchor=rows, label=FACTS["name:label"][share], facts=facts)


def steps(share: slice = slice(0, N)) -> dict[str, torch.Tensor]:
    """Losses and weights of two steps of plain descent, under every rule; under some with a queue too."""
    found: dict[str, torch.Tensor] = {}
    recipes = {name: recipe_of(case) for name, case in CASES.items()}
    recipes |= {f"{name}, queue": recipe_of(CASES[name], **QUEUED) for name in SPREAD}
    for name, recipe in recipes.items():
        method = built(recipe)
        for step in range(2):
            output = backward(method, method.prepare(part(share, step), SEEDS[share]))
            average_gradients(method)
            with torch.no_grad():
                for one in method.parameters():
                    if one.grad is not None:
                        one.sub_(0.5 * one.grad)
            method.zero_grad()
            method.after_step(step)
            found[f"{name}: loss {step}"] = output.loss.detach()
        found |= {f"{name}: {key}": one.clone() for key, one in method.state_dict().items()}
    return found


def work(rank: int, _: int) -> dict[str, torch.Tensor]:
    return steps(SHARES[rank])
