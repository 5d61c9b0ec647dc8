"""The formulas: one file per idea, each objective in a few lines of terms."""

from counterpoint.objectives.adaptive import MACL
from counterpoint.objectives.attraction import CACR
from counterpoint.objectives.average_precision import SmoothAP
from counterpoint.objectives.debiased import DebiasedContrastive
from counterpoint.objectives.decoupled import DCL, DCLW
from counterpoint.objectives.deep_clustering import DEC
from counterpoint.objectives.energy import EnergyMargin, EnergyShape
from counterpoint.objectives.focal import FocalContrastive
from counterpoint.objectives.hardness import HCL, HardestNegatives, HardnessWeighted
from counterpoint.objectives.harmonic import Harmonic
from counterpoint.objectives.independence import CLUB
from counterpoint.objectives.info_nce import CLIP, InfoNCE, NTXent
from counterpoint.objectives.joint_entropy import JointEntropy
from counterpoint.objectives.leading import PMRLAlignment
from counterpoint.objectives.long_tail import BCL, GML
from counterpoint.objectives.margin_softmax import AdditiveMargin
from counterpoint.objectives.margins import ArcFace, CombinedMargin, CosFace
from counterpoint.objectives.meta_nodes import PamC
from counterpoint.objectives.cluster_discrimination import MLCD
from counterpoint.objectives.multi_label import DecoupledSoftmax, SoftTopK
from counterpoint.objectives.multi_view import MVDHEL, MVInfoNCE, PolyForm, PolyView
from counterpoint.objectives.neighbourhood import NContrast
from counterpoint.objectives.neighbours import ICon
from counterpoint.objectives.proxies import ProxyNCA
from counterpoint.objectives.proxy_anchor import ProxyAnchor
from counterpoint.objectives.ranking import CoSENT
from counterpoint.objectives.redundancy import BarlowTwins
from counterpoint.objectives.robust import RGCL
from counterpoint.objectives.sigmoid import SigLIP
from counterpoint.objectives.soft_targets import SoftTargets
from counterpoint.objectives.sparsemax import Sparsemax, sparsemax
from counterpoint.objectives.spherical import TaylorSoftmax, ZLoss
from counterpoint.objectives.spread import Alignment, Uniformity
from counterpoint.objectives.submodular import FacilityLocation, GraphCut, LogDeterminant, SetInformation
from counterpoint.objectives.supervised import SupCon
from counterpoint.objectives.swav import SwAV, sinkhorn
from counterpoint.objectives.transport import InverseOT
from counterpoint.objectives.triplet import BatchHardTriplet, SemiHardTriplet
from counterpoint.objectives.uncertain import MCInfoNCE
from counterpoint.objectives.variance import VICReg
from counterpoint.objectives.views import CMC, LeaveOneOut
from counterpoint.objectives.volume import GRAM

__all__ = [
    "BCL",
    "CACR",
    "CLIP",
    "CLUB",
    "CMC",
    "DCL",
    "DCLW",
    "DEC",
    "GML",
    "GRAM",
    "HCL",
    "MACL",
    "MLCD",
    "MVDHEL",
    "RGCL",
    "AdditiveMargin",
    "Alignment",
    "ArcFace",
    "BarlowTwins",
    "BatchHardTriplet",
    "CoSENT",
    "CombinedMargin",
    "CosFace",
    "DebiasedContrastive",
    "DecoupledSoftmax",
    "EnergyMargin",
    "EnergyShape",
    "FacilityLocation",
    "FocalContrastive",
    "GraphCut",
    "HardestNegatives",
    "HardnessWeighted",
    "Harmonic",
    "ICon",
    "InfoNCE",
    "InverseOT",
    "JointEntropy",
    "LeaveOneOut",
    "LogDeterminant",
    "MCInfoNCE",
    "MVInfoNCE",
    "NContrast",
    "NTXent",
    "PMRLAlignment",
    "PamC",
    "PolyForm",
    "PolyView",
    "ProxyAnchor",
    "ProxyNCA",
    "SemiHardTriplet",
    "SetInformation",
    "SigLIP",
    "SmoothAP",
    "SoftTargets",
    "SoftTopK",
    "Sparsemax",
    "SupCon",
    "SwAV",
    "TaylorSoftmax",
    "Uniformity",
    "VICReg",
    "ZLoss",
    "sinkhorn",
    "sparsemax",
]
