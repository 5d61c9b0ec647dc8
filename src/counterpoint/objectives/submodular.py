"""Combinatorial losses of class sets: graph cut, facility location and log-determinant."""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, Objective, Streams, Terms, Tile, WholeBatch, rows

_PAPER = ("Majee, Kothawade, Killamsetty and Iyer", "SCoRe: Submodular Combinatorial Representation Learning", 2024)
_WHERE = ("arXiv:2310.00165", "Table 1")


class SetInformation(Enum):
    """What is summed over the class sets A_k of a batch V, by a submodular function f."""

    TOTAL = "total information"
    """``sum_k f(A_k)``."""
    CORRELATION = "total correlation"
    """``sum_k f(A_k) - f(V)``."""

    def __repr__(self) -> str:
        """As it is written in Python."""
        return f"{type(self).__name__}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class GraphCut(Objective):
    """Graph-cut loss: similarity across classes, less similarity within.

    Formula, with class sets A_k: total information ``sum_k 1/|A_k| [sum_{i in A_k, j not in A_k} s_ij - lambda
    sum_{i != j in A_k} s_ij]``; total correlation ``lambda sum_k 1/|A_k| sum_{i in A_k, j not in A_k} s_ij``. A row's
    similarity to itself is left out (a constant for cosines), and sums over sets become means over rows: the paper's
    sum divided by N.

    Shapes: `[N, D]` with labels, or two views.

    Attributes:
        weight: ``lambda``, positive; 1.
        information: Total information or total correlation.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> GraphCut()(z, labels=y).item()  # every row has one partner at 1, of a set of 2
        -0.5
    """

    cites: ClassVar[Citation] = Citation(*_PAPER, *_WHERE)
    needs: ClassVar[Needs] = Needs.NOTHING
    joint: ClassVar[bool] = True
    weight: float = 1.0
    information: SetInformation = SetInformation.TOTAL

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("weight", self.weight)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: sums over the other classes and over the own one, and the number of partners."""
        yield rows.sum(rel.weighted(s_NM), where=rel.negative)
        yield rows.sum(rel.weighted(s_NM), where=rel.positive)
        yield rows.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Every row by the size of its set."""
        across_N, within_N, partners_N = statistics
        if self.information is SetInformation.TOTAL:
            return self.mean((across_N - self.weight * within_N) / (1 + partners_N))
        return self.mean(self.weight * across_N / (1 + partners_N))

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """Table 1, row by row."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            size = 1 + positive.sum()
            if self.information is SetInformation.TOTAL:
                losses.append((s[negative].sum() - self.weight * s[positive].sum()) / size)
            else:
                losses.append(self.weight * s[negative].sum() / size)
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class FacilityLocation(Objective):
    """Facility-location loss: how similar each row is to the nearest row of every class that is not its own.

    Formula, with class sets A_k of the batch V: ``sum_k 1/|A_k| sum_{i in V, not in A_k} max_{j in A_k} s_ij``, total
    information and total correlation alike; divided by N here. A row without a label is a set of its own.

    Shapes: `[N, D]` with labels, or two views. Memory: the whole matrix, as sets are ranges of columns that any tile
    may cut.

    Attributes:
        scale: What similarities are multiplied by, positive; 1.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])
        >>> FacilityLocation()(z, labels=y).item()  # the other class is orthogonal
        0.0
    """

    cites: ClassVar[Citation] = Citation(*_PAPER, *_WHERE)
    needs: ClassVar[Needs] = Needs.NOTHING
    weighs_pairs: ClassVar[bool] = False
    joint: ClassVar[bool] = True
    streams: ClassVar[Streams] = Streams.WHOLE
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("scale", self.scale)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: its nearest row of every other set, by the size of the set."""
        # A set is named after its first row: a row's own set is its positives and itself, the one entry left out.
        own = rel.positive | ~rel.compared
        first_N = own.int().argmax(1)
        n, sets = len(s_NM), s_NM.shape[1]
        size_K = own.new_zeros(sets, dtype=s_NM.dtype).index_add(0, first_N, s_NM.new_ones(n))
        nearest_NK = s_NM.new_full((n, sets), -torch.inf).scatter_reduce(1, first_N.expand(n, n), s_NM, "amax")
        other = (size_K > 0) & (torch.arange(sets, device=s_NM.device) != first_N[:, None])
        share = torch.where(other, nearest_NK, 0.0) / size_K.clamp_min(1)
        yield rows.whole(self.scale * share.sum(1))

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over rows."""
        return self.mean(statistics[0])

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """Set by set."""
        n = len(s_NM)
        sets = {tuple(j for j in range(n) if j == i or bool(rel.positive[i, j])) for i in range(n)}
        total = s_NM.new_zeros(())
        for members in sets:
            for i in range(n):
                if i not in members:
                    total = total + self.scale * s_NM[i, list(members)].max() / len(members)
        return total / n


@dataclass(frozen=True, kw_only=True)
class LogDeterminant(WholeBatch):
    """Log-determinant loss: the volume that every class fills, less that of the whole batch.

    Formula, with class sets A_k, the cosines ``S_A`` within a set and ``f(A) = log det(S_A + lambda I)``: total
    information ``sum_k f(A_k) / |A_k|``; total correlation ``sum_k [f(A_k) - f(V)] / |A_k|``. Computed from D x D
    matrices: ``det(S_A + lambda I) = lambda^|A| det(I + Z_A^T Z_A / lambda)``. Unlabelled rows (-1) belong to the batch
    alone.

    Shapes: `[N, D]`, two views or `[N, V, D]` (the views of a row share its class), and labels `[N]`.

    Attributes:
        weight: ``lambda``, positive; 1.
        information: Total information or total correlation.

    Example:
        >>> import torch
        >>> z = torch.eye(2)
        >>> round(LogDeterminant()(z, labels=torch.tensor([0, 1])).item(), 4)  # log 2 - 2 log 2, twice
        -1.3863
    """

    cites: ClassVar[Citation] = Citation(*_PAPER, *_WHERE)
    needs: ClassVar[Needs] = Needs.LABELS
    weight: float = 1.0
    information: SetInformation = SetInformation.CORRELATION

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("weight", self.weight)

    def of(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """Class by class.

        Raises:
            InputError: There are no labels.
        """
        if labels_N is None:
            raise InputError("labels must say which class every row is of, and there are none")
        z, y = unit_rows(z_NVD.flatten(0, 1)), labels_N.repeat_interleave(z_NVD.shape[1])
        of_all = self._volume(z) if self.information is SetInformation.CORRELATION else 0.0
        parts = [z[y == k] for k in range(int(y.max()) + 1) if bool((y == k).any())]
        if not parts:
            raise InputError("labels are all negative: no row has a class")
        return torch.stack([(self._volume(part) - of_all) / len(part) for part in parts]).sum()

    def _volume(self, z_nD: Tensor) -> Tensor:
        d, weight = z_nD.shape[1], torch.as_tensor(self.weight, dtype=z_nD.dtype, device=z_nD.device)
        identity = torch.eye(d, dtype=z_nD.dtype, device=z_nD.device)
        return torch.logdet(identity + z_nD.T @ z_nD / weight) + len(z_nD) * torch.log(weight)

    def reference(self, z_NVD: Tensor, labels_N: Tensor | None) -> Tensor:
        """By the matrices of cosines."""
        assert labels_N is not None
        rows_of = normalize(z_NVD, dim=2).flatten(0, 1)
        y = [int(label) for label in labels_N for _ in range(z_NVD.shape[1])]

        def f(z: Tensor) -> Tensor:
            return torch.logdet(z @ z.T + self.weight * torch.eye(len(z), dtype=z.dtype))

        total = z_NVD.new_zeros(())
        for k in sorted({label for label in y if label >= 0}):
            members = rows_of[[i for i, label in enumerate(y) if label == k]]
            whole = f(rows_of) if self.information is SetInformation.CORRELATION else 0.0
            total = total + (f(members) - whole) / len(members)
        return total
