"""A recipe: everything a training run is made of besides the data, as one typed, saveable value."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

import torch

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders import EncoderSpec, HeadSpec, LearnableTemperature, NoHead
from counterpoint.methods import Contrast
from counterpoint.pairwise import Objective
from counterpoint.training import TrainSettings
from counterpoint.views import Identity, View


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Which encoder learns from which relation through which objective, and for how long.

    Attributes:
        encoder: What embeds examples (anchors).
        objective: The formula.
        supervision: What of the data says who is positive: views of one example, labels, pairs, or scored pairs.
        training: Steps, batch, optimiser, seed.
        views: The view of the first and of the second side.
        head: Projects embeddings to where they are compared; dropped after training.
        other_encoder: What embeds candidates, when they are of another kind.
        temperature: A learnable temperature in place of the objective's own.
    """

    encoder: EncoderSpec
    objective: Objective
    supervision: Supervision
    training: TrainSettings
    views: tuple[View, View] = (Identity(), Identity())
    head: HeadSpec = NoHead()
    other_encoder: EncoderSpec | None = None
    temperature: LearnableTemperature | None = None

    def build(self, sample: Content, other_sample: Content | None = None) -> Contrast:
        """The method with fresh weights, a pure function of the recipe (its seed included) and the samples.

        Args:
            sample: Training content of the anchors, which fits vocabularies and standardisation.
            other_sample: The same for candidates, when they have an encoder of their own.
        """
        torch.manual_seed(self.training.seed)
        encoder = self.encoder.build(sample)
        other = None if self.other_encoder is None else self.other_encoder.build(other_sample)
        if other is not None and other.embedding_dim != encoder.embedding_dim:
            raise InputError(
                f"encoder embeds into {encoder.embedding_dim} dimensions and other_encoder into {other.embedding_dim}: "
                "wrap them in Projected with heads of equal out_dim"
            )
        return Contrast(
            encoder,
            self.objective,
            supervision=self.supervision,
            views=self.views,
            head=self.head.build(encoder.embedding_dim),
            other=other,
            temperature=None if self.temperature is None else self.temperature.build(),
        )


def source_of(recipe: Recipe) -> str:
    """The recipe as a Python file that builds it: imports, then one expression."""
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(_imports(recipe).items())]
    header = '"""The recipe of this run, as resolved."""'
    return header + "\n\n" + "\n".join(lines) + f"\n\nrecipe = {_expression(recipe, 0)}\n"


def _imports(value: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for kind in _kinds(value):
        found.setdefault(kind.__module__, set()).add(kind.__qualname__)
    return found


def _kinds(value: Any) -> Iterable[type]:
    if isinstance(value, Enum):
        yield type(value)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _kinds(item)
    elif is_dataclass(value):
        yield type(value)
        for field in fields(value):
            yield from _kinds(getattr(value, field.name))


def _expression(value: Any, depth: int) -> str:
    """Python that rebuilds ``value``; ``repr`` would do, but for enum members and line breaks."""
    if isinstance(value, Enum):
        return f"{type(value).__qualname__}.{value.name}"
    if isinstance(value, (tuple, list)):
        inner = [_expression(item, depth + 1) for item in value]
        return _bracketed("", inner, depth, trailing=len(inner) == 1)
    if not is_dataclass(value):
        return repr(value)
    inner = [f"{f.name}={_expression(getattr(value, f.name), depth + 1)}" for f in fields(value) if f.init]
    return _bracketed(type(value).__qualname__, inner, depth)


def _bracketed(name: str, inner: list[str], depth: int, *, trailing: bool = False) -> str:
    flat = f"{name}({', '.join(inner)}{',' if trailing else ''})"
    if len(flat) < 90 and "\n" not in flat:
        return flat
    pad = "    " * (depth + 1)
    return f"{name}(\n" + "".join(f"{pad}{item},\n" for item in inner) + "    " * depth + ")"
