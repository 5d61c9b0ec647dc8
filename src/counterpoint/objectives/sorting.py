"""Group ordering: a differentiable sorting network should move no positive out of the nearest places."""

from dataclasses import dataclass
from math import pi
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.pairwise import Needs, Objective, Streams, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class GroCo(Objective):
    """Group ordering constraints: all positives of an anchor before its nearest negatives, in whatever order.

    Formula, for anchor i with P positives and its k most similar negatives, H = k + P (or fewer negatives where there
    are fewer): the negatives in rising order of similarity, then the positives in rising order, pass through H layers
    of an odd-even network, whose comparators swap neighbours a, b softly: ``min = f a + (1 - f) b``, ``max = (1 - f) a
    + f b`` with ``f = 1/2 + atan(steepness (b - a)) / pi``. The product of the layers is a doubly stochastic matrix;
    ``q_e`` is the mass that entry e has in the last P places, and ``loss_i = -1/H [sum_positives log q_e +
    sum_negatives log(1 - q_e)]``; mean over the anchors with a positive. The authors' code gives candidates no
    gradient: pass them detached for that.

    Shapes: anchors `[N, D]`, candidates `[M, D]`, or `[N, D]` with labels `[N]`. Time and memory: a block of rows by
    H^2 comparators; the matrix of permutations is never made.

    Attributes:
        steepness: Of the comparators, positive; 1 as in the authors' code.
        hardest: ``k``, at least 1; 10 as there.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(GroCo(steepness=10.0)(z, z) < GroCo(steepness=10.0)(z, z.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Shvetsova, Petersen, Kukleva, Schiele and Kuehne",
        "Learning by Sorting: Self-supervised Learning with Group Ordering Constraints",
        2023,
        "arXiv:2301.02009",
        "the group ordering loss, section 3, as in the public implementation",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    weighs_pairs: ClassVar[bool] = False
    streams: ClassVar[Streams] = Streams.ROWS
    steepness: float = 1.0
    hardest: int = 10

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: No negative is wanted.
        """
        check_positive("steepness", self.steepness)
        if self.hardest < 1:
            raise InputError(f"hardest must be at least 1, got {self.hardest}")

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: its cross-entropy, and its number of positives."""
        # int64, the default, would make the masks eight times as large before they are summed.
        negatives, positives = (mask.sum(1, dtype=torch.int32) for mask in (rel.negative, rel.positive))
        negatives = negatives.clamp_max(self.hardest)
        lengths = negatives + positives
        x_NH = self._rising(s_NM, rel, negatives, lengths)
        places = torch.arange(x_NH.shape[1], device=s_NM.device)
        inside, last = places < lengths[:, None], places >= negatives[:, None]
        mass = _mass((last & inside).to(x_NH.dtype), self._comparators(x_NH, lengths))
        # A comparator of large numbers is exact, and a wrong one has mass 0: the floor keeps its derivative finite.
        right = torch.where(last, mass, 1 - mass).clamp_min(torch.finfo(mass.dtype).eps)
        yield rows.whole(-torch.where(inside, right.log(), 0.0).sum(1) / lengths.clamp_min(1))
        yield rows.count(rel.positive, like=s_NM)

    def _rising(self, s_NM: Tensor, rel: Tile, negatives: Tensor, lengths: Tensor) -> Tensor:
        """Negatives, then positives, both in rising order and from the left; 0 where a row has no more."""
        most = int((lengths - negatives).max()) if len(s_NM) else 0
        near = torch.where(rel.negative, s_NM, -torch.inf).topk(min(self.hardest, s_NM.shape[1]), dim=1).values.flip(1)
        far = -torch.where(rel.positive, -s_NM, -torch.inf).topk(most, dim=1).values
        both = torch.cat([near, far], 1)
        places = torch.arange(both.shape[1], device=s_NM.device)
        moved = (places + (near.shape[1] - negatives)[:, None]).clamp_max(both.shape[1] - 1)
        return torch.where(places < lengths[:, None], both.gather(1, moved), 0.0)

    def _comparators(self, x_NH: Tensor, lengths: Tensor) -> list[tuple[int, Tensor]]:
        """Layer by layer: its first wire, and how far each of its comparators leaves its two wires as they are."""
        found: list[tuple[int, Tensor]] = []
        for layer in range(x_NH.shape[1]):
            first = layer % 2
            count = (x_NH.shape[1] - first) // 2
            a, b = x_NH[:, first : first + 2 * count : 2], x_NH[:, first + 1 : first + 2 * count : 2]
            # Shorter rows have a shorter network: beyond it nothing is moved.
            upper = first + 1 + 2 * torch.arange(count, device=x_NH.device)
            there = (upper < lengths[:, None]) & (layer < lengths[:, None])
            stays = torch.where(there, 0.5 + torch.atan(self.steepness * (b - a)) / pi, 1.0)
            found.append((first, stays))
            x_NH = _mixed(x_NH, first, stays)
        return found

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors with a positive."""
        loss_N, count_N = statistics
        return self.mean(loss_N, count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """The network with its matrix of permutations, anchor by anchor, layer by layer."""
        losses: list[Tensor] = []
        for s, positive, negative in zip(s_NM, rel.positive, rel.negative, strict=True):
            if positive.any():
                low = s[negative].sort().values[-self.hardest :]
                x = torch.cat([low, s[positive].sort().values])
                permutation = torch.eye(len(x), dtype=x.dtype)
                for layer in range(len(x)):
                    step = torch.eye(len(x), dtype=x.dtype)
                    for a in range(layer % 2, len(x) - 1, 2):
                        f = 0.5 + torch.atan(self.steepness * (x[a + 1] - x[a])) / pi
                        step[a, a] = step[a + 1, a + 1] = f
                        step[a, a + 1] = step[a + 1, a] = 1 - f
                    x, permutation = x @ step, permutation @ step
                mass = permutation[:, len(low) :].sum(1)
                losses.append(-torch.cat([(1 - mass)[: len(low)], mass[len(low) :]]).log().mean())
        return torch.stack(losses).mean()


def _mixed(x_NH: Tensor, first: int, stays: Tensor) -> Tensor:
    """Every comparator's two wires, each with its share of the other."""
    end = first + 2 * stays.shape[1]
    a, b = x_NH[:, first:end:2], x_NH[:, first + 1 : end : 2]
    mixed = torch.stack([stays * a + (1 - stays) * b, (1 - stays) * a + stays * b], 2).flatten(1)
    return torch.cat([x_NH[:, :first], mixed, x_NH[:, end:]], 1)


def _mass(last_NH: Tensor, comparators: list[tuple[int, Tensor]]) -> Tensor:
    """How much of every entry ends in the last places: the transposed network, back from its last layer."""
    for first, stays in reversed(comparators):
        last_NH = _mixed(last_NH, first, stays)
    return last_NH
