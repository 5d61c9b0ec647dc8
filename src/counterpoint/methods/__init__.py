"""A training step that is more than encode-then-objective, and the plain one."""

from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.contrast import Contrast
from counterpoint.methods.momentum import Momentum
from counterpoint.methods.momentum_contrast import QueueContrast, QueueStep
from counterpoint.methods.siamese import Siamese, SiameseStep
from counterpoint.methods.temporal_difference import TDInfoNCE

__all__ = [
    "Contrast",
    "Inputs",
    "Method",
    "Momentum",
    "Prepared",
    "QueueContrast",
    "QueueStep",
    "Siamese",
    "SiameseStep",
    "StepOutput",
    "TDInfoNCE",
]
