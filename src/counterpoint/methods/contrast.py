"""The plain contrastive step: views or columns through encoders and heads, then one objective over the batch."""

from typing import Any

import torch
from torch import Tensor, nn

from counterpoint.base.content import Content, concatenate, take
from counterpoint.base.errors import InputError
from counterpoint.data import Batch, Supervision
from counterpoint.encoders import Encoder, Role
from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.pairwise import Loss, SameKey
from counterpoint.views import View, fork


class Contrast(Method):
    """Two views of each example, or its columns, embedded and compared.

    What belongs together is decided by ``supervision``: the two views of an example (VIEWS), every row of equal label
    (LABELS), the anchor and its positives against all other candidates (PAIRS), or scored pairs (SCORES). With
    prototypes there is one view per example under LABELS, compared with the prototype of every class; under VIEWS the
    two views are compared with prototypes that stand for clusters.

    Args:
        encoder: Embeds anchors, and candidates unless ``other`` is given.
        objective: The formula.
        supervision: What the batch's columns say.
        views: View of the first and of the second side; the same example is seen through both for VIEWS and LABELS.
        head: Projects embeddings `[N, D]` to where they are compared; dropped after training.
        other: Encoder of candidates, for two kinds of content; both must embed into the same dimension.
        temperature: Learnable temperature, called without arguments.
        prototypes: Learnable `[K, D]`, called without arguments, in place of candidates; dropped after training.
    """

    def __init__(
        self,
        encoder: Encoder,
        objective: Loss,
        *,
        supervision: Supervision,
        views: tuple[View, View],
        head: nn.Module | None = None,
        other: Encoder | None = None,
        temperature: nn.Module | None = None,
        prototypes: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.towers = nn.ModuleList([encoder] if other is None else [encoder, other])
        self.head = nn.Identity() if head is None else head
        self.temperature, self.prototypes = temperature, prototypes
        self.formula, self.supervision, self.views = objective, supervision, views

    @property
    def encoder(self) -> Encoder:
        """The encoder of anchors."""
        return self._tower(0)

    @property
    def other(self) -> Encoder | None:
        """The encoder of candidates, when it is another one."""
        return self._tower(1) if len(self.towers) == 2 else None

    def _tower(self, call: int) -> Encoder:
        tower = self.towers[min(call, len(self.towers) - 1)]
        assert isinstance(tower, Encoder)
        return tower

    def prepare(self, batch: Batch, seeds: Tensor, *, chunk: int | None = None) -> Prepared:
        """Both sides seen through their views and collated; see :meth:`Method.prepare`."""
        first, second = self.views
        calls, owners = [self._collate(0, first(batch.anchor, fork(seeds, 0)), chunk)], None
        if not self._one_sided:
            others, owners = self.candidates(batch)
            other_seeds = seeds if owners is None else _owner_seeds(seeds, owners)
            calls.append(self._collate(1, second(others, fork(other_seeds, 1)), chunk))
        targets = {"owner": owners, "label": batch.label, "score": batch.score}
        present = {name: value for name, value in targets.items() if value is not None}
        return Prepared(calls=calls, targets=present, size=len(batch.rows))

    @property
    def _one_sided(self) -> bool:
        """Prototypes of classes are all that anchors are compared with."""
        return self.prototypes is not None and self.supervision is Supervision.LABELS

    def candidates(self, batch: Batch) -> tuple[Content, Tensor | None]:
        """What anchors are compared with, and the anchor each row belongs to (negative: to none; None: row i to i).

        Raises:
            InputError: Pairs are learnt from, and the batch has none.
        """
        if self.supervision in (Supervision.VIEWS, Supervision.LABELS):
            return batch.anchor, None
        if batch.positives is None or batch.positive_owner is None:
            raise InputError(f"supervision {self.supervision.value} needs a positive column, and the batch has none")
        if batch.negatives is None:
            return batch.positives, batch.positive_owner
        nobody = torch.full((len(batch.negatives),), -1, dtype=torch.int64)
        return concatenate(batch.positives, batch.negatives), torch.cat([batch.positive_owner, nobody])

    def _collate(self, call: int, content: Content, chunk: int | None) -> list[Inputs]:
        tower, size, role = self._tower(call), chunk or len(content), self._role(call)
        parts = (range(i, min(i + size, len(content))) for i in range(0, len(content), size))
        return [tower.collate(take(content, part), role=role) for part in parts]

    def _role(self, call: int) -> Role:
        """Which prompt a text gets: the two sides of a pair are a query and a document, as they will be in use."""
        if self.supervision is not Supervision.PAIRS:
            return Role.PLAIN
        return Role.QUERY if call == 0 else Role.DOCUMENT

    def encode(self, call: int, inputs: Inputs) -> Tensor:
        """Projected embeddings `[n, D]`."""
        return self.head(self._tower(call)(inputs))

    def objective(self, embeddings: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
        """The objective on both sides; see :meth:`Method.objective`."""
        a, b = embeddings if len(embeddings) == 2 else (embeddings[0], self._learnt_prototypes())
        if self.temperature is None:
            loss, relation = self._compared(a, b, targets, {})
            return StepOutput(loss, a, b, relation, temperature=getattr(self.formula, "temperature", None))
        temperature = self.temperature()
        loss, relation = self._compared(a, b, targets, {"temperature": temperature})
        return StepOutput(loss, a, b, relation, temperature=float(temperature.detach()))

    def _learnt_prototypes(self) -> Tensor:
        assert self.prototypes is not None
        return self.prototypes()

    def _compared(
        self, a: Tensor, b: Tensor, targets: dict[str, Tensor], learnable: dict[str, Any]
    ) -> tuple[Tensor, SameKey]:
        """The loss, and who is positive to whom between ``a`` and ``b``."""
        if self._one_sided:
            relation = SameKey(targets["label"], _rows(b), prototypes=True)
            return self.formula(a, b, relation=relation, **learnable), relation
        if self.prototypes is not None:
            views = torch.stack([a, b], dim=1)
            return self.formula(views, self._learnt_prototypes(), **learnable), _paired(a)
        if self.supervision is Supervision.SCORES:
            return self.formula(a, b, scores=targets["score"], **learnable), _paired(a)
        if self.supervision is Supervision.LABELS:
            labels = targets["label"]
            return self.formula(a, b, labels=labels, **learnable), SameKey(labels, labels)
        owners = targets.get("owner")
        if owners is None or _one_each(owners, len(a)):
            return self.formula(a, b, **learnable), _paired(a)
        relation = SameKey(_rows(a), owners, local=True)
        return self._owned(a, b, relation, learnable), relation

    def _owned(self, a: Tensor, b: Tensor, relation: SameKey, learnable: dict[str, Any]) -> Tensor:
        if not self.formula.joint:
            return self.formula(a, b, relation=relation, **learnable)
        keys = torch.cat([relation.anchor_keys, relation.candidate_keys])
        return self.formula(torch.cat([a, b]), relation=SameKey(keys, keys, local=True), **learnable)


def _rows(a: Tensor) -> Tensor:
    return torch.arange(len(a), device=a.device)


def _paired(a: Tensor) -> SameKey:
    return SameKey(_rows(a), _rows(a), local=True)


def _one_each(owners: Tensor, n: int) -> bool:
    return len(owners) == n and bool((owners == torch.arange(n, device=owners.device)).all())


def _owner_seeds(seeds: Tensor, owners: Tensor) -> Tensor:
    """A seed for every candidate: its anchor's, moved by its position among the candidates of that anchor."""
    order = torch.argsort(owners, stable=True)
    ranked = owners[order]
    place = torch.empty_like(owners)
    place[order] = torch.arange(len(owners)) - torch.searchsorted(ranked, ranked)
    return fork(seeds[owners.clamp_min(0)] + place, 2)
