"""Siamese steps without negatives: one view predicts another, whose embedding is a target."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.data import Batch
from counterpoint.encoders import DirectPred, Encoder, HeadSpec, PredictionHead
from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.branch import Branch
from counterpoint.methods.collating import collate_views
from counterpoint.methods.momentum import Momentum, follow
from counterpoint.pairwise import Loss, Ranks, SameKey
from counterpoint.views import View


@dataclass(frozen=True, kw_only=True)
class SiameseStep:
    """What a siamese step is made of besides encoder, head, views and objective.

    SimSiam (Chen and He 2021, arXiv:2011.10566, Eq. 4) is the default. BYOL (Grill and others 2020, arXiv:2006.07733)
    is ``teacher=Momentum()``; TriBYOL (Li and others 2022, arXiv:2206.03012) is that with ``views=3``, as both of its
    targets are the same average of one student. DirectPred (Tian, Chen and Ganguli 2021, arXiv:2102.06810) is
    ``predictor=DirectPredictor()``.

    Attributes:
        predictor: From the projection of one view to that of another; it must keep the dimension.
        teacher: Targets come from an average of encoder and head; None takes them from both as they are.
        stop_gradient: Targets have no gradient. Without it everything collapses to one point, which is what it is
            here to show; a teacher's targets never have one.
        views: Views of each example, 2 or 3; each predicts all others. The third is drawn as the second.
    """

    predictor: HeadSpec = PredictionHead()
    teacher: Momentum | None = None
    stop_gradient: bool = True
    views: int = 2

    def __post_init__(self) -> None:
        """Refuse other numbers of views."""
        if self.views not in (2, 3):
            raise InputError(f"views must be 2 or 3, got {self.views}")


class Siamese(Method):
    """Every view predicts the targets of the others: SimSiam, BYOL, TriBYOL and DirectPred by their settings.

    The loss is the mean over ordered pairs of different views (v, w) of ``objective(predictor(z_v), target_w)``. The
    predictor sees whole batches, as the objective does, so that its batch normalisation is not disturbed by chunks.

    Args:
        encoder: Embeds the examples.
        objective: Of paired rows, such as ``NegativeCosine``.
        views: View of the first, and of every other call.
        step: The settings.
        head: Projects embeddings `[N, D]`; dropped after training.
        predictor: What ``step.predictor`` builds.
    """

    def __init__(
        self,
        encoder: Encoder,
        objective: Loss,
        *,
        views: tuple[View, View],
        step: SiameseStep,
        head: nn.Module,
        predictor: nn.Module,
    ) -> None:
        super().__init__()
        self.online = Branch(encoder, head)
        self.predictor = predictor
        self.teacher = None if step.teacher is None else copy.deepcopy(self.online).requires_grad_(False)
        self.formula, self.views, self.step = objective, views, step

    @property
    def encoder(self) -> Encoder:
        """The student."""
        return self.online.encoder

    def prepare(self, batch: Batch, seeds: Tensor, *, chunk: int | None = None) -> Prepared:
        """All views, and once more for the teacher; see :meth:`Method.prepare`."""
        views = [self.views[min(number, 1)] for number in range(self.step.views)]
        calls = collate_views(self.encoder, views, batch, seeds, chunk=chunk)
        return Prepared(calls=calls if self.teacher is None else calls * 2, size=len(batch.rows))

    def encode(self, call: int, inputs: Inputs) -> Tensor:
        """Projections `[n, D]`; calls after the views are the teacher's."""
        if call < self.step.views or self.teacher is None:
            return self.online(inputs)
        with torch.no_grad():
            return self.teacher(inputs)

    def objective(self, embeddings: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
        """The mean over ordered pairs of views; see :meth:`Method.objective`."""
        count = self.step.views
        z, aims = embeddings[:count], embeddings[count:] or embeddings[:count]
        if self.step.stop_gradient:
            aims = [aim.detach() for aim in aims]
        self._observe(z)
        predictions = [self.predictor(one) for one in z]
        losses = [self.formula(predictions[v], aims[w]) for v in range(count) for w in range(count) if v != w]
        rows = torch.arange(len(z[0]), device=z[0].device)
        return StepOutput(torch.stack(losses).mean(), z[0], z[1], SameKey(rows, rows, local=True))

    def _observe(self, z: list[Tensor]) -> None:
        """A predictor in closed form sees the inputs of all views and ranks, in training."""
        for part in self.predictor.modules():
            if isinstance(part, DirectPred) and part.training:
                part.observe(Ranks.current().gather(torch.cat([one.detach() for one in z])))

    def after_step(self, step: int) -> None:
        """Let the teacher follow."""
        if self.teacher is not None and self.step.teacher is not None:
            follow(self.teacher, self.online, self.step.teacher.at(step))
