"""Encoders that see features spread over a graph and not the graph: a step reads the rows of its batch alone."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of
from counterpoint.data.graph_matrices import propagated
from counterpoint.data.graphs import Graph
from counterpoint.encoders.graph import GraphEncoder, Layer
from counterpoint.experiments.node_contrast import NodeLoop, NodeLoss, Part, Watch, train_views


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Features are spread once, before training: ``S^hops X`` with ``S = D^-1/2 (A + I) D^-1/2``.

    Wu, Zhang, Souza and others (2019), "Simplifying Graph Convolutional Networks", arXiv:1902.07153, whose encoder is
    the linear one.

    Attributes:
        hops: How often; 0 leaves features as they are.
        linear: Whether one linear map reads them, or a perceptron with a hidden layer.

    Raises:
        InputError: A negative number of hops.
    """

    hops: int = 2
    linear: bool = True

    def __post_init__(self) -> None:
        """Check the number."""
        if self.hops < 0:
            raise InputError(f"hops must not be negative, got {self.hops}")

    def over(self, graph: Graph) -> Graph:
        """The same graph with its features spread, float32; as dense as ``hops`` steps reach."""
        return replace(graph, features=propagated(graph, self.hops).astype(np.float32))


def train_rows(spread: Graph, loss: NodeLoss, loop: NodeLoop, *, linear: bool, seed: int, watch: Watch) -> GraphEncoder:
    """The encoder after the last step; torch's global random state is left as it was found.

    Views can drop features, which are columns here as there, but no edges: those have been used.

    Args:
        spread: Whose features are read, `[N, F]`, spread already.
        loss: Of the projections of both views; where it is a module, its parameters learn too.
        loop: The settings; ``layer`` and ``neighbours`` do not matter.
        linear: Whether the encoder is one linear map to D, or has ``loop.hidden`` units between.
        seed: Decides weights, views and which nodes a step draws.
        watch: Told of every step; the encoder is in training mode.
    """
    generator = torch.Generator().manual_seed(seed)
    features = shape_of(spread.features)[1]
    widths = (features, loop.dim) if linear else (features, loop.hidden, loop.dim)
    make = partial(GraphEncoder, widths, layer=Layer.NONE, activate_last=not linear)
    return train_views(_batches(spread, loop.batch, generator), make, loss, loop, generator, seed=seed, watch=watch)


_NO_EDGES = torch.zeros(2, 0, dtype=torch.int64)


def _batches(spread: Graph, batch: int | None, generator: torch.Generator) -> Part:
    """Gives features `[B, F]` of nodes drawn anew, or of all; dense: a few hops fill them, and then that is quicker."""
    if batch is None or batch >= len(spread):
        every = torch.from_numpy(spread.features.toarray()).float()
        return lambda: (every, _NO_EDGES, slice(None))

    def drawn() -> tuple[Tensor, Tensor, slice]:
        rows = torch.randperm(len(spread), generator=generator)[:batch]
        return torch.from_numpy(spread.features[rows.numpy()].toarray()).float(), _NO_EDGES, slice(None)

    return drawn
