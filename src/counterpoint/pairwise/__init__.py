"""The engine: any objective over all pairs of rows, without keeping the matrix of pairs."""

from counterpoint.pairwise.arrange import Given, Problem, checked_embeddings
from counterpoint.pairwise.contract import Objective
from counterpoint.pairwise.needs import Needs
from counterpoint.pairwise.plan import DENSE, Plan
from counterpoint.pairwise.relation import Greater, Others, Relation, SameKey, Tile
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.similarity import Cosine, Difference, Dot, Similarity
from counterpoint.pairwise.terms import Requests, Term, cols, rows

__all__ = [
    "DENSE",
    "Cosine",
    "Difference",
    "Dot",
    "Given",
    "Greater",
    "Needs",
    "Objective",
    "Others",
    "Plan",
    "Problem",
    "Ranks",
    "Relation",
    "Requests",
    "SameKey",
    "Similarity",
    "Term",
    "Tile",
    "checked_embeddings",
    "cols",
    "rows",
]
