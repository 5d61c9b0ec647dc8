"""Soups: several trained models of one start become one, by averaging their parameters."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from counterpoint.base.errors import InputError

State = Mapping[str, Tensor]
"""Parameters and buffers by name, as ``module.state_dict()`` gives them."""


def uniform_soup(models: Sequence[State]) -> dict[str, Tensor]:
    """The mean of every tensor; whole numbers (counters, token ids) are the first model's.

    Wortsman and others, "Model soups" (2022), arXiv:2203.05482, the uniform soup.

    Args:
        models: States of one architecture.

    Raises:
        InputError: None, or names and shapes that differ.
    """
    _check(models)
    return {name: _mean([one[name] for one in models]) for name in models[0]}


def delta_soup(initial: State, models: Sequence[State]) -> dict[str, Tensor]:
    """The mean of every single weight, models that moved it further counting more.

    Zhang, Song, Chen, Zhang, Yin and Sun, "CoDiEmb" (2025), arXiv:2508.11442, the delta-guided fusion. Formula, of
    each entry by itself: ``sum_k w_k theta_k``, ``w_k = |theta_k - theta_0| / sum_l |theta_l - theta_0|``; an entry
    that none of them moved stays. The paper describes weights from the deviation of each parameter; that a parameter
    is an entry, not a tensor, and that weights are shares, is our reading.

    Args:
        initial: theta_0, where all of them started.
        models: theta_k, of the same architecture.

    Raises:
        InputError: None, or names and shapes that differ.
    """
    _check([initial, *models])
    if not models:
        raise InputError("a soup needs one model at least")
    return {name: _by_moves(start, [one[name] for one in models]) for name, start in initial.items()}


def _by_moves(start: Tensor, values: Sequence[Tensor]) -> Tensor:
    if not start.is_floating_point():
        return values[0].clone()
    moves = torch.stack([value.double() - start.double() for value in values])
    shares = moves.abs() / moves.abs().sum(0).clamp_min(torch.finfo(torch.float64).tiny)
    return (start.double() + (shares * moves).sum(0)).to(start.dtype)


def _mean(values: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(values)).mean(0) if values[0].is_floating_point() else values[0].clone()


def _check(models: Sequence[State]) -> None:
    if not models:
        raise InputError("a soup needs one model at least")
    shapes = [{name: tuple(value.shape) for name, value in one.items()} for one in models]
    for number, one in enumerate(shapes):
        odd = sorted(name for name in one.keys() | shapes[0].keys() if one.get(name) != shapes[0].get(name))
        if odd:
            raise InputError(f"model {number} of a soup differs from the first in {', '.join(odd[:5])}")
