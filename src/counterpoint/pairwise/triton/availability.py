"""Whether the fused kernels can run here, asked cheaply, and the kernels, imported late."""

from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.extras import require

DTYPES = (torch.float32, torch.bfloat16, torch.float16)
"""Embeddings that the kernels take; float64 stays with the tiles."""


def usable(x: Tensor) -> bool:
    """The kernels can take these embeddings: a GPU with bfloat16, Triton installed, no float64."""
    return x.dtype in DTYPES and runs_on(x.device)


def runs_on(device: torch.device) -> bool:
    """Triton is installed, and this is a GPU with bfloat16."""
    return device.type == "cuda" and _installed() and _capable(device)


def kernel(file: str, name: str, device: torch.device) -> Any:
    """A kernel that runs on ``device``.

    Args:
        file: The module in ``kernels``.
        name: The function in it.
        device: Where the embeddings are.

    Raises:
        MissingExtraError: Triton is not installed.
        InputError: The device is no GPU, and Triton does not interpret its kernels either.
    """
    triton = require("triton", extra="gpu", purpose="the fused GPU path")
    found = getattr(require(f"{__package__}.kernels.{file}", extra="gpu", purpose="the fused GPU path"), name)
    if device.type != "cuda" and not _interpreted(triton, found):
        raise InputError(f"the fused kernels run on a GPU, and the embeddings are on {device}; use tiles there")
    return found


def _interpreted(triton: ModuleType, found: Any) -> bool:
    """Triton was imported under TRITON_INTERPRET=1: kernels are Python, on any device."""
    return not isinstance(found, triton.runtime.JITFunction)


@cache
def _installed() -> bool:
    return find_spec("triton") is not None


@cache
def _capable(device: torch.device) -> bool:
    """Products of bfloat16 need compute capability 8 (2020) or later."""
    return torch.cuda.get_device_capability(device) >= (8, 0)
