"""Contrast of views, and of examples with the clusters they are in, which are found again and again."""

import torch
from torch import Tensor, nn

from counterpoint.data import Batch
from counterpoint.encoders import Encoder
from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.branch import Branch
from counterpoint.methods.collating import collate_views
from counterpoint.methods.reclustering import ClusterStep, Reclustering
from counterpoint.pairwise import Loss, SameKey
from counterpoint.views import View


class ClusterContrast(Method):
    """Two views of each example: they are compared, and the first learns from its cluster.

    Args:
        encoder: Embeds the examples.
        objective: Compares the two views.
        views: The two.
        step: Clusters, and what is learnt from them.
        head: Projects embeddings `[N, D]`; dropped after training.
        dim: D.
        examples: Training examples; their row numbers are from 0 to one less.
    """

    def __init__(
        self,
        encoder: Encoder,
        objective: Loss,
        *,
        views: tuple[View, View],
        step: ClusterStep,
        head: nn.Module,
        dim: int,
        examples: int,
    ) -> None:
        super().__init__()
        self.online = Branch(encoder, head)
        self.clustering = Reclustering(step, size=examples, dim=dim)
        self.formula, self.views = objective, views
        self._new: list[tuple[Tensor, Tensor]] = []

    @property
    def encoder(self) -> Encoder:
        """The encoder."""
        return self.online.encoder

    def prepare(self, batch: Batch, seeds: Tensor, *, chunk: int | None = None) -> Prepared:
        """Both views, and the numbers of the rows; see :meth:`Method.prepare`."""
        calls = collate_views(self.encoder, self.views, batch, seeds, chunk=chunk)
        return Prepared(calls=calls, targets={"row": torch.from_numpy(batch.rows)}, size=len(batch.rows))

    def encode(self, call: int, inputs: Inputs) -> Tensor:
        """Projections `[n, D]`."""
        return self.online(inputs)

    def objective(self, embeddings: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
        """The loss of views and of clusters; see :meth:`Method.objective`."""
        first, second = embeddings
        loss = self.clustering.mixed(self.formula(first, second), first, targets["row"])
        if self.training:  # what is only looked at leaves nothing behind
            self._new.append((targets["row"], second.detach()))
        rows = torch.arange(len(first), device=first.device)
        temperature = getattr(self.formula, "temperature", None)
        return StepOutput(loss, first, second, SameKey(rows, rows, local=True), temperature=temperature)

    def after_step(self, step: int) -> None:
        """The second views of the step's batches join the bank, and clusters change when it is time."""
        for numbers, rows in self._new:
            self.clustering.keep(numbers, rows)
        self._new.clear()
        self.clustering.advance()
