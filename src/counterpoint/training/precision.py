"""Precision and device: where a run computes and in how many bits."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum

import torch
from accelerate import PartialState

from counterpoint.base.errors import InputError


class Precision(StrEnum):
    """The number format of the encoders' forward pass; parameters, optimiser and objective statistics stay float32."""

    NO = "no"
    BF16 = "bf16"
    FP16 = "fp16"


_DTYPES = {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}


@dataclass(frozen=True)
class Machine:
    """One process's device and precision.

    Attributes:
        device: Where the model lives.
        precision: The format of the forward pass.
    """

    device: torch.device
    precision: Precision

    def autocast(self) -> AbstractContextManager[object]:
        """A fresh autocast context; enter a new one for each pass, because it caches the weights it has cast."""
        if self.precision is Precision.NO:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=_DTYPES[self.precision])

    def scaler(self) -> torch.amp.GradScaler:
        """The loss scaler that float16 needs; for the other formats it passes everything through."""
        return torch.amp.GradScaler(self.device.type, enabled=self.precision is Precision.FP16)


def open_machine(precision: Precision, *, cpu: bool = False) -> Machine:
    """Find the device and join the process group that ``torchrun`` or ``accelerate launch`` announced, if any.

    ``PartialState`` rather than ``Accelerator``: it does exactly these two things, and unlike the latter it lets
    one process run trainings of different precisions one after the other.

    Raises:
        InputError: The device cannot compute in that precision.
    """
    state = PartialState(cpu=cpu)
    device = state.device or state.default_device
    if state.num_processes == 1:  # the state is shared by the whole process: its device is what the first caller chose
        device = torch.device("cpu") if cpu else state.default_device
    if precision is Precision.BF16 and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise InputError(f"{torch.cuda.get_device_name(device)} has no bfloat16: use precision fp16 or no")
    return Machine(device=device, precision=precision)
