"""What is wrong with an embedding space, and what to change."""

from counterpoint.evaluation.diagnosis.diagnose import DIAGNOSTICS, LIVE, diagnose, read_diagnosis, write_diagnosis
from counterpoint.evaluation.diagnosis.figures import Bars, Curve, Figure, Histogram, Hubs, Pairs, Spectrum
from counterpoint.evaluation.diagnosis.finding import (
    About,
    Diagnosis,
    Diagnostic,
    Fault,
    Finding,
    Found,
    Range,
    State,
    found,
)
from counterpoint.evaluation.diagnosis.subject import Subject

__all__ = [
    "DIAGNOSTICS",
    "LIVE",
    "About",
    "Bars",
    "Curve",
    "Diagnosis",
    "Diagnostic",
    "Fault",
    "Figure",
    "Finding",
    "Found",
    "Histogram",
    "Hubs",
    "Pairs",
    "Range",
    "Spectrum",
    "State",
    "Subject",
    "diagnose",
    "found",
    "read_diagnosis",
    "write_diagnosis",
]
