"""A view: one random change of examples, as a spec that can be saved, and the three ways to combine views."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.content import Content, Kind, kind_of, take
from counterpoint.base.errors import InputError
from counterpoint.views.pixels import unit_images
from counterpoint.views.random import bernoulli, fork


@dataclass(frozen=True, kw_only=True)
class View(ABC):
    """Turns a batch of examples into changed examples, every random choice decided by the seeds.

    Output row i depends only on ``content[i]`` and ``seeds[i]``, so it does not matter how examples are batched,
    shuffled or spread over workers and ranks. Views that mix rows say so in their docstring. Input is never modified.
    """

    @abstractmethod
    def __call__(self, content: Content, seeds: Tensor) -> Content:
        """One view of each of the N examples; images leave as float32 in 0..1.

        Args:
            content: N strings, images `[N, C, H, W]` (uint8, or floating point in 0..1) or vectors `[N, D]`.
            seeds: int64 `[N]`; for several views of the same examples give each its own (:func:`fork`).

        Raises:
            InputError: Content of another kind, or seeds that are not int64 `[N]`.
        """


@dataclass(frozen=True, kw_only=True)
class Identity(View):
    """The example itself (images as float32 in 0..1).

    With an encoder that has dropout this is the view of SimCSE: the same sentence is encoded twice and dropout makes
    the difference (Gao, Yao and Chen 2021, arXiv:2104.08821, Eq. 4). Without dropout two such views are equal
    and teach nothing.
    """

    def __call__(self, content: Content, seeds: Tensor) -> Content:
        """The content unchanged."""
        check_seeds(content, seeds)
        return _settled(content)


@dataclass(frozen=True, kw_only=True)
class Compose(View):
    """Several views one after the other; each draws from its own random stream, so equal members act independently."""

    views: tuple[View, ...]

    def __post_init__(self) -> None:
        for view in self.views:
            if not isinstance(view, View):
                raise InputError(f"Compose: views must be a tuple of views; {view!r} is not a view")

    def __call__(self, content: Content, seeds: Tensor) -> Content:
        """Apply the members in order."""
        check_seeds(content, seeds)
        content = _settled(content)
        for position, view in enumerate(self.views):
            content = view(content, fork(seeds, position))
        return content


@dataclass(frozen=True, kw_only=True)
class Randomly(View):
    """``view`` applied to each example with ``probability``, independently; it must keep the shape of images.

    A view that mixes rows sees only the chosen ones.
    """

    view: View
    probability: float = 0.5

    def __post_init__(self) -> None:
        check_range("Randomly: probability", self.probability, least=0, most=1)

    def __call__(self, content: Content, seeds: Tensor) -> Content:
        """Change the chosen rows and pass the others on."""
        check_seeds(content, seeds)
        content = _settled(content)
        chosen = bernoulli(seeds, self.probability, stream="Randomly").nonzero()[:, 0]
        if not len(chosen):
            return content
        changed = self.view(take(content, chosen), fork(seeds[chosen], 0))
        return put(content, chosen, changed)


def put(content: Content, rows: Tensor, changed: Content) -> Content:
    """A copy of ``content`` with ``changed`` at ``rows`` int64 `[K]`.

    Raises:
        InputError: The changed examples have another shape.
    """
    if isinstance(content, Tensor) and isinstance(changed, Tensor):
        if changed.shape[1:] != content.shape[1:]:
            raise InputError(
                f"a view applied to some examples must keep their shape {list(content.shape[1:])}; "
                f"it made {list(changed.shape[1:])}"
            )
        return content.index_copy(0, rows, changed)
    if isinstance(content, Tensor) or isinstance(changed, Tensor):
        raise InputError(f"a view must not turn {type(content).__name__} into {type(changed).__name__}")
    merged = list(content)
    for row, example in zip(rows.tolist(), changed, strict=True):
        merged[row] = example
    return merged


def check_seeds(content: Content, seeds: Tensor) -> None:
    """Raise InputError unless ``seeds`` is one int64 per example."""
    if seeds.dtype != torch.int64 or seeds.shape != (len(content),):
        raise InputError(f"seeds must be int64 [{len(content)}], not {seeds.dtype} {list(seeds.shape)}")


def check_range(name: str, value: float, *, least: float, most: float = float("inf")) -> None:
    """Raise InputError unless ``least <= value <= most``."""
    if not least <= value <= most:
        raise InputError(f"{name} must be between {least:g} and {most:g}, not {value!r}")


def check_interval(name: str, interval: tuple[float, float], *, least: float, most: float = float("inf")) -> None:
    """Raise InputError unless ``least <= low <= high <= most``."""
    low, high = interval
    if not least <= low <= high <= most:
        raise InputError(f"{name} must be (low, high) with {least:g} <= low <= high <= {most:g}, not {interval!r}")


def _settled(content: Content) -> Content:
    """Images as float32 in 0..1, so that a view that does nothing leaves the same form as one that does."""
    return unit_images(content) if kind_of(content) is Kind.IMAGE else content
