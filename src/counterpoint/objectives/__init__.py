"""The formulas: one file per idea, each objective in a few lines of terms."""

from counterpoint.objectives.average_precision import SmoothAP
from counterpoint.objectives.decoupled import DCL
from counterpoint.objectives.hardness import HCL
from counterpoint.objectives.info_nce import CLIP, InfoNCE, NTXent
from counterpoint.objectives.deep_clustering import DEC
from counterpoint.objectives.harmonic import Harmonic
from counterpoint.objectives.margins import ArcFace, CombinedMargin, CosFace
from counterpoint.objectives.meta_nodes import PamC
from counterpoint.objectives.multi_label import MLCD
from counterpoint.objectives.neighbourhood import NContrast
from counterpoint.objectives.proxies import ProxyNCA
from counterpoint.objectives.proxy_anchor import ProxyAnchor
from counterpoint.objectives.ranking import CoSENT
from counterpoint.objectives.redundancy import BarlowTwins
from counterpoint.objectives.sigmoid import SigLIP
from counterpoint.objectives.spread import Alignment, Uniformity
from counterpoint.objectives.sparsemax import Sparsemax, sparsemax
from counterpoint.objectives.spherical import TaylorSoftmax, ZLoss
from counterpoint.objectives.supervised import SupCon
from counterpoint.objectives.swav import SwAV, sinkhorn
from counterpoint.objectives.triplet import BatchHardTriplet, SemiHardTriplet
from counterpoint.objectives.variance import VICReg
from counterpoint.objectives.views import CMC
from counterpoint.objectives.multi_view import MVDHEL, MVInfoNCE, PolyForm, PolyView
from counterpoint.objectives.volume import GRAM
from counterpoint.objectives.leading import PMRLAlignment
from counterpoint.objectives.uncertain import MCInfoNCE
from counterpoint.objectives.joint_entropy import JointEntropy
from counterpoint.objectives.submodular import FacilityLocation, GraphCut, LogDeterminant, SetInformation
from counterpoint.objectives.transport import InverseOT

__all__ = [
    "ArcFace",
    "CombinedMargin",
    "CosFace",
    "DEC",
    "Harmonic",
    "MLCD",
    "NContrast",
    "PamC",
    "ProxyAnchor",
    "Sparsemax",
    "SwAV",
    "TaylorSoftmax",
    "ZLoss",
    "sinkhorn",
    "sparsemax",
    "InverseOT",
    "SetInformation",
    "LogDeterminant",
    "GraphCut",
    "FacilityLocation",
    "JointEntropy",
    "MCInfoNCE",
    "PMRLAlignment",
    "GRAM",
    "PolyView",
    "PolyForm",
    "MVInfoNCE",
    "MVDHEL",
    "CLIP",
    "CMC",
    "DCL",
    "HCL",
    "Alignment",
    "BarlowTwins",
    "BatchHardTriplet",
    "CoSENT",
    "InfoNCE",
    "NTXent",
    "ProxyNCA",
    "SemiHardTriplet",
    "SigLIP",
    "SmoothAP",
    "SupCon",
    "Uniformity",
    "VICReg",
]
