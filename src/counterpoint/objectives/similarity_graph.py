"""Transport that follows a graph: the plan between two sides should be what a teacher's similarities say."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from counterpoint.base.citation import Citation
from counterpoint.base.errors import InputError
from counterpoint.objectives._settings import check_count, check_positive, check_prior
from counterpoint.objectives.transport import unbalanced_plan
from counterpoint.pairwise import Axis, Cosine, Needs, Objective, Similarity, Streams, Terms, Tile, rows


@dataclass(frozen=True, kw_only=True)
class SIGROT(Objective):
    """Similarity-graph regularised transport: divergence of an unbalanced transport plan from a given graph.

    Formula: with the plan ``P = argmin <P, 1 - s> - epsilon H(P) + rho KL(P 1 | 1/N) + rho KL(P^T 1 | 1/M)`` and graph
    weights w, ``q_ij = (1 - smoothing) w_ij / sum_k w_ik + smoothing / M``:
    ``loss = 1/2 mean_i GKL(N P_i | q_i)`` plus the same of columns, ``GKL(p | q) = sum p log(p / q) - p + q``. The
    paper's w is ``exp(G / 0.05)``, G the mean of a frozen multimodal model's cosines within and across both sides:
    ``relation=Explicit.graded(w)``. Without a relation the graph is the pairs. The method adds a tenth of ``CLIP``.

    Shapes: anchors `[N, D]`, candidates `[M, D]`, a relation `[N, M]`. Memory: the matrix, some copies per iteration.

    Attributes:
        temperature: ``epsilon``, the entropic weight, positive; 0.05 as in the public code.
        relaxation: ``rho``, how closely sides keep their masses, positive; 0.5 as in the public code.
        smoothing: Share of the uniform graph, from 0 to below 1; 0.05. The paper has none, as its weights are all
            positive; with 0, a pair of weight 0 is an error.
        iterations: Of the scaling, 1 or more; 30.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> bool(SIGROT()(z, z) < SIGROT()(z, z.flip(0)))
        True
    """

    cites: ClassVar[Citation] = Citation(
        "Tran, Nguyen and Pham",
        "ViCLIP-OT: The First Foundation Vision-Language Model for Vietnamese Image-Text Retrieval with Optimal "
        "Transport",
        2026,
        "arXiv:2602.22678",
        "the SIGROT loss, as in the public implementation",
    )
    needs: ClassVar[Needs] = Needs.POSITIVES
    streams: ClassVar[Streams] = Streams.WHOLE
    similarity: Similarity = field(default=Cosine(), init=False, repr=False)
    temperature: float = 0.05
    relaxation: float = 0.5
    smoothing: float = 0.05
    iterations: int = 30

    def __post_init__(self) -> None:
        """Check the settings."""
        check_positive("temperature", self.temperature)
        check_positive("relaxation", self.relaxation)
        check_prior("smoothing", self.smoothing)
        check_count("iterations", self.iterations, least=1)

    def terms(self, s_NM: Tensor, rel: Tile) -> Terms:
        """The plan's logarithm, the graph's weights and who is compared."""
        fidelity = self.relaxation / (self.relaxation + self.temperature)
        logits = (s_NM - 1) / self.temperature
        yield rows.whole(unbalanced_plan(logits, rel.compared, iterations=self.iterations, fidelity=fidelity))
        yield rows.whole(rel.weighted(rel.positive.to(s_NM.dtype)))
        yield rows.whole(rel.compared)

    def head(self, *statistics: Tensor) -> Tensor:
        """Mean of both directions; what has no neighbour in the graph is no anchor.

        Raises:
            InputError: The graph has a pair of weight 0, and nothing smooths it.
        """
        log_p, weight, compared = statistics
        if not isinstance(self.smoothing, Tensor) and self.smoothing == 0 and bool((compared & (weight == 0)).any()):
            raise InputError("SIGROT needs a positive weight for every pair, or smoothing above 0")
        n, m = log_p.shape
        by_row = self._divergence(log_p, weight, compared)
        by_col = self._divergence(log_p.T + torch.log(log_p.new_tensor(m / n)), weight.T, compared.T)
        loss = self.mean(by_row, weight.sum(1))
        return (loss + self.mean(by_col, weight.sum(0), axis=Axis.COLS)) / 2

    def _divergence(self, log_p: Tensor, weight: Tensor, compared: Tensor) -> Tensor:
        """GKL of every row."""
        total, count = weight.sum(1, keepdim=True), compared.sum(1, keepdim=True)
        given = weight / torch.where(total > 0, total, 1.0)
        q = torch.where(compared, (1 - self.smoothing) * given + self.smoothing / count.clamp_min(1), 1.0)
        # Elsewhere the scalings alone could be beyond the largest number.
        log_p = torch.where(compared, log_p, 0.0)
        p = log_p.exp()
        return torch.where(compared, p * (log_p - torch.log(q)) - p + q, 0.0).sum(1)

    def reference(self, s_NM: Tensor, rel: Tile, /) -> Tensor:
        """Scalings that are multiplied, and both divergences row by row."""
        kernel = torch.where(rel.compared, torch.exp((s_NM - 1) / self.temperature), 0.0)
        n, m = kernel.shape
        u, v = kernel.new_ones(n), kernel.new_ones(m)
        fidelity = self.relaxation / (self.relaxation + self.temperature)
        for _ in range(self.iterations):
            u = (1 / n / (kernel @ v)) ** fidelity
            v = (1 / m / (kernel.T @ u)) ** fidelity
        plan = u[:, None] * kernel * v
        weight = rel.positive.to(s_NM.dtype) if rel.weight is None else rel.positive * rel.weight
        by_row = self._printed(n * plan, weight, rel.compared)
        return (by_row + self._printed(m * plan.T, weight.T, rel.compared.T)) / 2

    def _printed(self, plan: Tensor, weight: Tensor, compared: Tensor) -> Tensor:
        losses: list[Tensor] = []
        for p, w, there in zip(plan, weight, compared, strict=True):
            if w.sum() > 0:
                q = (1 - self.smoothing) * w[there] / w.sum() + self.smoothing / there.sum()
                losses.append((p[there] * torch.log(p[there] / q) - p[there] + q).sum())
        return torch.stack(losses).mean()
