"""A rule at work in a training step: what it must know goes along with the batch, and a guide looks at the examples."""

import hashlib
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from counterpoint.base.content import Content, take
from counterpoint.base.facts import Form
from counterpoint.data import Batch
from counterpoint.encoders import Encoder, Role, freeze
from counterpoint.methods.base import Inputs
from counterpoint.pairs.rules import Rule, Side

FACT = "fact:"
"""What the name of a target begins with that is a fact."""

GUIDE = "guide"
"""What the guide's embeddings are called among that which a queue keeps."""


class Ruling:
    """A rule, and the guide it goes by, if any.

    The guide is no part of the method that holds this: it does not learn, is in no checkpoint and no teacher, and is
    made anew from its spec when a run is resumed; :attr:`outside` tells whether it is the same one.

    Args:
        rule: Who belongs to whom.
        guide: An encoder; frozen here.
        facts: The facts of any rows, ``Batch.facts``, which tell a queue what it has to keep.
    """

    def __init__(self, rule: Rule, guide: Encoder | None = None, *, facts: Mapping[str, Tensor] | None = None) -> None:
        self.rule, self.guide = rule, None if guide is None else freeze(guide)
        # Links are asked of anchors alone, and anchors are never from a queue.
        there = {FACT + fact.key: (facts or {}).get(fact.key) for fact in rule.facts if fact.form is not Form.LINKS}
        self.kept = {name: one for name, one in there.items() if one is not None}
        """By name, tensors in the form of what a queue keeps of every key."""
        if self.guide is not None:
            self.kept[GUIDE] = torch.zeros(0, self.guide.embedding_dim)
        self.outside = {} if self.guide is None else {"the guide": digest_of(self.guide)}

    def facts(self, batch: Batch) -> dict[str, Tensor]:
        """The facts of a batch as targets."""
        return {FACT + fact.key: batch.facts[fact.key] for fact in self.rule.facts if fact.key in batch.facts}

    def looks(self, content: Content, *, chunk: int | None, role: Role = Role.PLAIN) -> list[list[Inputs]]:
        """The further encoder calls of a batch: one, in chunks, or none without a guide.

        Args:
            content: What the guide looks at.
            chunk: Rows in a chunk; None for all.
            role: Which prompt a text gets.
        """
        if self.guide is None:
            return []
        size = chunk or max(1, len(content))
        parts = (range(i, min(i + size, len(content))) for i in range(0, len(content), size))
        return [[self.guide.collate(take(content, part), role=role) for part in parts]]

    @torch.no_grad()
    def see(self, inputs: Inputs) -> Tensor:
        """Embeddings of the guide `[n, K]`."""
        assert self.guide is not None
        return self.guide.to(next(iter(inputs.values())).device)(inputs)


def side_of(
    embeddings: Tensor,
    targets: Mapping[str, Tensor],
    *,
    guide: Sequence[Tensor] = (),
    source: Tensor | None = None,
    known: Tensor | None = None,
) -> Side:
    """One side of a comparison.

    Args:
        embeddings: `[n, D]`.
        targets: Those of the batch, facts of its N rows among them.
        guide: The guide's embeddings `[n, K]` of this side, if there are any.
        source: int64 `[n]`, the row of the batch that each row here came with; None where they are the same.
        known: bool `[n]`, whether the facts of that row are about it.
    """
    facts = {name.removeprefix(FACT): one for name, one in targets.items() if name.startswith(FACT)}
    if source is not None:
        facts = {key: one[source] for key, one in facts.items()}
    return Side(embeddings=embeddings.detach(), facts=facts, guide=guide[0] if guide else None, known=known)


def digest_of(encoder: Encoder) -> str:
    """Sixteen digits that tell whether an encoder that does not learn is the same one."""
    digest = hashlib.sha256()
    for name, tensor in encoder.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]
