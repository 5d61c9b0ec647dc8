"""Random number states: read and put back, so that a pass, or a run, can be replayed exactly."""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class TorchState:
    """The generators a forward pass draws from.

    Attributes:
        cpu: State of the CPU generator, uint8.
        device: State of the accelerator's generator, uint8, or None on a CPU.
    """

    cpu: Tensor
    device: Tensor | None


def torch_state(device: torch.device) -> TorchState:
    """Read the states of the CPU and of ``device``; no wait for the device."""
    return TorchState(torch.get_rng_state(), _module(device).get_rng_state() if device.type != "cpu" else None)


def set_torch_state(state: TorchState, device: torch.device) -> None:
    """Put both states back."""
    torch.set_rng_state(state.cpu)
    if device.type != "cpu" and state.device is not None:
        _module(device).set_rng_state(state.device)


@dataclass(frozen=True)
class RandomState:
    """Every global generator: Python's, numpy's, and torch's."""

    python: tuple[Any, ...]
    numpy: dict[str, Any]
    torch: TorchState


def random_state(device: torch.device) -> RandomState:
    """Read all of them."""
    numpy_state = np.random.get_state(legacy=False)
    assert isinstance(numpy_state, dict)
    return RandomState(random.getstate(), numpy_state, torch_state(device))


def set_random_state(state: RandomState, device: torch.device) -> None:
    """Put all of them back."""
    random.setstate(state.python)
    np.random.set_state(state.numpy)
    set_torch_state(state.torch, device)


def state_to_parts(state: RandomState) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """A state as named tensors and JSON values."""
    tensors = {"torch_cpu": state.torch.cpu}
    if state.torch.device is not None:
        tensors["torch_device"] = state.torch.device
    numpy_state = {**state.numpy, "state": {**state.numpy["state"], "key": state.numpy["state"]["key"].tolist()}}
    return tensors, {"python": list(state.python), "numpy": numpy_state}


def parts_to_state(tensors: dict[str, Tensor], values: dict[str, Any]) -> RandomState:
    """The state that :func:`state_to_parts` took apart."""
    version, internal, gauss = values["python"]
    saved = values["numpy"]
    numpy_state = {**saved, "state": {**saved["state"], "key": np.array(saved["state"]["key"], dtype=np.uint32)}}
    torch_part = TorchState(tensors["torch_cpu"], tensors.get("torch_device"))
    return RandomState((version, tuple(internal), gauss), numpy_state, torch_part)


def seed_everything(seed: int) -> None:
    """Seed all of them."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def _module(device: torch.device) -> Any:
    return torch.get_device_module(device)
