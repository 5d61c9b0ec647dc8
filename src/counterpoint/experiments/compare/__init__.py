"""A fair bake-off of objectives and encoders: the same data, order, steps and tuning for each, and who is better."""

from counterpoint.experiments.compare.bakeoff import ComparisonResult, compare
from counterpoint.experiments.compare.candidates import Candidate, LeftOut, choose_candidates
from counterpoint.experiments.compare.folder import CompareFolder
from counterpoint.experiments.compare.ground import Grounds, open_grounds
from counterpoint.experiments.compare.page import write_page
from counterpoint.experiments.compare.plan import Costs, Plan, Request, make_plan
from counterpoint.experiments.compare.run import StoppedError
from counterpoint.experiments.compare.verdict import Row, Verdict

__all__ = [
    "Candidate",
    "CompareFolder",
    "ComparisonResult",
    "Costs",
    "Grounds",
    "LeftOut",
    "Plan",
    "Request",
    "Row",
    "StoppedError",
    "Verdict",
    "choose_candidates",
    "compare",
    "make_plan",
    "open_grounds",
    "write_page",
]
