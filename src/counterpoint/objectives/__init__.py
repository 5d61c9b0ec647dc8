"""The formulas: one file per idea, each objective in a few lines of terms."""

from counterpoint.objectives.decoupled import DCL
from counterpoint.objectives.info_nce import CLIP, InfoNCE, NTXent
from counterpoint.objectives.ranking import CoSENT
from counterpoint.objectives.sigmoid import SigLIP
from counterpoint.objectives.spread import Alignment, Uniformity
from counterpoint.objectives.supervised import SupCon

__all__ = ["CLIP", "DCL", "Alignment", "CoSENT", "InfoNCE", "NTXent", "SigLIP", "SupCon", "Uniformity"]
