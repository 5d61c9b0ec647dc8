"""What a run on a list of edges learns by."""

from dataclasses import dataclass, replace

from counterpoint.base.errors import InputError
from counterpoint.data import Supervision
from counterpoint.encoders.graph import Layer
from counterpoint.experiments.cluster_nodes import ClusterLoop
from counterpoint.experiments.graph_job.spread import Spread
from counterpoint.experiments.node_contrast import NodeLoop
from counterpoint.experiments.own_classes import StandIn
from counterpoint.experiments.supervision import supervision_of
from counterpoint.methods.masked_graph import Masking
from counterpoint.objectives import CLIP, PamC
from counterpoint.pairwise import Loss, Needs, SelfLabelled
from counterpoint.views.diffusion import Diffusion

OBJECTIVE = CLIP(temperature=0.4)
LOOP = NodeLoop(steps=300, batch=4096, learning_rate=1e-3)
MASKED = replace(LOOP, dim=256, decay=2e-4)
"""Where features are rebuilt; decay is GraphMAE's for Cora."""
BY_META_PATHS = replace(LOOP, dim=64, projection=64, learning_rate=2e-3)
"""Where meta-paths join the nodes, in a graph of several types; sizes and rate are those of MEOW's trial."""
CLUSTERING = ClusterLoop(contrast=2.0, self_training=2.0)
"""With the weights of PamC's code for DBLP."""
LARGE = 50_000
"""Nodes beyond which a step encodes a draw of neighbours and not the whole graph."""
DRAWN = (15, 10)
"""Neighbours of a node and of each of them: GraphSAGE's 25 and 10 with fewer of the first."""


@dataclass(frozen=True, kw_only=True)
class MetaPaths:
    """Which nodes of a graph of several types are learnt, and what joins them.

    Attributes:
        node_type: Of the nodes that get vectors.
        paths: Types of edges from there, each path there and back; none for one path per type of edge that has such a
            node at an end.

    Raises:
        InputError: A path without a type of edge.
    """

    node_type: str
    paths: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        """Check the paths."""
        if not all(path and all(path) for path in self.paths):
            raise InputError(f"paths must each name at least one type of edge, got {self.paths}")


@dataclass(frozen=True, kw_only=True)
class Anomalies:
    """How CARE learns which nodes do not fit, beside the vectors and from all edges; rate and weights are its trial's.

    Attributes:
        clusters: Soft ones.
        steps: Of each of its networks.

    Raises:
        InputError: A number below 1.
    """

    clusters: int = 8
    steps: int = 150

    def __post_init__(self) -> None:
        """Check the numbers."""
        if min(self.clusters, self.steps) < 1:
            raise InputError(f"clusters and steps must be at least 1, got {self.clusters} and {self.steps}")


@dataclass(frozen=True, kw_only=True)
class NodeLearner:
    """What vectors of nodes are learnt from, their encoder, and clusters of them where they are asked for.

    Attributes:
        objective: Of two views of the graph, where row i of one belongs to row i of the other; ``PamC`` is of clusters
            that are learnt with the vectors; with a ``Masking`` features are hidden and rebuilt, as GraphMAE does.
        nodes: File that describes nodes; None where edges are all there is.
        loop: Encoder, views and length.
        spread: What an encoder without layers of a graph, ``Layer.NONE``, reads in place of the features as they are;
            None for all other encoders.
        diffusion: Makes the second view from the training graph, in place of that of ``loop``; None leaves it.
        meta_paths: In a graph of several types, which nodes are learnt: by ``MetaPathEncoder``, whose coarse and fine
            views are contrasted; None for a graph of one type.
        clusters: How many are found; None for none.
        clustering: How clusters are learnt with the vectors, ``loop`` being without meaning then; None with any other
            objective than ``PamC``, where clusters are k-means of the vectors.
        anomalies: How every node gets a score of how little it fits; None for no score.
        look: Steps between looks at the held-out edges to choose by.
        patience: Looks without gain after which training ends.
        seed: Of weights, views and draws.

    Raises:
        InputError: The objective needs more than two views, a number is below 1, features are spread for layers
            that do so themselves, a graph is diffused or features are hidden for an encoder that sees none, PamC lacks
            its clusters, or meta-paths go with what they leave no room for.
    """

    objective: Loss | Masking = OBJECTIVE
    nodes: str | None = None
    loop: NodeLoop = LOOP
    spread: Spread | None = None
    diffusion: Diffusion | None = None
    meta_paths: MetaPaths | None = None
    clusters: int | None = None
    clustering: ClusterLoop | None = None
    anomalies: Anomalies | None = None
    look: int = 20
    patience: int = 4
    seed: int = 0

    @property
    def steps(self) -> int:
        """At most."""
        return self.loop.steps if self.clustering is None else self.clustering.steps

    def fitted(self, nodes: int) -> "NodeLearner":
        """The same for a graph of so many nodes: a large one is not encoded whole at every step.

        Spread features need no neighbours: a step encodes its batch. A diffused view is one of the whole graph.

        Raises:
            InputError: More clusters than nodes.
        """
        if self.clusters is not None and self.clusters > nodes:
            raise InputError(f"clusters must be at most the number of nodes, {nodes:,}, got {self.clusters:,}")
        whole = any(part is not None for part in (self.spread, self.diffusion, self.clustering, self.meta_paths))
        if nodes <= LARGE or self.loop.neighbours is not None or whole:
            return self
        return replace(self, loop=replace(self.loop, neighbours=DRAWN))

    def __post_init__(self) -> None:
        self._check_objective()
        self._check_meta_paths()
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
        if self.clusters is not None and self.clusters < 2:
            raise InputError(f"clusters must be at least 2, got {self.clusters}")

    def _check_meta_paths(self) -> None:
        if self.meta_paths is None:
            return
        if self.nodes is None:
            raise InputError("meta_paths need a file of nodes and their types, nodes got None")
        taken = {name: getattr(self, name) for name in ("spread", "diffusion", "clustering", "anomalies")}
        if odd := [name for name, part in taken.items() if part is not None]:
            raise InputError(f"meta_paths leave no room for {odd[0]}: it must be None, got {taken[odd[0]]}")
        if isinstance(self.objective, Masking) or self.loop.neighbours is not None:
            raise InputError("meta_paths are learnt by two views of all nodes, not by Masking or draws of neighbours")

    def _check_objective(self) -> None:
        if isinstance(self.objective, StandIn):  # checked when the run began
            return
        learnt = isinstance(self.objective, PamC)
        if learnt and self.clusters is None:
            raise InputError("PamC contrasts clusters: say how many, clusters got None")
        if learnt is not (self.clustering is not None):
            raise InputError(f"clustering goes with PamC and PamC with it, got {type(self.objective).__name__}")
        if isinstance(self.objective, Masking):
            if self.loop.layer is Layer.NONE or self.diffusion is not None:
                raise InputError(
                    "hidden features are rebuilt by layers that see the graph, from one view of it, got layers of the "
                    f"kind {self.loop.layer} and diffusion {self.diffusion}"
                )
        elif not learnt and _needs_more(self.objective):
            raise InputError(f"{type(self.objective).__name__} cannot learn from two views of nodes alone")


def _needs_more(objective: Loss) -> bool:
    """It needs scores, classes or prototypes besides two views."""
    supervised = supervision_of(objective) in (Supervision.SCORES, Supervision.LABELS)
    return supervised or Needs.LABELS in objective.needs or isinstance(objective, SelfLabelled)
