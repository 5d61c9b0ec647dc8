"""The state of a torch optimiser as named tensors and JSON values, and back."""

from typing import Any

import torch
from torch import Tensor

from counterpoint.base.errors import CheckpointError


def split_state(optimiser: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors named ``<parameter number>/<key>``, and the rest: numbers per parameter and the groups' options."""
    whole = optimiser.state_dict()
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, Any] = {}
    for index, entries in whole["state"].items():
        for key, value in entries.items():
            (tensors if isinstance(value, Tensor) else numbers)[f"{index}/{key}"] = value
    return {name: value.detach().cpu().clone() for name, value in tensors.items()}, {
        "numbers": numbers,
        "groups": whole["param_groups"],
    }


def join_state(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
    """Load what :func:`split_state` gave into an optimiser built from the same spec and parameters.

    Raises:
        CheckpointError: It was saved from other parameters.
    """
    state: dict[int, dict[str, Any]] = {}
    for name, value in {**tensors, **values["numbers"]}.items():
        index, _, key = name.partition("/")
        state.setdefault(int(index), {})[key] = value
    try:
        optimiser.load_state_dict({"state": state, "param_groups": values["groups"]})
    except (ValueError, KeyError) as error:
        raise CheckpointError(f"the saved optimiser does not fit this model: {error}") from error
