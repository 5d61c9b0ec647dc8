"""Contrast between two views of one graph, over all of its nodes at once: the trial that papers on nodes share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.base.sparse import shape_of, sparse_tensor
from counterpoint.data.graph_matrices import graph_tensors
from counterpoint.data.graphs import Graph
from counterpoint.data.neighbourhoods import Neighbourhoods
from counterpoint.encoders.graph import GraphEncoder, Layer
from counterpoint.evaluation import node_classification, node_classification_over_splits, node_clustering
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.experiments.watched import descend_watched
from counterpoint.views.graph import GraphView

View = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
"""From features `[N, F]` and edges `[2, 2E]` to those of a view."""

NodeLoss = Callable[[Tensor, Tensor, int], Tensor]
"""From the projections `[N, P]` of both views and the number of the step to a scalar."""


Encoded = tuple[Tensor, Tensor, Tensor]
"""Of a view: features, edges, and the encoder's rows `[N, D]`."""

Penalty = Callable[[GraphEncoder, Encoded, Encoded], Tensor]
"""From the encoder and both views to a scalar that is added to the loss."""

Watch = Callable[[int, float, GraphEncoder], bool]
"""Told of the number of a step, from 1 on, its loss and the encoder after it; True ends training."""

Part = Callable[[], tuple[Tensor, Tensor, slice | Tensor]]
"""Features and edges of what a step encodes, and the rows of it that are contrasted."""


@dataclass(frozen=True, kw_only=True)
class NodeLoop:
    """What a run is made of besides its loss; sizes are those that GRACE has for Cora, but for fewer steps.

    Attributes:
        steps: Of Adam, each on the whole graph.
        hidden: Width of the first layer.
        dim: D.
        projection: Width of the hidden and the last layer of the projection.
        layer: Kind of the encoder's two layers.
        learning_rate: Of Adam.
        decay: Weight decay.
        views: Of the first and of the second side.
        batch: Nodes contrasted at a step, drawn anew; None for all.
        neighbours: Of each of those nodes, and of each of their neighbours, so many are encoded with them; None encodes
            the whole graph at every step.

    Raises:
        InputError: Fewer than two nodes a step, neighbours without a batch, or a length, width or rate that is not
            positive.
    """

    steps: int = 200
    hidden: int = 256
    dim: int = 128
    projection: int = 128
    layer: Layer = Layer.GCN
    learning_rate: float = 5e-4
    decay: float = 1e-5
    views: tuple[View, View] = (GraphView(edges=0.2, features=0.3), GraphView(edges=0.4, features=0.4))
    batch: int | None = None
    neighbours: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.batch is not None and self.batch < 2:
            raise InputError(f"batch must be at least 2, got {self.batch}")
        if self.neighbours is not None and (self.batch is None or min(self.neighbours) < 1):
            raise InputError(f"neighbours must be at least 1, of a batch, got {self.neighbours} and batch {self.batch}")
        for name in ("steps", "hidden", "dim", "projection", "learning_rate"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} must be positive, got {getattr(self, name)}")


def learn_nodes(graph: Graph, loss: NodeLoss, loop: NodeLoop, *, seed: int) -> np.ndarray:
    """Embeddings `[N, D]` of :func:`train_nodes`' encoder, with nothing left out."""
    return embedded(train_nodes(graph, loss, loop, seed=seed), graph)


def embedded(encoder: GraphEncoder, graph: Graph) -> np.ndarray:
    """`[N, D]` in evaluation mode."""
    with torch.no_grad():
        return encoder.eval()(*graph_tensors(graph)).numpy()


def train_nodes(
    graph: Graph,
    loss: NodeLoss,
    loop: NodeLoop,
    *,
    seed: int,
    penalty: Penalty | None = None,
    watch: Watch | None = None,
) -> GraphEncoder:
    """The encoder after the last step; torch's global random state is left as it was found.

    Args:
        graph: Whose nodes are embedded.
        loss: Of the projections of both views; where it is a module, its parameters learn too.
        loop: The settings.
        seed: Decides weights and views.
        penalty: What is added to the loss, of the encoder and its rows before the projection.
        watch: Told of every step; the encoder is in training mode.
    """
    generator = torch.Generator().manual_seed(seed)
    widths = shape_of(graph.features)[1], loop.hidden, loop.dim
    make = partial(GraphEncoder, widths, layer=loop.layer, activate_last=True)
    return train_views(
        part_of(graph, loop, generator, seed=seed), make, loss, loop, generator, seed=seed, penalty=penalty, watch=watch
    )


