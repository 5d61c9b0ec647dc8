"""The formulas: one file per idea, each objective in a few lines of terms."""

from counterpoint.objectives.average_precision import SmoothAP
from counterpoint.objectives.decoupled import DCL
from counterpoint.objectives.hardness import HCL
from counterpoint.objectives.info_nce import CLIP, InfoNCE, NTXent
from counterpoint.objectives.proxies import ProxyNCA
from counterpoint.objectives.ranking import CoSENT
from counterpoint.objectives.redundancy import BarlowTwins
from counterpoint.objectives.sigmoid import SigLIP
from counterpoint.objectives.spread import Alignment, Uniformity
from counterpoint.objectives.supervised import SupCon
from counterpoint.objectives.triplet import BatchHardTriplet, SemiHardTriplet
from counterpoint.objectives.variance import VICReg
from counterpoint.objectives.views import CMC, LeaveOneOut
from counterpoint.objectives.multi_view import MVDHEL, MVInfoNCE, PolyForm, PolyView
from counterpoint.objectives.volume import GRAM
from counterpoint.objectives.leading import PMRLAlignment
from counterpoint.objectives.uncertain import MCInfoNCE
from counterpoint.objectives.joint_entropy import JointEntropy
from counterpoint.objectives.submodular import FacilityLocation, GraphCut, LogDeterminant, SetInformation
from counterpoint.objectives.transport import InverseOT
from counterpoint.objectives.independence import CLUB
from counterpoint.objectives.adaptive import MACL
from counterpoint.objectives.attraction import CACR
from counterpoint.objectives.energy import EnergyMargin, EnergyShape
from counterpoint.objectives.long_tail import BCL, GML
from counterpoint.objectives.neighbours import ICon
from counterpoint.objectives.robust import RGCL

__all__ = [
    "CLUB",
    "LeaveOneOut",
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
    "MACL",
    "CACR",
    "EnergyMargin",
    "EnergyShape",
    "BCL",
    "GML",
    "ICon",
    "RGCL",
]
