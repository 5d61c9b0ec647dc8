"""The engine: any objective over all pairs of rows, without keeping the matrix of pairs."""

from counterpoint.pairwise.arrange import Given, Problem, checked_embeddings
from counterpoint.pairwise.contract import Objective
from counterpoint.pairwise.distributions import NegativeKL, VonMisesFisherLikelihood
from counterpoint.pairwise.euclidean import NegativeEuclidean, NegativeSquaredEuclidean
from counterpoint.pairwise.hyperbolic import NegativeLorentz, NegativePoincare
from counterpoint.pairwise.kernels import GaussianKernel, Kernel, KernelMixture, LaplacianKernel
from counterpoint.pairwise.needs import Needs
from counterpoint.pairwise.plan import DENSE, Plan
from counterpoint.pairwise.relation import Greater, Others, Relation, SameKey, Tile
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.similarity import Cosine, Difference, Dot, Similarity
from counterpoint.pairwise.terms import Requests, Term, cols, rows
from counterpoint.pairwise.token_sets import MaxSim

__all__ = [
    "DENSE",
    "Cosine",
    "Difference",
    "Dot",
    "GaussianKernel",
    "Given",
    "Greater",
    "Kernel",
    "KernelMixture",
    "LaplacianKernel",
    "MaxSim",
    "Needs",
    "NegativeEuclidean",
    "NegativeKL",
    "NegativeLorentz",
    "NegativePoincare",
    "NegativeSquaredEuclidean",
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
    "VonMisesFisherLikelihood",
    "checked_embeddings",
    "cols",
    "rows",
]
