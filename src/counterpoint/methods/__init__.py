"""A training step that is more than encode-then-objective, and the plain one."""

from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.contrast import Contrast
from counterpoint.methods.temporal_difference import TDInfoNCE

__all__ = ["Contrast", "Inputs", "Method", "Prepared", "StepOutput", "TDInfoNCE"]
