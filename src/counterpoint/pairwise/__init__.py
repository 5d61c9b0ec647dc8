"""The engine: any objective over all pairs of rows, without keeping the matrix of pairs."""

from counterpoint.pairwise.arrange import Given, Problem, checked_embeddings
from counterpoint.pairwise.contract import Objective
from counterpoint.pairwise.distributions import NegativeKL, VonMisesFisherLikelihood
from counterpoint.pairwise.euclidean import NegativeEuclidean, NegativeSquaredEuclidean
from counterpoint.pairwise.explain import Explanation, explain
from counterpoint.pairwise.hyperbolic import NegativeLorentz, NegativePoincare
from counterpoint.pairwise.kernels import GaussianKernel, Kernel, KernelMixture, LaplacianKernel
from counterpoint.pairwise.loss import Loss
from counterpoint.pairwise.needs import Needs
from counterpoint.pairwise.plan import DENSE, Budget, Plan, Streams
from counterpoint.pairwise.relation import Greater, Others, Relation, SameKey, Weighted
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
from counterpoint.pairwise.tile import Tile
from counterpoint.pairwise.token_sets import MaxSim
from counterpoint.pairwise.views import EachView, ManyViews
from counterpoint.pairwise.whole_batch import WholeBatch

__all__ = [
    "DENSE",
    "STAGE",
    "Axis",
    "Budget",
    "Correlation",
    "Cosine",
    "Covariance",
    "Difference",
    "Dot",
    "EachView",
    "Explanation",
    "GaussianKernel",
    "Given",
    "Greater",
    "InnerProduct",
    "Kernel",
    "KernelMixture",
    "LaplacianKernel",
    "Loss",
    "ManyViews",
    "MaxSim",
    "Needs",
    "NegativeEuclidean",
    "NegativeKL",
    "NegativeLorentz",
    "NegativePoincare",
    "NegativeSquaredEuclidean",
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
    "VonMisesFisherLikelihood",
    "Weighted",
    "WholeBatch",
    "checked_embeddings",
    "cols",
    "explain",
    "rows",
]
