"""A training step that is more than encode-then-objective, and the plain one."""

from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.cluster_contrast import ClusterContrast
from counterpoint.methods.cluster_targets import ClusterTarget, ToCentres, ToMembers
from counterpoint.methods.contrast import Contrast
from counterpoint.methods.momentum import Momentum
from counterpoint.methods.momentum_contrast import QueueContrast, QueueStep
from counterpoint.methods.parallel_paths import ParallelPaths
from counterpoint.methods.reclustering import ClusterStep, Reclustering
from counterpoint.methods.related import RelatedContrast
from counterpoint.methods.ruling import Ruling
from counterpoint.methods.separation import SepCLR
from counterpoint.methods.siamese import Siamese, SiameseStep
from counterpoint.methods.temporal_difference import TDInfoNCE

__all__ = [
    "ClusterContrast",
    "ClusterStep",
    "ClusterTarget",
    "Contrast",
    "Inputs",
    "Method",
    "Momentum",
    "ParallelPaths",
    "Prepared",
    "QueueContrast",
    "QueueStep",
    "Reclustering",
    "RelatedContrast",
    "Ruling",
    "SepCLR",
    "Siamese",
    "SiameseStep",
    "StepOutput",
    "TDInfoNCE",
    "ToCentres",
    "ToMembers",
]
