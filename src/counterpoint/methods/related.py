"""The contrastive step with a relation of the recipe: a rule says who belongs to whom, batch by batch."""

from typing import Any

import torch
from torch import Tensor

from counterpoint.data import Batch, Supervision
from counterpoint.encoders import Encoder, Role
from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.contrast import Contrast
from counterpoint.methods.ruling import Ruling, side_of
from counterpoint.pairs.rules import Known, Side
from counterpoint.pairwise import Others, SameKey


class RelatedContrast(Method):
    """A :class:`Contrast` whose relation is that of a rule, and no longer that of its supervision.

    Args:
        contrast: Encoders, views, head and objective; it learns from views, labels or pairs, without prototypes.
        ruling: The rule, and its guide.
    """

    def __init__(self, contrast: Contrast, ruling: Ruling) -> None:
        super().__init__()
        self.contrast = contrast
        self.ruling = ruling

    @property
    def encoder(self) -> Encoder:
        """The encoder of anchors."""
        return self.contrast.encoder

    @property
    def other(self) -> Encoder | None:
        """The encoder of candidates, when it is another one."""
        return self.contrast.other

    @property
    def outside(self) -> dict[str, str]:
        """The guide."""
        return self.ruling.outside

    def prepare(self, batch: Batch, seeds: Tensor, *, chunk: int | None = None) -> Prepared:
        """Both sides, what the guide sees of them, and the facts; see :meth:`Method.prepare`."""
        prepared = self.contrast.prepare(batch, seeds, chunk=chunk)
        targets = {**prepared.targets, **self.ruling.facts(batch)}
        if self.contrast.supervision is not Supervision.PAIRS:
            looks = self.ruling.looks(batch.anchor, chunk=chunk)
            return Prepared(calls=[*prepared.calls, *looks], targets=targets, size=prepared.size)
        candidates, owners = self.contrast.candidates(batch)
        assert owners is not None
        own = [one for one in (batch.positive_owner, batch.negative_owner) if one is not None]
        looks = [
            *self.ruling.looks(batch.anchor, chunk=chunk, role=Role.QUERY),
            *self.ruling.looks(candidates, chunk=chunk, role=Role.DOCUMENT),
        ]
        targets["source"] = torch.cat(own)
        return Prepared(calls=[*prepared.calls, *looks], targets=targets, size=prepared.size)

    def encode(self, call: int, inputs: Inputs) -> Tensor:
        """Projected embeddings of both sides `[n, D]`, then those of the guide `[n, K]`."""
        return self.contrast.encode(call, inputs) if call < 2 else self.ruling.see(inputs)

    def objective(self, embeddings: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
        """The objective on both sides under the relation of the rule; see :meth:`Method.objective`."""
        (a, b), seen = embeddings[:2], embeddings[2:]
        owners, source = targets.get("owner"), targets.get("source")
        labels = targets["label"] if self.contrast.supervision is Supervision.LABELS else None
        own = torch.arange(len(a), device=a.device) if labels is None else labels
        theirs = own if owners is None else owners
        anchors = side_of(a, targets, guide=seen[:1])
        known = None if owners is None else owners >= 0
        candidates = side_of(b, targets, guide=seen[-1:], source=source, known=known)
        if self.contrast.formula.joint:
            keys = torch.cat([own, theirs])
            return self._among(torch.cat([a, b]), SameKey(keys, keys, local=labels is None), anchors.then(candidates))
        supervised = SameKey(own, theirs, local=labels is None)
        relation = self.ruling.rule.relation(Known(supervised=supervised, anchors=anchors, candidates=candidates))
        temperature = self._temperature()
        loss = self.contrast.formula(a, b, relation=relation, **temperature)
        return StepOutput(loss, a, b, relation, temperature=self._shown(temperature))

    def _among(self, rows: Tensor, supervised: SameKey, side: Side) -> StepOutput:
        """Both sides are compared with each other and among themselves."""
        relation = self.ruling.rule.relation(Known(supervised=supervised, anchors=side))
        temperature = self._temperature()
        loss = self.contrast.formula(rows, relation=relation, **temperature)
        relation = Others(relation)
        return StepOutput(loss, rows, rows, relation, exclude_self=True, temperature=self._shown(temperature))

    def _temperature(self) -> dict[str, Any]:
        """What the objective is called with, where the temperature is learnt."""
        learnt = self.contrast.temperature
        return {} if learnt is None else {"temperature": learnt()}

    def _shown(self, learnt: dict[str, Any]) -> float | None:
        if learnt:
            return float(learnt["temperature"].detach())
        return getattr(self.contrast.formula, "temperature", None)
