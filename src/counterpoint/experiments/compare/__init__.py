"""A fair bake-off of objectives, contrasts and encoders: equal data, steps and tuning for each, and who is better."""

from counterpoint.experiments.compare.bakeoff import ComparisonResult, compare
from counterpoint.experiments.compare.candidate import AnyRecipe, Candidate, LeftOut, R
from counterpoint.experiments.compare.candidates import choose_candidates
from counterpoint.experiments.compare.content import ContentContest
from counterpoint.experiments.compare.contest import Contest
from counterpoint.experiments.compare.folder import CompareFolder
from counterpoint.experiments.compare.ground import Grounds, open_grounds
from counterpoint.experiments.compare.items import ItemContest
from counterpoint.experiments.compare.nodes import NodeContest
from counterpoint.experiments.compare.page import write_page
from counterpoint.experiments.compare.plan import Costs, Plan, Request, make_plan
from counterpoint.experiments.compare.run import StoppedError
from counterpoint.experiments.compare.terms import Terms
from counterpoint.experiments.compare.verdict import Row, Verdict

__all__ = [
    "AnyRecipe",
    "Candidate",
    "CompareFolder",
    "ComparisonResult",
    "ContentContest",
    "Contest",
    "Costs",
    "Grounds",
    "ItemContest",
    "LeftOut",
    "NodeContest",
    "Plan",
    "R",
    "Request",
    "Row",
    "StoppedError",
    "Terms",
    "Verdict",
    "choose_candidates",
    "compare",
    "make_plan",
    "open_grounds",
    "write_page",
]
