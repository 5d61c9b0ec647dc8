"""One term per example over all of its views: MV-InfoNCE, MV-DHEL and the poly-view losses."""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_positive
from counterpoint.objectives._views import different_views, means_of_others, view_terms
from counterpoint.pairwise import ManyViews, Needs, Problem, Terms, Tile


@dataclass(frozen=True, kw_only=True)
class MVInfoNCE(ManyViews):
    """InfoNCE of all views of an example at once: the logarithm of sums over pairs of views, not their average.

    Formula, with ``e(x, y) = exp(s(x, y) / t)`` and views v_n1 .. v_nV of example n:
    ``loss_n = -log [sum_{i != j} e(v_ni, v_nj) / sum_{i, j, m: (n, i) != (m, j)} e(v_ni, v_mj)]``, the denominator
    over every view against every view of every example; mean over examples.

    Shapes: `[N, V, D]`, or two views `[N, D]`.

    Attributes:
        temperature: ``t``, positive; 0.5 as in the paper.

    Example:
        >>> import torch
        >>> views = torch.eye(4)[:, None].expand(4, 3, 4)
        >>> round(MVInfoNCE(temperature=1.0)(views).item(), 4)  # 6 e over 6 e + 27
        0.9766
    """

    cites: ClassVar[Citation] = Citation(
        "Koromilas, Georgiou, Bouritsas and others",
        "A Principled Framework for Multi-View Contrastive Learning",
        2025,
        "arXiv:2507.06979",
        "MV-InfoNCE, section IV",
    )
    needs: ClassVar[Needs] = Needs.VIEWS
    temperature: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per example and pair of views: log-sum-exp of all that is not the row itself, and the positive."""
        yield from view_terms(s_NM / self.temperature, rel, where=rel.compared)

    def head(self, *statistics: Tensor) -> Tensor:
        """Log of the sum over pairs of views, per example."""
        lse_NVV, positive_NVV = statistics
        other = different_views(lse_NVV)
        return self.mean(lse_NVV.flatten(1).logsumexp(1) - positive_NVV[:, other].logsumexp(1))

    def reference(self, s_VVNN: Tensor, rel: Tile, /) -> Tensor:
        """The ratio of sums, example by example."""
        e = torch.exp(s_VVNN / self.temperature)
        views, n = e.shape[1:3]
        losses: list[Tensor] = []
        for k in range(n):
            attracted = sum(e[i, j, k, k] for i in range(views) for j in range(views) if i != j)
            every = e[:, :, k].sum() - sum(e[i, i, k, k] for i in range(views))
            losses.append(-torch.log(attracted / every))
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class MVDHEL(ManyViews):
    """Decoupled hypersphere energy loss of many views: what repels a view are the other examples in that view alone.

    Formula, with ``e(x, y) = exp(s(x, y) / t)``:
    ``loss_n = -log [sum_{i < j} e(v_ni, v_nj) / prod_i sum_{m != n} e(v_ni, v_mi)]``; mean over examples. Sums are not
    divided by their number of terms, as in the public code. With two views it is DHEL.

    Shapes: `[N, V, D]`, or two views `[N, D]`; two examples or more.

    Attributes:
        temperature: ``t``, positive; 0.5 as in the paper.

    Example:
        >>> import torch
        >>> views = torch.eye(4)[:, None].expand(4, 2, 4)
        >>> round(MVDHEL(temperature=1.0)(views).item(), 4)  # log(3 * 3) - 1
        1.1972
    """

    cites: ClassVar[Citation] = Citation(
        "Koromilas, Georgiou, Bouritsas and others",
        "A Principled Framework for Multi-View Contrastive Learning",
        2025,
        "arXiv:2507.06979",
        "MV-DHEL, section IV",
    )
    needs: ClassVar[Needs] = Needs.VIEWS | Needs.NEGATIVES
    temperature: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per example and pair of views: log-sum-exp of the other examples, and the positive."""
        yield from view_terms(s_NM / self.temperature, rel, where=rel.negative)

    def head(self, *statistics: Tensor) -> Tensor:
        """Within-view repulsions add up; the positives of an example are one sum.

        Raises:
            InputError: There is one example, so nothing repels.
        """
        lse_NVV, positive_NVV = statistics
        if len(lse_NVV) < 2:
            raise InputError("MVDHEL needs at least one negative for every anchor: give two examples or more")
        pairs = torch.ones_like(positive_NVV[0], dtype=torch.bool).triu(1)
        within_NV = lse_NVV.diagonal(dim1=1, dim2=2)
        return self.mean(within_NV.sum(1) - positive_NVV[:, pairs].logsumexp(1))

    def reference(self, s_VVNN: Tensor, rel: Tile, /) -> Tensor:
        """The ratio of a sum and a product, example by example."""
        e = torch.exp(s_VVNN / self.temperature)
        views, n = e.shape[1:3]
        losses: list[Tensor] = []
        for k in range(n):
            attracted = sum(e[i, j, k, k] for j in range(views) for i in range(j))
            others = [m for m in range(n) if m != k]
            repelled = torch.stack([e[i, i, k, others].sum() for i in range(views)])
            losses.append(-torch.log(attracted / repelled.prod()))
        return torch.stack(losses).mean()


