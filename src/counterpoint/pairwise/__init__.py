"""The engine: any objective over all pairs of rows, without keeping the matrix of pairs."""

from counterpoint.pairwise.arrange import Given, Problem, checked_embeddings
from counterpoint.pairwise.contract import Objective
from counterpoint.pairwise.needs import Needs
from counterpoint.pairwise.plan import DENSE, Plan, Streams
from counterpoint.pairwise.relation import Greater, Others, Relation, SameKey, Tile, Weighted
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.similarity import (
    Correlation,
    Cosine,
    Covariance,
    Difference,
    Dot,
    InnerProduct,
    OfInnerProduct,
    Similarity,
)
from counterpoint.pairwise.terms import STAGE, Axis, Requests, Stage, Staged, Term, Terms, cols, rows

__all__ = [
    "DENSE",
    "STAGE",
    "Axis",
    "Correlation",
    "Cosine",
    "Covariance",
    "Difference",
    "Dot",
    "Given",
    "Greater",
    "InnerProduct",
    "Needs",
    "Objective",
    "OfInnerProduct",
    "Others",
    "Plan",
    "Problem",
    "Ranks",
    "Relation",
    "Requests",
    "SameKey",
    "Similarity",
    "Stage",
    "Staged",
    "Streams",
    "Term",
    "Terms",
    "Tile",
    "checked_embeddings",
    "Weighted",
    "cols",
    "rows",
]
