"""The formulas: one file per idea, each objective in a few lines of terms."""

from counterpoint.objectives.average_precision import SmoothAP
from counterpoint.objectives.debiased import DebiasedContrastive
from counterpoint.objectives.decoupled import DCL, DCLW
from counterpoint.objectives.focal import FocalContrastive
from counterpoint.objectives.hardness import HCL, HardestNegatives, HardnessWeighted
from counterpoint.objectives.independence import CLUB
from counterpoint.objectives.info_nce import CLIP, InfoNCE, NTXent
from counterpoint.objectives.joint_entropy import JointEntropy
from counterpoint.objectives.leading import PMRLAlignment
from counterpoint.objectives.margin_softmax import AdditiveMargin
from counterpoint.objectives.multi_label import DecoupledSoftmax, SoftTopK
from counterpoint.objectives.multi_view import MVDHEL, MVInfoNCE, PolyForm, PolyView
from counterpoint.objectives.proxies import ProxyNCA
from counterpoint.objectives.ranking import CoSENT
from counterpoint.objectives.redundancy import BarlowTwins
from counterpoint.objectives.sigmoid import SigLIP
from counterpoint.objectives.soft_targets import SoftTargets
from counterpoint.objectives.spread import Alignment, Uniformity
from counterpoint.objectives.submodular import FacilityLocation, GraphCut, LogDeterminant, SetInformation
from counterpoint.objectives.supervised import SupCon
from counterpoint.objectives.transport import InverseOT
from counterpoint.objectives.triplet import BatchHardTriplet, SemiHardTriplet
from counterpoint.objectives.uncertain import MCInfoNCE
from counterpoint.objectives.variance import VICReg
from counterpoint.objectives.views import CMC, LeaveOneOut
from counterpoint.objectives.volume import GRAM

__all__ = [
    "CLIP",
    "CLUB",
    "CMC",
    "DCL",
    "DCLW",
    "GRAM",
    "HCL",
    "MVDHEL",
    "AdditiveMargin",
    "Alignment",
    "BarlowTwins",
    "BatchHardTriplet",
    "CoSENT",
    "DebiasedContrastive",
    "DecoupledSoftmax",
    "FacilityLocation",
    "FocalContrastive",
    "GraphCut",
    "HardestNegatives",
    "HardnessWeighted",
    "InfoNCE",
    "InverseOT",
    "JointEntropy",
    "LeaveOneOut",
    "LogDeterminant",
    "MCInfoNCE",
    "MVInfoNCE",
    "NTXent",
    "PMRLAlignment",
    "PolyForm",
    "PolyView",
    "ProxyNCA",
    "SemiHardTriplet",
    "SetInformation",
    "SigLIP",
    "SmoothAP",
    "SoftTargets",
    "SoftTopK",
    "SupCon",
    "Uniformity",
    "VICReg",
]
