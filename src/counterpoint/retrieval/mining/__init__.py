"""Hard negatives for pairs of a query and its positive: searched in a corpus, thinned by rules, counted."""

from counterpoint.retrieval.mining.candidates import Candidates, KnownPairs
from counterpoint.retrieval.mining.choosing import Plan, Sample
from counterpoint.retrieval.mining.mine import Mined, mine
from counterpoint.retrieval.mining.parts import write_parts
from counterpoint.retrieval.mining.positives import hardest_positives
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
from counterpoint.retrieval.mining.scored import ExcludeUnscored, ScoredPairs
from counterpoint.retrieval.mining.scorers import PairScorer, Scorer, Space

__all__ = [
    "Candidates",
    "ExcludeDuplicates",
    "ExcludeKnown",
    "ExcludeUnscored",
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
    "ScoredPairs",
    "Scorer",
    "ScorerMargin",
    "Space",
    "Tally",
    "hardest_positives",
    "mine",
    "write_parts",
]
