"""A ranking that knows all that users took, beyond the batch: none of it is a negative."""

from dataclasses import dataclass, field

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from counterpoint.base.sparse import shape_of
from counterpoint.encoders.light_gcn import BipartiteGraph, LightGCN
from counterpoint.methods.graph_contrast import Encode, GraphContrast, Views
from counterpoint.methods.item_ranking import ItemRanking, Triples
from counterpoint.methods.objective_ranking import ObjectiveRanking


class _Step:
    """Which nodes the rows of the step at hand are: rankings see rows alone."""

    nodes: Tensor


def with_known(
    ranking: ObjectiveRanking, contrast: GraphContrast, taken: sparse.csr_array
) -> tuple[ItemRanking, GraphContrast]:
    """The same ranking and contrast, to be used together in one training at a time.

    Args:
        ranking: Of what a user took against the rest of the batch.
        contrast: What encodes before every loss.
        taken: `[U, I]`, not zero where a user took an item: such items are left out, unless they are a triple's own.
    """
    step = _Step()
    told = _Telling(weight=contrast.weight, temperature=contrast.temperature, inner=contrast, step=step)
    return _Knowing(inner=ranking, taken=taken, step=step), told


@dataclass(frozen=True, kw_only=True, eq=False)
class _Knowing(ItemRanking):
    inner: ObjectiveRanking
    taken: sparse.csr_array
    step: _Step
    by_cosine: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_cosine", self.inner.by_cosine)

    def loss(self, users: Tensor, items: Tensor, triples: Triples) -> Tensor:
        nodes = self.step.nodes.numpy()
        rows, columns = nodes[: len(users)], nodes[len(users) :] - shape_of(self.taken)[0]
        found = np.stack(self.taken[rows][:, columns].nonzero(), axis=1)
        known = torch.from_numpy(found.astype(np.int64)).to(users.device)
        return self.inner.among(users, items, triples, known=known)


@dataclass(frozen=True, kw_only=True)
class _Telling(GraphContrast):
    inner: GraphContrast
    step: _Step

    def learner(self, graph: BipartiteGraph, *, dim: int, layers: int) -> LightGCN:
        return self.inner.learner(graph, dim=dim, layers=layers)

    def table(self, model: LightGCN) -> Tensor:
        return self.inner.table(model)

    def between(self, first: Tensor, second: Tensor) -> Tensor:
        return self.inner.between(first, second)

    def epoch(self, model: LightGCN, rng: np.random.Generator) -> Encode:
        encode = self.inner.epoch(model, rng)

        def told(generator: torch.Generator, nodes: Tensor) -> tuple[Tensor, Views]:
            self.step.nodes = nodes
            return encode(generator, nodes)

        return told
