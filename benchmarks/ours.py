"""Counterpoint's contenders: one objective a case, with the numbers that the dense formulas use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import ClassVar

import dense
from torch import Tensor
from torch.nn.functional import relu

from counterpoint import objectives
from counterpoint.base.citation import Citation
from counterpoint.pairwise import Needs, Objective, Term, Tile, rows

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class UserTerm(Objective):
    """An objective that the engine has never seen: no closed form of its derivatives is known to it."""

    cites: ClassVar[Citation] = Citation("The benchmark", "A term of a user's own", 2026, "none", "none")
    needs: ClassVar[Needs] = Needs.POSITIVES
    threshold: float = dense.THRESHOLD

    def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
        """Per row: squares of negatives above the threshold; sum of the positives."""
        yield rows.sum(relu(s_NM - self.threshold) ** 2, where=rel.negative)
        yield rows.sum(s_NM, where=rel.positive)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over anchors."""
        push_N, pull_N = statistics
        return (push_N - pull_N).mean()

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The same on the whole matrix."""
        push = relu(s_NM - self.threshold) ** 2
        return (push[rel.negative].sum() - s_NM[rel.positive].sum()) / len(s_NM)


def built(name: str, **settings: float) -> Objective | None:
    """The objective of that name with those of the settings that it has; None where this version has no such one."""
    kind = getattr(objectives, name, None)
    if kind is None:
        return None
    known = {field.name for field in fields(kind)}
    return kind(**{key: value for key, value in settings.items() if key in known})


def with_classes(objective: Objective | None) -> Loss | None:
    """Called with the labels of the batch."""
    return None if objective is None else lambda a, b: objective(a, b, labels=dense.classes(a))


def losses() -> dict[str, Loss]:
    """By case; a case that this version cannot do is left out."""
    found: dict[str, Loss | None] = {
        "info-nce": built("InfoNCE", temperature=dense.TEMPERATURE["info-nce"]),
        "clip": built("CLIP", temperature=dense.TEMPERATURE["clip"]),
        "nt-xent": built("NTXent", temperature=dense.TEMPERATURE["nt-xent"]),
        "sup-con": with_classes(built("SupCon", temperature=dense.TEMPERATURE["sup-con"])),
        "sig-lip": built("SigLIP", scale=dense.SCALE, bias=dense.BIAS),
        "hcl": built("HCL", temperature=dense.TEMPERATURE["hcl"], beta=dense.BETA, tau_plus=0.0),
        "triplet": with_classes(built("BatchHardTriplet", margin=dense.MARGIN)),
        "user-term": UserTerm(),
    }
    return {case: loss for case, loss in found.items() if loss is not None}
