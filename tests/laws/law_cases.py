"""What the laws run on: every objective of the package, and inputs that follow from what it declares.

Nothing here is edited to add an objective: it is found by scanning the package, built from its defaults, and given
every kind of input that its ``needs`` and ``joint`` allow.
"""

import importlib
import inspect
import pkgutil
from dataclasses import dataclass, fields, replace
from enum import Enum

import torch
from torch import Tensor

import counterpoint.objectives
from counterpoint.pairwise import (
    Dot,
    EachView,
    Loss,
    ManyViews,
    Needs,
    Objective,
    SameKey,
    SelfLabelled,
    Tile,
    WholeBatch,
)


def objective_classes() -> list[type[Loss]]:
    """Every loss written in ``counterpoint.objectives``, also one that is not finished (still abstract)."""
    found: list[type[Loss]] = []
    for module in pkgutil.walk_packages(counterpoint.objectives.__path__, "counterpoint.objectives."):
        members = vars(importlib.import_module(module.name)).values()
        found += [
            one for one in members if inspect.isclass(one) and issubclass(one, Loss) and one.__module__ == module.name
        ]
    return sorted((one for one in found if not one.__name__.startswith("_")), key=lambda one: one.__name__)


def finished_classes() -> list[type[Loss]]:
    """Those that can be built; what is missing from the others is said by the law of completeness."""
    return [one for one in objective_classes() if not inspect.isabstract(one) and hasattr(one, "needs")]


def pairwise_classes() -> list[type[Objective]]:
    """Those that are made of terms and a head."""
    return [one for one in finished_classes() if issubclass(one, Objective)]


def variants() -> list[Loss]:
    """Every loss by its defaults, with each flag and choice changed once, and with inner products."""
    found: list[Loss] = []
    for one in finished_classes():
        default = one()
        found.append(default)
        for field in fields(one):
            value = getattr(default, field.name)
            if isinstance(value, bool):
                found.append(replace(default, **{field.name: not value}))
            elif isinstance(value, Enum):
                found += [replace(default, **{field.name: other}) for other in type(value) if other is not value]
            elif field.name == "similarity" and field.init:
                found.append(replace(default, similarity=Dot()))
    return found


