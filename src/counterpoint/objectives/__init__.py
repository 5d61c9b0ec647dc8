"""The formulas: one file per idea, each objective in a few lines of terms."""

from counterpoint.objectives.angular import Angular
from counterpoint.objectives.average_precision import SmoothAP
from counterpoint.objectives.batch_all import BatchAllTriplet
from counterpoint.objectives.circle import Circle
from counterpoint.objectives.contextual import Contextual
from counterpoint.objectives.contrastive import Contrastive, Margin
from counterpoint.objectives.correlation import Pearson
from counterpoint.objectives.decoupled import DCL
from counterpoint.objectives.fast_ap import FastAP
from counterpoint.objectives.hardness import HCL
from counterpoint.objectives.independence import CLUB
from counterpoint.objectives.info_nce import CLIP, InfoNCE, NTXent
from counterpoint.objectives.inner_products import CIP
from counterpoint.objectives.joint_entropy import JointEntropy
from counterpoint.objectives.leading import PMRLAlignment
from counterpoint.objectives.lifted import GeneralizedLifted, LiftedStructure
from counterpoint.objectives.mann_whitney import MannWhitney
from counterpoint.objectives.multi_similarity import MultiSimilarity
from counterpoint.objectives.multi_view import MVDHEL, MVInfoNCE, PolyForm, PolyView
from counterpoint.objectives.nca import NCA
from counterpoint.objectives.proxies import ProxyNCA
from counterpoint.objectives.ranking import CoSENT, DiffKendall, ListMLE, RankNet
from counterpoint.objectives.redundancy import BarlowTwins
from counterpoint.objectives.sigmoid import SigLIP
from counterpoint.objectives.sorting import GroCo
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
    "CIP",
    "CLIP",
    "CLUB",
    "CMC",
    "DCL",
    "GRAM",
    "HCL",
    "MVDHEL",
    "NCA",
    "Alignment",
    "Angular",
    "BarlowTwins",
    "BatchAllTriplet",
    "BatchHardTriplet",
    "Circle",
    "CoSENT",
    "Contextual",
    "Contrastive",
    "DiffKendall",
    "FacilityLocation",
    "FastAP",
    "GeneralizedLifted",
    "GraphCut",
    "GroCo",
    "InfoNCE",
    "InverseOT",
    "JointEntropy",
    "LeaveOneOut",
    "LiftedStructure",
    "ListMLE",
    "LogDeterminant",
    "MCInfoNCE",
    "MVInfoNCE",
    "MannWhitney",
    "Margin",
    "MultiSimilarity",
    "NTXent",
    "PMRLAlignment",
    "Pearson",
    "PolyForm",
    "PolyView",
    "ProxyNCA",
    "RankNet",
    "SemiHardTriplet",
    "SetInformation",
    "SigLIP",
    "SmoothAP",
    "SupCon",
    "Uniformity",
    "VICReg",
]
