"""What a run on a list of edges learns by."""

from dataclasses import dataclass, replace

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders.graph import Layer
from counterpoint.experiments.graph_job.spread import Spread
from counterpoint.experiments.node_contrast import NodeLoop
from counterpoint.experiments.supervision import supervision_of
from counterpoint.objectives import CLIP
from counterpoint.pairwise import Loss
from counterpoint.views.diffusion import Diffusion

OBJECTIVE = CLIP(temperature=0.4)
LOOP = NodeLoop(steps=300, batch=4096, learning_rate=1e-3)
LARGE = 50_000
"""Nodes beyond which a step encodes a draw of neighbours and not the whole graph."""
DRAWN = (15, 10)
"""Neighbours of a node and of each of them: GraphSAGE's 25 and 10 with fewer of the first."""


@dataclass(frozen=True, kw_only=True)
class NodeLearner:
    """Two views of the graph, an encoder of its nodes, and a contrast of the rows of both.

    Attributes:
        objective: Of both views; row i of one belongs to row i of the other.
        nodes: File that describes nodes; None where edges are all there is.
        loop: Encoder, views and length.
        spread: What an encoder without layers of a graph, ``Layer.NONE``, reads in place of the features as they are;
            None for all other encoders.
        diffusion: Makes the second view from the training graph, in place of that of ``loop``; None leaves it.
        look: Steps between looks at the held-out edges to choose by.
        patience: Looks without gain after which training ends.
        seed: Of weights, views and draws.

    Raises:
        InputError: The objective needs more than two views, a number is below 1, features are spread for layers
            that do so themselves, or a graph is diffused for an encoder that sees none.
    """

    objective: Loss = OBJECTIVE
    nodes: str | None = None
    loop: NodeLoop = LOOP
    spread: Spread | None = None
    diffusion: Diffusion | None = None
    look: int = 20
    patience: int = 4
    seed: int = 0

    def fitted(self, nodes: int) -> "NodeLearner":
        """The same for a graph of so many nodes: a large one is not encoded whole at every step.

        Spread features need no neighbours: a step encodes its batch. A diffused view is one of the whole graph.
        """
        whole = self.spread is not None or self.diffusion is not None
        if nodes <= LARGE or self.loop.neighbours is not None or whole:
            return self
        return replace(self, loop=replace(self.loop, neighbours=DRAWN))

    def __post_init__(self) -> None:
        if supervision_of(self.objective) in (Supervision.SCORES, Supervision.LABELS):
            raise InputError(f"{type(self.objective).__name__} cannot learn from two views of nodes alone")
        if self.spread is not None and self.loop.layer is not Layer.NONE:
            raise InputError(f"spread features are for encoders of the kind none, got {self.loop.layer}")
        if self.diffusion is not None and (self.loop.layer is Layer.NONE or self.loop.neighbours is not None):
            raise InputError(
                "a diffused view needs layers that see the whole graph, got layers of the kind "
                f"{self.loop.layer} and neighbours {self.loop.neighbours}"
            )
        for name in ("look", "patience"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
