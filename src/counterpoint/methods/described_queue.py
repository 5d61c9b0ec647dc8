"""What a rule knows of a batch and of the keys in a queue, which keeps it beside them."""

from collections.abc import Sequence

from torch import Tensor

from counterpoint.methods.ruling import GUIDE, Ruling, side_of
from counterpoint.pairs import Queue
from counterpoint.pairs.rules import Known
from counterpoint.pairwise import Relation


class DescribedQueue:
    """One batch beside a queue.

    Args:
        ruling: The rule.
        targets: Those of the batch, facts among them.
        seen: What the guide made of the batch, if there is one.
        queue: With what it keeps of earlier batches.
    """

    def __init__(self, ruling: Ruling, targets: dict[str, Tensor], seen: Sequence[Tensor], queue: Queue) -> None:
        self.ruling, self.targets, self.seen = ruling, targets, seen
        self.earlier = dict(zip(ruling.kept, queue.share_facts(), strict=True))

    @property
    def kept(self) -> list[Tensor]:
        """What the queue is to keep of this batch, in its order."""
        return [(self.seen[0] if name == GUIDE else self.targets[name]).detach() for name in self.ruling.kept]

    def relation(self, supervised: Relation, anchors: Tensor, own: Tensor, rows: Tensor) -> Relation:
        """The rule's relation.

        Args:
            supervised: What holds without a rule, among its own candidates and the queue.
            anchors: `[N, D]`.
            own: `[N, D]`, the candidates of this batch.
            rows: `[F, D]`, those of the queue.
        """
        guide = [self.earlier[name] for name in self.ruling.kept if name == GUIDE]
        queue = side_of(rows, self.earlier, guide=guide)
        mine, theirs = (side_of(side, self.targets, guide=self.seen) for side in (anchors, own))
        known = Known(supervised=supervised, anchors=mine, candidates=theirs.then(queue))
        return self.ruling.rule.relation(known)
