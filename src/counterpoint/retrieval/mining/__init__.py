"""Hard negatives for pairs of a query and its positive: searched in a corpus, thinned by rules, counted."""

from counterpoint.retrieval.mining.candidates import Candidates, KnownPairs
from counterpoint.retrieval.mining.mine import Mined, Plan, Sample, mine
from counterpoint.retrieval.mining.parts import write_parts
from counterpoint.retrieval.mining.report import MiningReport, Tally
from counterpoint.retrieval.mining.rules import (
    ExcludeDuplicates,
    ExcludeKnown,
    Margin,
    RankWindow,
    Relative,
    Rule,
    ScorerMargin,
)
from counterpoint.retrieval.mining.scorers import PairScorer, Scorer, Space

__all__ = [
    "Candidates",
    "ExcludeDuplicates",
    "ExcludeKnown",
    "KnownPairs",
    "Margin",
    "Mined",
    "MiningReport",
    "PairScorer",
    "Plan",
    "RankWindow",
    "Relative",
    "Rule",
    "Sample",
    "Scorer",
    "ScorerMargin",
    "Space",
    "Tally",
    "mine",
    "write_parts",
]
