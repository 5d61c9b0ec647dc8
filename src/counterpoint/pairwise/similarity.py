"""Similarities: how two embeddings become one number. A new one is a class with two short methods."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor

from counterpoint.base.numerics import unit_rows


@dataclass(frozen=True)
class Similarity(ABC):
    """Rows are prepared once, pairs are scored tile by tile.

    Attributes:
        row_dims: Class-level: dimensions of one row as it is passed in; 1 for vectors `[N, D]`, 2 for sets of vectors
            `[N, L, D]`.
        two_sided: Class-level: candidates are prepared in a way of their own.
    """

    row_dims: ClassVar[int] = 1
    two_sided: ClassVar[bool] = False

    @abstractmethod
    def prepare(self, x_ND: Tensor) -> Tensor:
        """What can be done once per row: `[N, D]` to `[N, D']`."""

    def prepare_candidates(self, x_MD: Tensor) -> Tensor:
        """The same for candidates, where ``two_sided`` says that it differs."""
        return self.prepare(x_MD)

    @abstractmethod
    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Scores `[n, m]` of prepared rows."""

    def numbers_per_pair(self, a_ND: Tensor, b_MD: Tensor) -> int:
        """How many numbers a tile holds for each pair while it is scored: tiles are made that much smaller."""
        return 1


@dataclass(frozen=True)
class OfInnerProduct(Similarity):
    """s_ij = f(<a_i, b_j>) of prepared rows: derivatives need no more than the tile of inner products."""

    @abstractmethod
    def of(self, p_nm: Tensor) -> Tensor:
        """f, entry by entry; its derivative must be finite for every inner product that can occur."""

    @final
    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """The function f of inner products."""
        return self.of(a_nD @ b_mD.T)


@dataclass(frozen=True)
class InnerProduct(OfInnerProduct):
    """s_ij = <a_i, b_j> of prepared rows, which lets the engine use closed forms; ``of`` and ``scores`` stay as is.

    Attributes:
        bound: Class-level: the largest absolute score, where preparation sets one.
    """

    bound: ClassVar[float | None] = None

    def __init_subclass__(cls) -> None:
        """Refuse other scores: the closed forms would not know of them.

        Raises:
            TypeError: The class has ``scores`` or ``of`` of its own.
        """
        if "scores" in vars(cls) or "of" in vars(cls):
            raise TypeError(f"{cls.__name__} scores pairs in its own way: derive it from Similarity")

    @final
    def of(self, p_nm: Tensor) -> Tensor:
        """The inner product itself."""
        return p_nm


@dataclass(frozen=True)
class Cosine(InnerProduct):
    """s_ij = <a_i, b_j> / (|a_i| |b_j|), in [-1, 1]."""

    bound: ClassVar[float | None] = 1.0

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Rows scaled to unit length."""
        return unit_rows(x_ND)


@dataclass(frozen=True)
class AnchorCosine(InnerProduct):
    """s_ij = <a_i, b_j> / |a_i|: candidates keep their length, such as prototypes over a temperature of their own."""

    two_sided: ClassVar[bool] = True

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Rows scaled to unit length."""
        return unit_rows(x_ND)

    def prepare_candidates(self, x_MD: Tensor) -> Tensor:
        """Nothing to do."""
        return x_MD


@dataclass(frozen=True)
class Dot(InnerProduct):
    """s_ij = <a_i, b_j>; rows are taken as they come."""

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Nothing to do."""
        return x_ND


@dataclass(frozen=True)
class Correlation(InnerProduct):
    """Pearson correlation of two rows, in [-1, 1]; for objectives that compare features, whose rows are examples.

    A feature that is the same for every example has correlation 0 with all.
    """

    bound: ClassVar[float | None] = 1.0

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Rows less their mean, scaled to unit length."""
        return unit_rows(x_ND - x_ND.mean(1, keepdim=True))


@dataclass(frozen=True)
class Covariance(InnerProduct):
    """Covariance of two rows, with N - 1 in the denominator; for objectives that compare features."""

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Rows less their mean, over the root of N - 1."""
        return (x_ND - x_ND.mean(1, keepdim=True)) / max(1, x_ND.shape[1] - 1) ** 0.5


@dataclass(frozen=True)
class Difference(Similarity):
    """s_ij = b_j - a_i, for rows that hold one number each (`[N, 1]`): comparisons of already scored pairs."""

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Nothing to do."""
        return x_ND

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Differences of the single column."""
        return b_mD[:, 0][None, :] - a_nD[:, 0][:, None]
