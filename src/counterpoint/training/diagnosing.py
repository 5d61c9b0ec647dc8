"""A look at the space while it is trained: the cheap measures of a diagnosis on the batch at hand."""

import math

import torch

from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.diagnosis import LIVE, Fault, State, Subject, diagnose
from counterpoint.methods.base import StepOutput

SAMPLE = 512
"""Anchors looked at."""
PREFIX = "diagnosis/"


def diagnose_step(output: StepOutput) -> tuple[dict[str, float], tuple[Fault, ...]]:
    """Numbers for a record under ``diagnosis/``, and the faults they add up to; costs milliseconds.

    Rows are those of the batch where the loss compares them, behind the head.

    Args:
        output: What the step computed.
    """
    with torch.no_grad():
        first, other = (part.detach()[:SAMPLE].float().cpu().numpy() for part in (output.anchors, output.candidates))
    paired = not output.exclude_self and len(output.anchors) == len(output.candidates)
    subject = Subject(
        anchors=first, positives=other if paired else None, temperature=output.temperature, batch_size=len(first),
        bootstrap=Bootstrap(resamples=10),
    )  # fmt: skip
    found = diagnose(subject, LIVE)
    numbers = {
        PREFIX + one.name: one.value
        for one in found.findings
        if one.state is not State.SKIPPED and one.value is not None and math.isfinite(one.value)
    }
    return numbers, found.faults