def pairwise_variants() -> list[Objective]:
    """Those of them that are made of terms and a head."""
    return [one for one in variants() if isinstance(one, Objective)]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One call of an objective.

    Attributes:
        owners: int64 `[M]`, the anchor that each candidate is the positive of; -1 for nobody's.
        prototypes: Candidates are rows of classes.
        per_class: How many of each.
    """

    name: str
    anchors: Tensor
    candidates: Tensor | None = None
    negatives: Tensor | None = None
    labels: Tensor | None = None
    scores: Tensor | None = None
    owners: Tensor | None = None
    prototypes: bool = False
    per_class: int = 1

    def embeddings(self) -> dict[str, Tensor]:
        """What has a gradient."""
        every = {"anchors": self.anchors, "candidates": self.candidates, "negatives": self.negatives}
        return {name: value for name, value in every.items() if value is not None}

    def given(self) -> dict[str, object]:
        """The other arguments of the call."""
        found: dict[str, object] = {"labels": self.labels, "scores": self.scores}
        if self.owners is not None:
            found["relation"] = SameKey(torch.arange(len(self.anchors)), self.owners, local=True)
        return {name: value for name, value in found.items() if value is not None}

    def tile(self, *, joint: bool, features: bool) -> Tile:
        """The whole relation, entry by entry: written again here, so that the library's own is checked too."""
        if features:
            same = torch.tensor([[d == e for e in range(self.anchors.shape[1])] for d in range(self.anchors.shape[1])])
            return Tile(positive=same, negative=~same)
        if self.scores is not None:
            y = self.scores.tolist()
            positive = torch.tensor([[yi > yj for yj in y] for yi in y])
            gaps = torch.tensor([[max(yi - yj, 0.0) for yj in y] for yi in y], dtype=torch.float64)
            return Tile(positive=positive, negative=torch.zeros_like(positive), weight=gaps)
        if self.prototypes:
            classes = [k // self.per_class for k in range(len(self.candidates))]
            same = torch.tensor([[y == k for k in classes] for y in self.labels.tolist()])
            return Tile(positive=same, negative=~same)
        keys = list(range(len(self.anchors))) if self.labels is None else self.labels.tolist()
        alone = self.candidates is None or joint
        if alone:
            rows = cols = keys if self.candidates is None else keys + keys
        else:
            extra = 0 if self.negatives is None else self.negatives.flatten(0, -2).shape[0]
            rows, cols = keys, (keys + [-1] * extra if self.owners is None else self.owners.tolist())
        own = [[alone and i == j for j in range(len(cols))] for i in range(len(rows))]
        same = [[x == y and x >= 0 for y in cols] for x in rows]
        positive, compared = torch.tensor(same), ~torch.tensor(own)
        return Tile(positive=positive & compared, negative=~positive & compared)

    def to(self, dtype: torch.dtype) -> "Case":
        """The same in another precision."""
        return replace(self, **{name: value.to(dtype) for name, value in self.embeddings().items()})


def cases(objective: Loss, *, n: int = 6, d: int = 4, seed: int = 0, labels: list[int] | None = None) -> list[Case]:
    """Every kind of call that the objective allows, in float64.

    Args:
        objective: Its ``needs`` and ``joint`` are looked at.
        n: Anchors.
        d: Dimension.
        seed: Of the random numbers.
        labels: `[n]`; by default two classes, a class of one, and an unlabelled row (-1) when n is large enough.
    """
    g = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    if Needs.SCORES in objective.needs:
        y = torch.randint(0, 4, (n,), generator=g).double()
        return [Case(name="scored", anchors=draw(n, d), candidates=draw(n, d), scores=y)]
    y = torch.tensor(labels if labels is not None else [0, 1, 0, 1, -1, 2, 0, 0, 1][:n])
    if isinstance(objective, SelfLabelled):
        shapes = (
            {"three views": (n, 3, d)} if Needs.VIEWS in objective.needs else {"one view": (n, d), "views": (n, 2, d)}
        )
        return [
            Case(name=name, anchors=draw(*shape), candidates=draw(5, d), prototypes=True)
            for name, shape in shapes.items()
        ]
    if isinstance(objective, ManyViews) and objective.sides:
        return [Case(name="samples", anchors=draw(n, 3, d), candidates=draw(n, 3, d))]
    if isinstance(objective, (ManyViews, EachView, WholeBatch)):
        known = y if Needs.LABELS in objective.needs else None
        found = [
            Case(name="views", anchors=draw(n, d), candidates=draw(n, d), labels=known),
            Case(name="three views", anchors=draw(n, 3, d), labels=known),
        ]
        if Needs.VIEWS not in objective.needs:
            found.append(Case(name="one view", anchors=draw(n, d), labels=known))
        return found
    if Needs.VIEWS in objective.needs:
        return [Case(name="views", anchors=draw(n, d), candidates=draw(n, d))]
    if isinstance(objective, Objective) and objective.prototypes:
        per_class = objective.per_class
        centres = draw((max(int(y.max()) + 1, 1) + 1) * per_class, d)
        case = Case(name="prototypes", anchors=draw(n, d), candidates=centres, labels=y)
        return [replace(case, prototypes=True, per_class=per_class)]
    found = [
        Case(name="pairs", anchors=draw(n, d), candidates=draw(n, d)),
        Case(name="labelled pairs", anchors=draw(n, d), candidates=draw(n, d), labels=y),
        Case(name="labelled rows", anchors=draw(n, d), labels=y),
    ]
    if not objective.joint:
        owners = torch.cat([torch.arange(n), torch.randint(-1, n, (n + 1,), generator=g)])
        found += [
            Case(name="negatives", anchors=draw(n, d), candidates=draw(n, d), negatives=draw(3, d)),
            Case(name="own negatives", anchors=draw(n, d), candidates=draw(n, d), negatives=draw(n, 2, d)),
            Case(name="owners", anchors=draw(n, d), candidates=draw(2 * n + 1, d), owners=owners),
        ]
    return found


def labels_of(value: object) -> str:
    """Names in test ids."""
    return value.name.replace(" ", "-") if isinstance(value, Case) else str(value).replace("()", "")


def every_call() -> list[tuple[Loss, Case]]:
    """All variants with all their cases."""
    return [(objective, case) for objective in variants() for case in cases(objective)]


def every_pairwise_call() -> list[tuple[Objective, Case]]:
    """Those of losses that are made of terms and a head."""
    return [(objective, case) for objective in pairwise_variants() for case in cases(objective)]
