"""Momentum contrast: queries against keys of a slow teacher, and against a queue of earlier keys."""

import copy
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.data import Batch, Supervision
from counterpoint.encoders import Encoder
from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.branch import Branch
from counterpoint.methods.collating import collate_views
from counterpoint.methods.described_queue import DescribedQueue
from counterpoint.methods.momentum import Momentum, follow
from counterpoint.methods.ruling import Ruling
from counterpoint.pairs import HardestOnly, Owned, Queue
from counterpoint.pairwise import Objective, Relation, SameKey
from counterpoint.views import View


@dataclass(frozen=True, kw_only=True)
class QueueStep:
    """What a step with a queue is made of besides encoder, head, views and objective.

    Under views it is MoCo (He et al. 2020, arXiv:1911.05722, Algorithm 1): a query is compared with its own key and the
    queue. Under labels, with ``teacher=None``, it is a cross-batch memory (Wang et al. 2020, arXiv:1912.06798): rows
    are compared with their batch and with earlier embeddings, positive where labels agree. Batch normalisation lets a
    key know its batch; MoCo shuffles rows among GPUs against that, which on one does nothing: prefer encoders that
    normalise each row by itself.

    Attributes:
        size: Keys in the queue.
        teacher: How slowly the encoder of keys follows; None takes keys from the encoder itself.
        reverse: Weight of the same loss with keys as anchors and queries as their positives; 0 leaves it out. With it
            the loss is the dual view of Hoang, Ngo, Pham and others (2025), arXiv:2501.16360.
        hardest: Of the queue, each anchor is compared with so many of its most similar keys; None for all.
    """

    size: int = 4096
    teacher: Momentum | None = field(default_factory=lambda: Momentum(base=0.999))
    reverse: float = 0.0
    hardest: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no size or weight."""
        if self.size < 1:
            raise InputError(f"size must be at least 1, got {self.size}")
        if not self.reverse >= 0:
            raise InputError(f"reverse must be at least 0, got {self.reverse}")
        if self.hardest is not None and not 1 <= self.hardest <= self.size:
            raise InputError(f"hardest must be between 1 and the size of {self.size}, got {self.hardest}")


class QueueContrast(Method):
    """Two views of each example: the first is a query, the second a key, which joins the queue after the step.

    Args:
        encoder: Embeds the examples.
        objective: Of anchors and candidates, such as ``InfoNCE``; none that stacks both sides.
        supervision: VIEWS or LABELS.
        views: View of queries and of keys.
        step: The settings.
        head: Projects embeddings `[N, D]`; dropped after training.
        dim: D.
        ruling: Says in place of views or labels who belongs to whom.
    """

    def __init__(
        self,
        encoder: Encoder,
        objective: Objective,
        *,
        supervision: Supervision,
        views: tuple[View, View],
        step: QueueStep,
        head: nn.Module,
        dim: int,
        ruling: Ruling | None = None,
    ) -> None:
        super().__init__()
        self.online = Branch(encoder, head)
        self.teacher = None if step.teacher is None else copy.deepcopy(self.online).requires_grad_(False)
        self.ruling = ruling
        self.queue = Queue(step.size, dim, facts=[] if ruling is None else list(ruling.kept.values()))
        self.formula, self.supervision, self.views, self.step = objective, supervision, views, step
        self._new: list[tuple[Tensor, Tensor | None, list[Tensor]]] = []

    @property
    def encoder(self) -> Encoder:
        """The encoder of queries."""
        return self.online.encoder

    @property
    def outside(self) -> dict[str, str]:
        """The guide of a rule."""
        return {} if self.ruling is None else self.ruling.outside

    def prepare(self, batch: Batch, seeds: Tensor, *, chunk: int | None = None) -> Prepared:
        """Queries and keys; see :meth:`Method.prepare`."""
        calls = collate_views(self.encoder, self.views, batch, seeds, chunk=chunk)
        targets = {} if batch.label is None else {"label": batch.label}
        if self.ruling is not None:
            calls += self.ruling.looks(batch.anchor, chunk=chunk)
            targets |= self.ruling.facts(batch)
        return Prepared(calls=calls, targets=targets, size=len(batch.rows))

    def encode(self, call: int, inputs: Inputs) -> Tensor:
        """Queries `[n, D]` of the first call, keys of the second; then what the guide of a rule sees."""
        if call == 2 and self.ruling is not None:
            return self.ruling.see(inputs)
        if call == 0 or self.teacher is None:
            return self.online(inputs)
        with torch.no_grad():
            return self.teacher(inputs)

    def objective(self, embeddings: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
        """The loss over keys and queue; see :meth:`Method.objective`."""
        query, key = embeddings[:2]
        labels = targets.get("label") if self.supervision is Supervision.LABELS else None
        kept = self.queue.share()
        described = None if self.ruling is None else DescribedQueue(self.ruling, targets, embeddings[2:], self.queue)
        loss, relation = self._compared(query, key, labels, kept, described)
        if self.step.reverse:
            back, _ = self._compared(key.detach(), query, labels, kept, described)
            loss = loss + self.step.reverse * back
        if self.training:  # what is only looked at leaves nothing behind
            self._new.append((key.detach(), labels, [] if described is None else described.kept))
        temperature = getattr(self.formula, "temperature", None)
        if described is not None:
            return StepOutput(loss, query, torch.cat([key, kept[0].to(key)]), relation, temperature=temperature)
        rows = torch.arange(len(query), device=query.device)
        return StepOutput(loss, query, key, SameKey(rows, rows, local=True), temperature=temperature)

    def _compared(
        self,
        anchors: Tensor,
        own: Tensor,
        labels: Tensor | None,
        kept: tuple[Tensor, Tensor],
        described: DescribedQueue | None,
    ) -> tuple[Tensor, Relation]:
        """Anchors against their own candidates and what is kept of earlier ones, with its labels."""
        rows, numbers = kept[0].to(own), kept[1]
        count = len(own)
        candidates = torch.cat([own, rows])
        relation: Relation
        if labels is None:
            owners = torch.arange(count, device=own.device)
            owned = Owned.of(anchors, torch.cat([owners, owners.new_full((len(rows),), -1)]))
            # Until there is a queue, the other keys of the batch are negatives.
            relation = owned if len(rows) else SameKey(owners, owners, local=True)
        else:
            relation = SameKey(labels, torch.cat([labels, numbers]))
        if described is not None:
            relation = described.relation(relation, anchors, own, rows)
        if self.step.hardest is not None:
            relation = HardestOnly(inner=relation, anchors=anchors, candidates=candidates, k=self.step.hardest)
        return self.formula(anchors, candidates, relation=relation), relation

    def after_step(self, step: int) -> None:
        """Keys of the step's batches join the queue, several where gradients accumulate; the teacher follows."""
        for keys, labels, facts in self._new:
            self.queue.push(keys, labels, facts)
        self._new.clear()
        if self.teacher is not None and self.step.teacher is not None:
            follow(self.teacher, self.online, self.step.teacher.at(step))
