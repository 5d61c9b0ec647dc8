"""The formulas: one file per idea, each objective in a few lines of terms."""

from counterpoint.objectives.average_precision import SmoothAP
from counterpoint.objectives.coding_rate import CodingRate, RateReduction
from counterpoint.objectives.decoupled import DCL
from counterpoint.objectives.dispersive import Dispersive, DispersiveHinge
from counterpoint.objectives.hardness import HCL
from counterpoint.objectives.info_nce import CLIP, InfoNCE, NTXent
from counterpoint.objectives.nearest import KoLeo
from counterpoint.objectives.norm_direction import NormDirection
from counterpoint.objectives.norms import UnitLength
from counterpoint.objectives.orthogonality import Orthogonality
from counterpoint.objectives.proxies import ProxyNCA
from counterpoint.objectives.ranking import CoSENT
from counterpoint.objectives.redundancy import BarlowTwins, Decorrelation
from counterpoint.objectives.siamese import NegativeCosine
from counterpoint.objectives.sigmoid import SigLIP
from counterpoint.objectives.spanning_tree import SpanningTree
from counterpoint.objectives.spectral import SpectralContrastive
from counterpoint.objectives.spread import Alignment, Uniformity
from counterpoint.objectives.supervised import SupCon
from counterpoint.objectives.tico import TiCo
from counterpoint.objectives.triplet import BatchHardTriplet, SemiHardTriplet
from counterpoint.objectives.variance import VICReg
from counterpoint.objectives.views import CMC
from counterpoint.objectives.weighted_sum import WeightedSum
from counterpoint.objectives.whitening import WMSE

__all__ = [
    "CLIP",
    "CMC",
    "DCL",
    "HCL",
    "WMSE",
    "Alignment",
    "BarlowTwins",
    "BatchHardTriplet",
    "CoSENT",
    "CodingRate",
    "Decorrelation",
    "Dispersive",
    "DispersiveHinge",
    "InfoNCE",
    "KoLeo",
    "NTXent",
    "NegativeCosine",
    "NormDirection",
    "Orthogonality",
    "ProxyNCA",
    "RateReduction",
    "SemiHardTriplet",
    "SigLIP",
    "SmoothAP",
    "SpanningTree",
    "SpectralContrastive",
    "SupCon",
    "TiCo",
    "Uniformity",
    "UnitLength",
    "VICReg",
    "WeightedSum",
]
