"""The engine: any objective over all pairs of rows, without keeping the matrix of pairs."""

from counterpoint.pairwise.arrange import Given, Problem, checked_embeddings
from counterpoint.pairwise.composed import Both, Either, Opposite, Restricted, Sparing
from counterpoint.pairwise.contract import Objective
from counterpoint.pairwise.distributions import NegativeKL, VonMisesFisherLikelihood
from counterpoint.pairwise.euclidean import NegativeEuclidean, NegativeSquaredDifference, NegativeSquaredEuclidean
from counterpoint.pairwise.explain import Explanation, explain
from counterpoint.pairwise.explicit import Explicit
from counterpoint.pairwise.gates import GatedDot
from counterpoint.pairwise.hyperbolic import NegativeLorentz, NegativePoincare
from counterpoint.pairwise.kernels import GaussianKernel, Kernel, KernelMixture, LaplacianKernel, PowerKernel
from counterpoint.pairwise.loss import Loss
from counterpoint.pairwise.needs import Needs
from counterpoint.pairwise.plan import DENSE, Budget, Plan, Streams
from counterpoint.pairwise.relation import Around, Others, Relation, SameKey
from counterpoint.pairwise.ring import Ranks
from counterpoint.pairwise.self_labelled import SelfLabelled, over_prototypes
from counterpoint.pairwise.similarity import (
    AnchorCosine,
    Correlation,
    Cosine,
    Covariance,
    Difference,
    Dot,
    InnerProduct,
    OfInnerProduct,
    Similarity,
)
from counterpoint.pairwise.split_kernels import SplitKernels
from counterpoint.pairwise.terms import STAGE, Axis, Requests, Stage, Staged, Term, Terms, cols, rows
from counterpoint.pairwise.tile import Tile
from counterpoint.pairwise.token_sets import MaxSim
from counterpoint.pairwise.valued import Greater, Scaled, Weighted
from counterpoint.pairwise.views import EachView, ManyViews
from counterpoint.pairwise.volumes import NegativeVolume
from counterpoint.pairwise.whole_batch import WholeBatch

__all__ = [
    "DENSE",
    "STAGE",
    "AnchorCosine",
    "Around",
    "Axis",
    "Both",
    "Budget",
    "Correlation",
    "Cosine",
    "Covariance",
    "Difference",
    "Dot",
    "EachView",
    "Either",
    "Explanation",
    "Explicit",
    "GatedDot",
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
    "NegativeSquaredDifference",
    "NegativeSquaredEuclidean",
    "NegativeVolume",
    "Objective",
    "OfInnerProduct",
    "Opposite",
    "Others",
    "Plan",
    "PowerKernel",
    "Problem",
    "Ranks",
    "Relation",
    "Requests",
    "Restricted",
    "SameKey",
    "Scaled",
    "SelfLabelled",
    "Similarity",
    "Sparing",
    "SplitKernels",
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
    "over_prototypes",
    "rows",
]