class PolyForm(Enum):
    """How the views of an example are brought together."""

    GEOMETRIC = "geometric"
    """Mean of the logarithms of the likelihoods of a view's partners."""
    ARITHMETIC = "arithmetic"
    """Logarithm of their mean."""
    SUFFICIENT = "sufficient statistics"
    """One partner: the mean of all other views."""

    def __repr__(self) -> str:
        """As it is written in Python."""
        return f"{type(self).__name__}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class PolyView(ManyViews):
    """Poly-view contrast: every view against the other views of its example, among the views of all others.

    Formula, with ``e(x, y) = exp(s(x, y) / t)`` and the likelihood of view j given view i,
    ``l_nij = e(v_ni, v_nj) / (e(v_ni, v_nj) + sum_{m != n} sum_k e(v_ni, v_mk))``:
    geometric ``-mean_{n, i} mean_{j != i} log l_nij``; arithmetic ``-mean_{n, i} log mean_{j != i} l_nij``; sufficient
    statistics ``-mean_{n, i} log l_ni``, where j and k are the means of all views but i and k: ``u_ni = mean_{j != i}
    v_nj / |v_nj|`` takes the place of v_nj, and ``u_mk`` that of v_mk. With two views all three are NT-Xent.

    Shapes: `[N, V, D]`, or two views `[N, D]`; two examples or more.

    Attributes:
        temperature: ``t``, positive; 0.1.
        form: How the views of an example are brought together.

    Example:
        >>> import torch
        >>> a, b = torch.eye(3), torch.eye(3).flip(0)
        >>> from counterpoint.objectives import NTXent
        >>> bool(torch.isclose(PolyView(temperature=0.5)(a, b), NTXent(temperature=0.5)(a, b)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Shidani, Hjelm, Ramapuram and others", "Poly-View Contrastive Learning", 2024, "arXiv:2403.05490", "Eq. 12-17"
    )
    needs: ClassVar[Needs] = Needs.VIEWS | Needs.NEGATIVES
    temperature: float = 0.1
    form: PolyForm = PolyForm.GEOMETRIC

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)

    def parts(self, problem: Problem) -> list[Problem]:
        """View against view, or against the means of the other views, which are never the row itself."""
        if self.form is not PolyForm.SUFFICIENT:
            return super().parts(problem)
        anchors = problem.anchors.unbind(1)
        rest = means_of_others(self.similarity.prepare(problem.anchors)).unbind(1)
        return [Problem(one, other, problem.relation) for one in anchors for other in rest]

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """Per example and pair of views: log-sum-exp of the other examples, and the positive."""
        yield from view_terms(s_NM / self.temperature, rel, where=rel.negative)

    def head(self, *statistics: Tensor) -> Tensor:
        """Likelihoods of partners, brought together as ``form`` says.

        Raises:
            InputError: There is one example, so nothing repels.
        """
        lse_NVV, positive_NVV = statistics
        if len(lse_NVV) < 2:
            raise InputError("PolyView needs at least one negative for every anchor: give two examples or more")
        repelled_NV1 = lse_NVV.logsumexp(2, keepdim=True)
        log_NVV = positive_NVV - torch.logaddexp(positive_NVV, repelled_NV1)
        views = log_NVV.shape[1]
        if self.form is PolyForm.SUFFICIENT:
            return self.mean(-log_NVV.diagonal(dim1=1, dim2=2).mean(1))
        log_NVP = log_NVV[:, different_views(log_NVV)].view(-1, views, views - 1)
        if self.form is PolyForm.GEOMETRIC:
            return self.mean(-log_NVP.mean((1, 2)))
        return self.mean(-(torch.logsumexp(log_NVP, 2) - torch.log(log_NVP.new_tensor(views - 1))).mean(1))

    def reference(self, s_VVNN: Tensor, rel: Tile, /) -> Tensor:
        """The likelihoods one by one; of sufficient statistics, from similarities with the means."""
        e = torch.exp(s_VVNN / self.temperature)
        views, n = e.shape[1:3]
        losses: list[Tensor] = []
        for k in range(n):
            for i in range(views):
                others = [m for m in range(n) if m != k]
                repelled = e[i, :, k, others].sum()
                partners = [i] if self.form is PolyForm.SUFFICIENT else [j for j in range(views) if j != i]
                likelihoods = torch.stack([e[i, j, k, k] / (e[i, j, k, k] + repelled) for j in partners])
                mean = likelihoods.mean().log() if self.form is PolyForm.ARITHMETIC else likelihoods.log().mean()
                losses.append(-mean)
        return torch.stack(losses).mean()
