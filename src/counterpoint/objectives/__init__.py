"""The formulas: one file per idea, each objective in a few lines of terms.

The list is for readers and type checkers; a loss of this folder that is not on it yet is found all the same.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from counterpoint.objectives.adaptive import MACL
from counterpoint.objectives.angular import Angular
from counterpoint.objectives.attraction import CACR
from counterpoint.objectives.average_precision import SmoothAP
from counterpoint.objectives.batch_all import BatchAllTriplet
from counterpoint.objectives.bridge import BridgeContrast
from counterpoint.objectives.circle import Circle
from counterpoint.objectives.cluster_discrimination import MLCD
from counterpoint.objectives.coding_rate import CodingRate, RateReduction
from counterpoint.objectives.contextual import Contextual
from counterpoint.objectives.contrastive import Contrastive, Margin
from counterpoint.objectives.correlation import Pearson
from counterpoint.objectives.cross_correlation import CrossCorrelation
from counterpoint.objectives.debiased import DebiasedContrastive
from counterpoint.objectives.decoupled import DCL, DCLW
from counterpoint.objectives.deep_clustering import DEC
from counterpoint.objectives.dispersive import Dispersive, DispersiveHinge
from counterpoint.objectives.energy import EnergyMargin, EnergyShape
from counterpoint.objectives.fast_ap import FastAP
from counterpoint.objectives.focal import FocalContrastive
from counterpoint.objectives.hardness import HCL, HardestNegatives, HardnessWeighted
from counterpoint.objectives.harmonic import Harmonic
from counterpoint.objectives.heads import AMCL
from counterpoint.objectives.independence import CLUB
from counterpoint.objectives.info_nce import CLIP, InfoNCE, NTXent
from counterpoint.objectives.information import GaussianInformation
from counterpoint.objectives.inner_products import CIP
from counterpoint.objectives.joint_entropy import JointEntropy
from counterpoint.objectives.leading import PMRLAlignment
from counterpoint.objectives.lifted import GeneralizedLifted, LiftedStructure
from counterpoint.objectives.long_tail import BCL, GML
from counterpoint.objectives.mann_whitney import MannWhitney
from counterpoint.objectives.margin_softmax import AdditiveMargin
from counterpoint.objectives.margins import ArcFace, CombinedMargin, CosFace
from counterpoint.objectives.matching import CMIM
from counterpoint.objectives.meta_nodes import PamC
from counterpoint.objectives.multi_label import DecoupledSoftmax, SoftTopK
from counterpoint.objectives.multi_similarity import MultiSimilarity
from counterpoint.objectives.multi_view import MVDHEL, MVInfoNCE, PolyForm, PolyView
from counterpoint.objectives.nca import NCA
from counterpoint.objectives.nearest import KoLeo
from counterpoint.objectives.nearest_classes import ICNN
from counterpoint.objectives.neighbourhood import NContrast
from counterpoint.objectives.neighbours import ICon
from counterpoint.objectives.norm_direction import NormDirection
from counterpoint.objectives.norms import UnitLength
from counterpoint.objectives.orthogonality import Orthogonality
from counterpoint.objectives.proxies import ProxyNCA
from counterpoint.objectives.proxy_anchor import ProxyAnchor
from counterpoint.objectives.ranking import CoSENT, DiffKendall, ListMLE, RankNet
from counterpoint.objectives.redundancy import BarlowTwins, Decorrelation
from counterpoint.objectives.regression import CosineRegression
from counterpoint.objectives.robust import RGCL
from counterpoint.objectives.self_similar import CCSL, CSSL
from counterpoint.objectives.siamese import NegativeCosine
from counterpoint.objectives.sigmoid import SigLIP
from counterpoint.objectives.similarity_graph import SIGROT
from counterpoint.objectives.soft_targets import SoftTargets
from counterpoint.objectives.soft_triple import CentreMerging, SoftTriple
from counterpoint.objectives.sorting import GroCo
from counterpoint.objectives.spanning_tree import SpanningTree
from counterpoint.objectives.sparsemax import Sparsemax, sparsemax
from counterpoint.objectives.spectral import SpectralContrastive
from counterpoint.objectives.spherical import TaylorSoftmax, ZLoss
from counterpoint.objectives.spread import Alignment, Uniformity
from counterpoint.objectives.submodular import FacilityLocation, GraphCut, LogDeterminant, SetInformation
from counterpoint.objectives.supervised import SupCon
from counterpoint.objectives.swav import SwAV, sinkhorn
from counterpoint.objectives.tico import TiCo
from counterpoint.objectives.transport import InverseOT
from counterpoint.objectives.triplet import BatchHardTriplet, SemiHardTriplet
from counterpoint.objectives.uncertain import MCInfoNCE
from counterpoint.objectives.variance import VICReg
from counterpoint.objectives.views import CMC, LeaveOneOut
from counterpoint.objectives.volume import GRAM
from counterpoint.objectives.weighted_sum import WeightedSum
from counterpoint.objectives.whitening import WMSE

__all__ = [
    "AMCL",
    "BCL",
    "CACR",
    "CCSL",
    "CIP",
    "CLIP",
    "CLUB",
    "CMC",
    "CMIM",
    "CSSL",
    "DCL",
    "DCLW",
    "DEC",
    "GML",
    "GRAM",
    "HCL",
    "ICNN",
    "MACL",
    "MLCD",
    "MVDHEL",
    "NCA",
    "RGCL",
    "SIGROT",
    "WMSE",
    "AdditiveMargin",
    "Alignment",
    "Angular",
    "ArcFace",
    "BarlowTwins",
    "BatchAllTriplet",
    "BatchHardTriplet",
    "BridgeContrast",
    "CentreMerging",
    "Circle",
    "CoSENT",
    "CodingRate",
    "CombinedMargin",
    "Contextual",
    "Contrastive",
    "CosFace",
    "CosineRegression",
    "CrossCorrelation",
    "DebiasedContrastive",
    "Decorrelation",
    "DecoupledSoftmax",
    "DiffKendall",
    "Dispersive",
    "DispersiveHinge",
    "EnergyMargin",
    "EnergyShape",
    "FacilityLocation",
    "FastAP",
    "FocalContrastive",
    "GaussianInformation",
    "GeneralizedLifted",
    "GraphCut",
    "GroCo",
    "HardestNegatives",
    "HardnessWeighted",
    "Harmonic",
    "ICon",
    "InfoNCE",
    "InverseOT",
    "JointEntropy",
    "KoLeo",
    "LeaveOneOut",
    "LiftedStructure",
    "ListMLE",
    "LogDeterminant",
    "MCInfoNCE",
    "MVInfoNCE",
    "MannWhitney",
    "Margin",
    "MultiSimilarity",
    "NContrast",
    "NTXent",
    "NegativeCosine",
    "NormDirection",
    "Orthogonality",
    "PMRLAlignment",
    "PamC",
    "Pearson",
    "PolyForm",
    "PolyView",
    "ProxyAnchor",
    "ProxyNCA",
    "RankNet",
    "RateReduction",
    "SemiHardTriplet",
    "SetInformation",
    "SigLIP",
    "SmoothAP",
    "SoftTargets",
    "SoftTopK",
    "SoftTriple",
    "SpanningTree",
    "Sparsemax",
    "SpectralContrastive",
    "SupCon",
    "SwAV",
    "TaylorSoftmax",
    "TiCo",
    "Uniformity",
    "UnitLength",
    "VICReg",
    "WeightedSum",
    "ZLoss",
    "sinkhorn",
    "sparsemax",
]


def modules() -> Iterator[ModuleType]:
    """Every file of formulas, imported one after the other."""
    for one in pkgutil.iter_modules(__path__):
        yield importlib.import_module(f"{__name__}.{one.name}")


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        for module in modules():
            found = vars(module).get(name)
            if isinstance(found, type) and found.__module__ == module.__name__:
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
