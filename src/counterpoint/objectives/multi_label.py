"""Many positives for every anchor: none of them is made to compete with the others."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_count, check_positive
from counterpoint.objectives._softmax import nonzero, positive_terms, softplus, total
from counterpoint.pairwise import STAGE, Needs, Objective, Staged, Streams, Terms, Tile, rows

_DEXML = (
    "Gupta, Khatri, Rawat and others",
    "Dual-Encoders for Extreme Multi-Label Classification",
    2024,
    "arXiv:2310.10636",
)


@dataclass(frozen=True, kw_only=True)
class DecoupledSoftmax(Objective):
    """Decoupled softmax: each positive of an anchor against its negatives alone, without its other positives.

    Formula, for anchor i with positives P(i) and negatives N(i):
    ``loss_i = -1/|P(i)| sum_{p in P(i)} log( exp(s_ip / t) / (exp(s_ip / t) + sum_{n in N(i)} exp(s_in / t)) )``; mean
    over the anchors that have a positive. A positive is never pushed away, however similar it is already; with one
    positive it is InfoNCE. Without negatives the loss is 0.

    Twice the loss with two positives, the current model's embedding of an example and the previous model's, is the
    symmetric contrastive loss of continual learning (Cha, Cho and Moon, 2023, arXiv:2306.05101) for a shared anchor:
    candidates are the rows of both models, so that negatives are from the present and the past in both of its terms.

    Shapes: anchors `[N, D]`, candidates `[M, D]` and a relation, `[N, D]` with labels `[N]`, or two views `[N, D]`.
    Two passes over the matrix.

    Attributes:
        temperature: ``t``, positive; 0.05 as in the public code.

    Example:
        >>> import torch
        >>> z, y = torch.eye(2)[[0, 0, 0, 1, 1]], torch.tensor([0, 0, 0, 1, 1])
        >>> bool(DecoupledSoftmax()(z, labels=y) < 1e-6)  # several positives cost nothing
        True
    """

    cites: ClassVar[Citation] = Citation(*_DEXML, "the decoupled softmax loss, as in the public implementation")
    needs: ClassVar[Needs] = Needs.POSITIVES
    temperature: float = 0.05

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Staged:
        """First the log-sum-exp of every row's negatives; then its positives' losses and their number."""
        logits = s_NM / self.temperature
        yield rows.lse(rel.log_weighted(logits), where=rel.negative)
        (negative_N1,) = yield STAGE
        # Without negatives, -inf: as the least finite number its derivative is 0 and not NaN.
        against = negative_N1.clamp_min(torch.finfo(logits.dtype).min)
        yield from positive_terms(rows, softplus(against - logits), rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive."""
        _, loss_N, count_N = statistics
        return self.mean(loss_N / nonzero(count_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Positive by positive."""
        losses: list[Tensor] = []
        for logits, positive, negative in zip(s_NM / self.temperature, rel.positive, rel.negative, strict=True):
            if positive.any():
                among = [torch.cat([logit[None], logits[negative]]) for logit in logits[positive]]
                losses.append(torch.stack([-torch.log_softmax(one, 0)[0] for one in among]).mean())
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class SoftTopK(Objective):
    """Soft top-k loss: every positive is to be among the k candidates that are most similar to the anchor.

    Formula, for anchor i compared with C(i): ``loss_i = -1/|P(i)| sum_{p in P(i)} log sig(s_ip / t + x_i)``, sig the
    sigmoid and ``x_i`` such that ``sum_{j in C(i)} sig(s_ij / t + x_i) = k``; mean over the anchors that have a
    positive. An anchor that is compared with k candidates or fewer has them all among its k: its loss is 0. The
    threshold is solved for exactly, and differentiated by the implicit function theorem, as in the public code; that
    code also draws k positives of an anchor with more, which a relation can do.

    Shapes: anchors `[N, D]`, candidates `[M, D]` and a relation, `[N, D]` with labels `[N]`, or two views `[N, D]`.
    Whole rows are needed: memory for a block of rows, and time for two log-sum-exps of it per bit of the threshold.

    Attributes:
        temperature: ``t``, positive; 0.05 as in the public code.
        k: How many are to be found, at least 1; 5 as in the public code.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(SoftTopK(k=1)(z, z) < 0.01 < SoftTopK(k=1)(z, z.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(*_DEXML, "the soft top-k loss, as in the public implementation")
    needs: ClassVar[Needs] = Needs.POSITIVES
    streams: ClassVar[Streams] = Streams.ROWS
    temperature: float = 0.05
    k: int = 5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_count("k", self.k, least=1)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per row: the positives' losses and their number."""
        logits = s_NM / self.temperature
        chosen = rel.positive & (rel.compared.sum(1, keepdim=True) > self.k)
        most = max(1, int(chosen.sum(1).max())) if len(chosen) else 1
        # The positives of every row side by side, [n, P]: a tile of losses would be mostly of negatives.
        places = torch.topk(chosen.to(torch.uint8), most, dim=1).indices
        active = logits.gather(1, places) + _threshold(logits, rel.compared, self.k)
        weight = chosen.gather(1, places) if rel.weight is None else (chosen * rel.weight).gather(1, places)
        yield rows.whole((weight * softplus(-active)).sum(1))
        yield total(rows, rel.positive, s_NM, rel)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean over the anchors that have a positive."""
        loss_N, count_N = statistics
        return self.mean(loss_N / nonzero(count_N), count_N)

    def reference(self, s_NM: Tensor, rel: Tile) -> Tensor:
        """Anchor by anchor; a Newton step from the solution has its derivative."""
        losses: list[Tensor] = []
        for logits, positive, compared in zip(s_NM / self.temperature, rel.positive, rel.compared, strict=True):
            if positive.any() and int(compared.sum()) <= self.k:
                losses.append(0 * logits[positive].sum())
            elif positive.any():
                x = _root(logits[compared].detach(), self.k)
                excess, slope = _excess(logits[compared] + x, self.k)
                losses.append(-logsigmoid(logits[positive] + x - excess / slope.detach()).mean())
        return torch.stack(losses).mean()


def _threshold(logits_NM: Tensor, compared: Tensor, k: int) -> Tensor:
    """What to add to a row so that its sigmoids sum to k, `[n, 1]`; 0 where it has k entries or fewer."""
    enough = compared.sum(1, keepdim=True) > k
    x_N1 = torch.where(enough, _solve(logits_NM.detach(), compared, k), 0.0)
    # By the implicit function theorem entry j moves the threshold by minus its share of the sigmoids' derivatives.
    share = _shares(logits_NM.detach() + x_N1, compared, enough)
    moved_N1 = (share * logits_NM).sum(1, keepdim=True)
    return x_N1 - (moved_N1 - moved_N1.detach())


@torch.no_grad()
def _shares(z_NM: Tensor, compared: Tensor, enough: Tensor) -> Tensor:
    """Each entry's share of its row's sum of derivatives of sigmoids; in place, as every tile counts here."""
    slopes = logsigmoid(z_NM)
    slopes.add_(logsigmoid(z_NM.neg_())).masked_fill_(~compared, -torch.inf)
    return torch.softmax(slopes, 1).masked_fill_(~enough, 0.0)


@torch.no_grad()
def _solve(logits_NM: Tensor, compared: Tensor, k: int) -> Tensor:
    """Bisection on what the k largest lack of 1, against what the others exceed 0 by.

    The two sides are sums of small positive numbers, compared by their logarithms: a sum of sigmoids minus k would
    lose all digits where those are near 0 or 1.
    """
    highest = torch.where(compared, logits_NM, -torch.inf)
    inside = torch.zeros_like(compared).scatter_(1, torch.topk(highest, min(k, highest.shape[1]), 1).indices, True)
    even = torch.logit(k / compared.sum(1, keepdim=True).clamp_min(k + 1).to(logits_NM.dtype))
    low = even - highest.amax(1, keepdim=True)
    del highest
    high = even - torch.where(compared, logits_NM, torch.inf).amin(1, keepdim=True)
    among, others = compared & inside, compared & ~inside
    for _ in range(8 - math.floor(math.log2(torch.finfo(logits_NM.dtype).eps))):
        middle = (low + high) / 2
        rising = _log_sum(logits_NM + middle, others) < _log_sum((logits_NM + middle).neg_(), among)
        low, high = torch.where(rising, middle, low), torch.where(rising, high, middle)
    return (low + high) / 2


def _log_sum(z_NM: Tensor, there: Tensor) -> Tensor:
    return logsigmoid(z_NM).masked_fill_(~there, -torch.inf).logsumexp(1, keepdim=True)


def _root(logits: Tensor, k: int) -> Tensor:
    low, high = -logits.max() - 100, -logits.min() + 100
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _excess(logits + middle, k)[0] < 0 else (low, middle)
    return (low + high) / 2


def _excess(logits: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Sum of sigmoids minus k, written so that what is close to 1 loses no digits, and its derivative."""
    rising = torch.sort(logits).values
    excess = torch.sigmoid(rising[:-k]).sum() - torch.sigmoid(-rising[-k:]).sum()
    return excess, (torch.sigmoid(logits) * torch.sigmoid(-logits)).sum()
