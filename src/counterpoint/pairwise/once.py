"""Backward passes that give first derivatives only, and say so instead of giving wrong second ones."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch

from counterpoint.base.errors import InputError


def first_derivative_only(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse ``create_graph=True``.

    ``once_differentiable`` speaks up only when the incoming gradient itself depends on something; with a constant one,
    such as a mean's, what follows would be treated as a constant in silence.

    Raises:
        InputError: A graph of the backward pass is asked for.
    """

    @wraps(backward)
    def checked(*args: Any) -> Any:
        if torch.is_grad_enabled():
            raise InputError("tiles and ranks give first derivatives only; for second ones pass plan=DENSE")
        return backward(*args)

    return checked
