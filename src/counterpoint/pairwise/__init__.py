"""The engine: any objective over all pairs of rows, without keeping the matrix of pairs."""

from counterpoint.pairwise.arrange import Given, Problem, check_embeddings
from counterpoint.pairwise.contract import Objective
from counterpoint.pairwise.plan import DENSE, Plan
from counterpoint.pairwise.relation import Greater, Others, Relation, SameKey, Tile
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.similarity import Cosine, Difference, Dot, Similarity
from counterpoint.pairwise.terms import Term, cols, rows

__all__ = [
    "DENSE",
    "Cosine",
    "Difference",
    "Dot",
    "Given",
    "Greater",
    "Objective",
    "Others",
    "Plan",
    "Problem",
    "Ranks",
    "Relation",
    "SameKey",
    "Similarity",
    "Term",
    "Tile",
    "check_embeddings",
    "cols",
    "rows",
]
