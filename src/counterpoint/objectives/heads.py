"""Several projection heads with a temperature of their own for every pair: AMCL."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.base.numerics import unit_rows
from counterpoint.objectives._settings import check_count, check_finite, check_positive
from counterpoint.pairwise import Dot, Given, ManyViews, Needs, Problem, Similarity, Streams, Terms, Tile, rows
from counterpoint.pairwise.views import same_rows, side_by_side, stacked_views


@dataclass(frozen=True, kw_only=True)
class AMCL(ManyViews):
    """Adaptive multi-head contrast: every head scores every pair, over a temperature that is predicted for the pair.

    Formula, for anchor n, head c, cosines s of features and inner products p of what a small network made of them:
    temperatures ``t = coldest + (warmest - coldest) / (1 + e^p)``, and with T the k negatives of the largest cosine
    ``loss_nc = -s+ / t+ + mean_T s / t + beta (D/2 log t+ + 1 / t+) - beta sum_T (log t + 1 / t)``; sum over heads,
    mean over anchors. It is the author's code with the other candidates of a batch (or of a queue) as negatives; two
    views are the mean of two calls, as there.

    Shapes: anchors and candidates `[N, C, 2 D]`: for each head D features, which are normalised, then D outputs of the
    temperature network on the normalised features, which are not. Memory: two matrices a head.

    Attributes:
        beta: Weight of the regulariser of temperatures, positive; 0.01 as in the public code.
        coldest: The smallest temperature, positive; 1e-5 as in the public code.
        warmest: The largest one, above it; 2 as in the public code.
        hardest: ``k``, negatives of an anchor that count, at least 1; 100 as in the public code.
        width: ``D`` of the regulariser; 128.

    Example:
        >>> import torch
        >>> z = torch.cat([torch.eye(4), torch.zeros(4, 4)], 1)[:, None]  # one head, all temperatures 1
        >>> round(AMCL(beta=1e-9, coldest=1e-9)(z, z).item(), 4)
        -1.0
    """

    cites: ClassVar[Citation] = Citation(
        "Wang, Koniusz, Gedeon and Zheng",
        "Adaptive Multi-head Contrastive Learning",
        2024,
        "arXiv:2310.05615",
        "Eq. 2.1 with the top-k approximation of Eq. 5, numbered as in the author's code",
    )
    needs: ClassVar[Needs] = Needs.VIEWS | Needs.NEGATIVES
    sides: ClassVar[bool] = True
    square: ClassVar[bool] = False
    streams: ClassVar[Streams] = Streams.WHOLE
    similarity: Similarity = field(default=Dot(), init=False, repr=False)
    beta: float = 0.01
    coldest: float = 1e-5
    warmest: float = 2.0
    hardest: int = 100
    width: int = 128

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: The warmest is not above the coldest.
        """
        check_positive("beta", self.beta)
        check_positive("coldest", self.coldest)
        check_finite("warmest", self.warmest)
        if (
            not isinstance(self.coldest, Tensor)
            and not isinstance(self.warmest, Tensor)
            and self.coldest >= self.warmest
        ):
            raise InputError(f"warmest must be above coldest, {self.coldest}, got {self.warmest}")
        check_count("hardest", self.hardest, least=1)
        check_count("width", self.width, least=1)

    def arrange(self, anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
        """As many heads on both sides, features and outputs of equal width."""
        given.only(why="heads of paired rows are compared")
        if candidates is None:
            raise InputError("candidates must be the heads of the anchors' partners, [N, C, 2 D], and there are none")
        a, b = stacked_views(anchors, None), stacked_views(candidates, None, name="candidates")
        if a.shape != b.shape:
            raise InputError(f"candidates must have the shape of the anchors, {list(a.shape)}, got {list(b.shape)}")
        if a.shape[2] % 2:
            raise InputError(
                f"a row holds features, then as many numbers for temperatures: its width {a.shape[2]} is odd"
            )
        return Problem(a, b, same_rows(a))

    def parts(self, problem: Problem) -> list[Problem]:
        """Head after head: normalised features, then outputs of the temperature network."""
        sides = [x.chunk(2, dim=2) for x in (problem.anchors, problem.candidates)]
        (a, a_t), (b, b_t) = ((unit_rows(features).unbind(1), outputs.unbind(1)) for features, outputs in sides)
        pairs = [pair for c in range(len(a)) for pair in ((a[c], b[c]), (a_t[c], b_t[c]))]
        return [Problem(one, other, problem.relation) for one, other in pairs]

    def joined(self, found: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """`[N, 2 C, M]` each."""
        return side_by_side(found)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """The whole matrix, and who is paired in it: temperatures are in another one."""
        yield rows.whole(s_NM)
        yield rows.whole(rel.positive)

    def head(self, *statistics: Tensor) -> Tensor:
        """Sum over heads, mean over anchors.

        Raises:
            InputError: There is one row, so nothing repels.
        """
        s_NPM, positive_NPM = statistics
        if s_NPM.shape[2] < 2:
            raise InputError("AMCL needs at least one negative for every anchor: give two examples or more")
        s_NCM, p_NCM, positive = s_NPM[:, ::2], s_NPM[:, 1::2], positive_NPM[:, ::2]
        t_NCM = self._temperatures(p_NCM)
        s_NC, t_NC = (torch.where(positive, x, 0.0).sum(2) for x in (s_NCM, t_NCM))
        k = min(self.hardest, s_NCM.shape[2] - 1)
        s_NCK, places = torch.where(positive, -torch.inf, s_NCM).topk(k, dim=2)
        t_NCK = t_NCM.gather(2, places)
        against_NC = (s_NCK / t_NCK).mean(2) - self.beta * (torch.log(t_NCK) + 1 / t_NCK).sum(2)
        return self.mean((self._towards(s_NC, t_NC) + against_NC).sum(1))

    def _temperatures(self, p: Tensor) -> Tensor:
        return self.coldest + (self.warmest - self.coldest) * torch.sigmoid(-p)

    def _towards(self, s: Tensor, t: Tensor) -> Tensor:
        return -s / t + self.beta * (self.width / 2 * torch.log(t) + 1 / t)

    def reference(self, s_PNN: Tensor, rel: Tile, /) -> Tensor:
        """Head by head, anchor by anchor."""
        total = s_PNN.new_zeros(())
        for s_NN, p_NN in zip(s_PNN[::2], s_PNN[1::2], strict=True):
            for n in range(len(s_NN)):
                t = self.coldest + (self.warmest - self.coldest) / (1 + torch.exp(p_NN[n]))
                total = total + self._one(s_NN[n], t, n) / len(s_NN)
        return total

    def _one(self, s: Tensor, t: Tensor, n: int) -> Tensor:
        others: Sequence[int] = sorted((m for m in range(len(s)) if m != n), key=lambda m: -s[m].item())
        hard = list(others[: self.hardest])
        loss = -s[n] / t[n] + self.beta * (self.width / 2 * torch.log(t[n]) + 1 / t[n])
        return loss + (s[hard] / t[hard]).mean() - self.beta * sum(torch.log(t[m]) + 1 / t[m] for m in hard)
