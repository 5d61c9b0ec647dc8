"""Proxies as anchors: each class pulls its examples and pushes all others."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.objectives._settings import check_finite, check_positive
from counterpoint.pairwise import Axis, Needs, Objective, Terms, Tile, cols


@dataclass(frozen=True, kw_only=True)
class ProxyAnchor(Objective):
    """A smooth triplet-like loss in which every proxy is an anchor and the batch holds its positives and negatives.

    Formula: ``mean_{p in P+} log(1 + sum_{x in X+_p} e^{-(s(x, p) - d) / t}) + mean_{p in P} log(1 + sum_{x in X-_p}
    e^{(s(x, p) + d) / t})``, with P all proxies, P+ those whose class is in the batch, X+_p and X-_p the batch's rows
    of that class and of others. The paper's alpha is ``1 / t``.

    Shapes: examples `[N, D]` as anchors, proxies as candidates `[K, D]`, labels `[N]` from 0 to K - 1 (-1: of no class,
    pushed by all).

    Attributes:
        temperature: ``t``, positive; 1/32, an alpha of 32.
        margin: ``d``; 0.1.

    Example:
        >>> import torch
        >>> z, y = torch.eye(4), torch.arange(4)
        >>> bool(ProxyAnchor()(z, z, labels=y) < ProxyAnchor()(z, z, labels=y.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Kim, Kim, Cho and Kwak", "Proxy Anchor Loss for Deep Metric Learning", 2020, "arXiv:2003.13911", "Eq. 4"
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    prototypes: ClassVar[bool] = True
    temperature: float = 1 / 32
    margin: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_finite("margin", self.margin)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per proxy: log-sum-exps of its positives and of its negatives, and the number of positives."""
        yield cols.lse(rel.log_weighted((self.margin - s_NM) / self.temperature), where=rel.positive)
        yield cols.lse(rel.log_weighted((self.margin + s_NM) / self.temperature), where=rel.negative)
        yield cols.count(rel.positive, like=s_NM)

    def head(self, *statistics: Tensor) -> Tensor:
        """Both means over proxies."""
        pulled_M, pushed_M, count_M = statistics
        nothing = torch.zeros_like(pulled_M)
        pull = self.mean(torch.logaddexp(pulled_M, nothing), count_M, axis=Axis.COLS)
        return pull + self.mean(torch.logaddexp(pushed_M, nothing), axis=Axis.COLS)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """Eq. 4, proxy by proxy."""
        alpha = 1 / self.temperature
        pull: list[Tensor] = []
        push: list[Tensor] = []
        for s, positive, negative in zip(s_NM.T, rel.positive.T, rel.negative.T, strict=True):
            if positive.any():
                pull.append(torch.log(1 + torch.exp(-alpha * (s[positive] - self.margin)).sum()))
            push.append(torch.log(1 + torch.exp(alpha * (s[negative] + self.margin)).sum()))
        return torch.stack(pull).mean() + torch.stack(push).mean()