def train_views(
    part: Part,
    make: Callable[[], GraphEncoder],
    loss: NodeLoss,
    loop: NodeLoop,
    generator: torch.Generator,
    *,
    seed: int,
    penalty: Penalty | None = None,
    watch: Watch | None = None,
) -> GraphEncoder:
    """The encoder after the last step, on whatever every step is given; otherwise as :func:`train_nodes`.

    Args:
        part: Of every step.
        make: Draws the encoder from torch's random state.
        loss: Of the projections of both views.
        loop: The settings; what is about the encoder and the part is not read.
        generator: Of the views.
        seed: Of the weights.
        penalty: What is added to the loss.
        watch: Told of every step.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = make()
        head = projection(loop)

        def step(number: int) -> Tensor:
            x, edges, rows = part()
            views = [view(x, edges, generator) for view in loop.views]
            first, second = ((*view, encoder(*view)) for view in views)
            total = loss(head(first[-1][rows]), head(second[-1][rows]), number)
            return total if penalty is None else total + penalty(encoder, first, second)

        descend_watched(
            learning_with(loss, encoder, head), step, steps=loop.steps, learning_rate=loop.learning_rate,
            decay=loop.decay, told=None if watch is None else lambda step, loss: watch(step, loss, encoder),
        )  # fmt: skip
    return encoder


def projection(loop: NodeLoop) -> nn.Module:
    """From rows `[n, D]` to what is contrasted, `[n, P]`, with weights from torch's random state."""
    return nn.Sequential(nn.Linear(loop.dim, loop.projection), nn.ELU(), nn.Linear(loop.projection, loop.projection))


def learning_with(loss: NodeLoss, *learners: nn.Module) -> nn.ModuleList:
    """The modules, and the loss with them where it is one."""
    return nn.ModuleList([*learners, *([loss] if isinstance(loss, nn.Module) else [])])


def part_of(graph: Graph, loop: NodeLoop, generator: torch.Generator, *, seed: int) -> Part:
    """What every step encodes of a graph: all of it, or some nodes with a draw of what surrounds them.

    Args:
        graph: The graph.
        loop: Its ``batch`` and ``neighbours``.
        generator: Of the nodes of a step, where the whole graph is encoded.
        seed: Of nodes and neighbours, where it is not.
    """
    if loop.neighbours is None or loop.batch is None:
        return _whole(graph, loop.batch, generator)
    return _around(graph, loop.neighbours, loop.batch, seed)


def _whole(graph: Graph, batch: int | None, generator: torch.Generator) -> Part:
    x, edges = graph_tensors(graph)

    def part() -> tuple[Tensor, Tensor, slice | Tensor]:
        if batch is None or batch >= len(graph):
            return x, edges, slice(None)
        return x, edges, torch.randperm(len(graph), generator=generator)[:batch]

    return part


def _around(graph: Graph, neighbours: tuple[int, int], batch: int, seed: int) -> Part:
    surroundings, rng = Neighbourhoods(graph), np.random.default_rng(seed)

    def part() -> tuple[Tensor, Tensor, slice | Tensor]:
        seeds = rng.choice(len(graph), min(batch, len(graph)), replace=False)
        nodes, edges = surroundings.around(seeds, neighbours, rng)
        one_way = torch.from_numpy(edges.T.copy())
        return sparse_tensor(graph.features[nodes]), torch.cat([one_way, one_way.flip(0)], 1), slice(len(seeds))

    return part


_FEW = Bootstrap(resamples=10)


def judged_nodes(embeddings: np.ndarray, graph: Graph, *, seed: int) -> dict[str, float]:
    """What papers on nodes report of frozen embeddings.

    Returns:
        ``node_accuracy`` on the public split where there is one, ``node_accuracy_over_splits`` (10 % of the nodes to
        learn from, 5 splits), and ``clustering_accuracy``, ``nmi``, ``ari`` and ``clustering_macro_f1`` of k-means.
    """
    assert graph.labels is not None  # graphs of papers have labels
    known = np.flatnonzero(graph.labels >= 0)
    rows, labels = embeddings[known], graph.labels[known]
    found = [node_classification_over_splits(rows, labels, splits=5, seed=seed, bootstrap=_FEW)]
    if graph.parts:
        train, test, unseen = graph.parts["train"], graph.parts["test"], graph.parts.get("validation")
        found += node_classification(
            embeddings, graph.labels, train, test, validation=unseen, seed=seed, bootstrap=_FEW
        )
    found += node_clustering(rows, labels, n_init=5, seed=seed, bootstrap=_FEW)
    return {one.name: one.value for one in found}
