"""Relations as settings: what a recipe says of who belongs to whom, and what becomes a relation with every batch.

A rule names columns where a relation holds tensors, and its other settings are those of the relation of the same name::

    from counterpoint.pairs import rules

    rules.Supervised().sparing(rules.Same(column="cluster"))
    rules.BelowPositive(inner=rules.Same() | rules.Nearby(window=60.0), by=rules.Guide(), margin=0.05)
"""

from counterpoint.pairs.rules.by_column import Linked, MetadataKernel, Nearby, Overlap, Same
from counterpoint.pairs.rules.by_embedding import (
    BelowPositive,
    Doubted,
    EasiestPositives,
    HardestOnly,
    HardestPositives,
    NearestNeighbours,
    SemiHardNegatives,
    Similar,
)
from counterpoint.pairs.rules.composed import Both, Either, Opposite, Restricted, Scaled, Sparing, check_rule
from counterpoint.pairs.rules.contract import Known, Rule, Side, Supervised
from counterpoint.pairs.rules.of_rows import Graded, Grouped, Within
from counterpoint.pairs.rules.seen import Guide, Learner, Seen, Vectors

__all__ = [
    "BelowPositive",
    "Both",
    "Doubted",
    "EasiestPositives",
    "Either",
    "Graded",
    "Grouped",
    "Guide",
    "HardestOnly",
    "HardestPositives",
    "Known",
    "Learner",
    "Linked",
    "MetadataKernel",
    "Nearby",
    "NearestNeighbours",
    "Opposite",
    "Overlap",
    "Restricted",
    "Rule",
    "Same",
    "Scaled",
    "Seen",
    "SemiHardNegatives",
    "Side",
    "Similar",
    "Sparing",
    "Supervised",
    "Vectors",
    "Within",
    "check_rule",
]
