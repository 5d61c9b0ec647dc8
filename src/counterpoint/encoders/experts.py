"""Experts by known task or domain: copies of some parts of every layer, of which one is at work at a time."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.hugging_face import HuggingFaceEncoder

FEED_FORWARD = ("intermediate", "output")
"""The parts of a BERT layer that make up its perceptron."""
ATTENTION = ("attention",)
"""The part that mixes tokens."""


class Router(nn.Module):
    """Which expert is at work; shared by all layers of an encoder.

    Attributes:
        experts: How many there are.
        number: Of the one at work, from 0.
    """

    def __init__(self, experts: int) -> None:
        super().__init__()
        self.experts = experts
        self.number = 0

    def choose(self, number: int) -> None:
        """Put an expert to work.

        Raises:
            InputError: There is none of that number.
        """
        if not 0 <= number < self.experts:
            raise InputError(f"experts are numbered 0 to {self.experts - 1}, got {number}")
        self.number = number


class Experts(nn.Module):
    """Copies of a module, of which the router's choice is called."""

    def __init__(self, module: nn.Module, router: Router) -> None:
        super().__init__()
        self.copies = nn.ModuleList(copy.deepcopy(module) for _ in range(router.experts))
        self.router = router

    def forward(self, *args: Tensor, **kwargs: object) -> Tensor:
        """Whatever the module returns."""
        return self.copies[self.router.number](*args, **kwargs)


def add_experts(encoder: HuggingFaceEncoder, experts: int, *, parts: Sequence[str] = FEED_FORWARD) -> Router:
    """Turn some parts of every layer into experts that begin alike; all other weights stay shared.

    Hallee, Kapur, Patel, Gleghorn and Khomtchouk, "Contrastive Learning and Mixture of Experts Enables Precise Vector
    Embeddings" (2024), arXiv:2401.15713: the perceptron, routed by a domain that is known; and Zhang, Cheng, Shen, Liu,
    Wang and Gao, "Pre-training Multi-task Contrastive Learning Models for Scientific Literature Understanding" (2023),
    arXiv:2305.14232: by task. The cost of a text does not change.

    Args:
        encoder: Of BERT's architecture; changed in place.
        experts: How many, at least 2.
        parts: Names of modules of a layer.

    Returns:
        What chooses the expert; ask it before encoding.

    Raises:
        InputError: Fewer than two experts, or a layer has no such parts.
    """
    if experts < 2:
        raise InputError(f"experts must be at least 2, got {experts}")
    layers = getattr(getattr(encoder.model, "encoder", None), "layer", None)
    if layers is None or any(not hasattr(layer, part) for layer in layers for part in parts):
        raise InputError(f"experts need layers with {', '.join(parts)}, and {type(encoder.model).__name__} has none")
    router = Router(experts)
    with torch.no_grad():
        for layer in layers:
            for part in parts:
                setattr(layer, part, Experts(getattr(layer, part), router))
    return router
