"""What the options of ``train`` say of vectors of nodes: what they are learnt from, their encoder and clusters."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.cli.fitting_recipe import check_encoder_is
from counterpoint.cli.options import at_temperature, named_one, objective_named
from counterpoint.encoders.graph import Layer
from counterpoint.experiments.graph_job.recipe import (
    BY_META_PATHS,
    CLUSTERING,
    MASKED,
    Anomalies,
    MetaPaths,
    NodeLearner,
)
from counterpoint.experiments.graph_job.spread import Spread
from counterpoint.experiments.node_contrast import NodeLoop
from counterpoint.methods.masked_graph import Masking
from counterpoint.objectives import PamC
from counterpoint.pairwise import Loss
from counterpoint.views import Diffusion

ONLY_EDGES = ("nodes", "node_type", "meta_path", "views", "clusters", "anomalies")
"""Options that mean nothing for other data."""
GRAPH_MAE = "graph-mae"
"""An objective of graphs alone; the others are the catalogue's."""
VIEWS: dict[str, Diffusion | None] = {"drop": None, "diffusion": Diffusion()}
"""What the second view of a graph is; the first leaves out edges and features."""
_LAYERS = {layer.value: layer for layer in (Layer.GCN, Layer.GAT, Layer.GIN)}
_SPREAD = {"linear": Spread(linear=True), "mlp": Spread(linear=False)}
ENCODERS: dict[str, Layer] = {**_LAYERS, **dict.fromkeys(_SPREAD, Layer.NONE)}
"""What ``--encoder`` may be, with the layers of each; the last ones have none, and read features that were spread."""
_EDGES = "the edges of a graph"


def learner_of(given: Mapping[str, Any], named: NodeLearner | None = None) -> NodeLearner:
    """The recipe that the options of ``train`` ask for.

    Args:
        given: Their values by name, None where one was not typed.
        named: What ``--recipe`` names; the usual one otherwise.

    Raises:
        InputError: A name that is none, a number out of its range, or options that do not go together.
    """
    plan = named or NodeLearner()
    objective, meta_paths = _objective(plan.objective, given), _meta_paths(plan.meta_paths, given)
    if named is not None and meta_paths is None:
        check_encoder_is(encoder_name(named), given["encoder"])
    usual = MASKED if isinstance(objective, Masking) else plan.loop if meta_paths is None else BY_META_PATHS
    loop = _loop(usual if named is None else named.loop, given)
    nodes = plan.nodes if given["nodes"] is None else given["nodes"]
    plan = replace(
        plan,
        nodes=None if nodes is None else str(Path(nodes).resolve()),
        clusters=_clusters(plan.clusters, given["clusters"]),
        anomalies=_anomalies(plan.anomalies, given),
        seed=plan.seed if given["seed"] is None else given["seed"],
    )
    if meta_paths is not None:
        return _joined(plan, objective, loop, meta_paths, given)
    match objective:
        case Masking():
            return _masked(plan, objective, loop, given)
        case PamC():
            return _clustered(plan, objective, loop, given, named=named is not None)
        case _:
            return _contrasted(plan, objective, loop, given)


def encoder_of(recipe: NodeLearner) -> str:
    """Its encoder in words."""
    if recipe.meta_paths is not None:
        return f"a meta-path encoder of nodes {recipe.meta_paths.node_type!r}"
    if (spread := recipe.spread) is None:
        return recipe.loop.layer.value.upper() + (" on a diffused view" if recipe.diffusion is not None else "")
    return f"{'a linear map' if spread.linear else 'an MLP'} of features spread over {spread.hops} hops"


def is_graph_mae(name: str) -> bool:
    """Whether a name is that of the objective of graphs alone, whatever its capitals, hyphens and underscores."""
    return name.lower().replace("-", "").replace("_", "") == GRAPH_MAE.replace("-", "")


def objective_of(recipe: NodeLearner) -> str:
    """What it learns from, in a word."""
    return "GraphMAE" if isinstance(recipe.objective, Masking) else type(recipe.objective).__name__


def _objective(usual: Loss | Masking, given: Mapping[str, Any]) -> Any:
    """A loss or a ``Masking``."""
    name, temperature = given["objective"], given["temperature"]
    if name is not None and is_graph_mae(name):
        if temperature is not None:
            raise InputError(f"--temperature: --objective {GRAPH_MAE} has none")
        return usual if isinstance(usual, Masking) else Masking()
    if name is not None:
        return objective_named(name, temperature)
    return usual if temperature is None else at_temperature(usual, temperature)


def _loop(usual: NodeLoop, given: Mapping[str, Any]) -> NodeLoop:
    sizes = {"steps": given["steps"], "batch": given["batch_size"], "learning_rate": given["learning_rate"]}
    loop = replace(usual, **{name: value for name, value in sizes.items() if value is not None})
    if given["encoder"] is None:
        return loop
    return replace(loop, layer=named_one(ENCODERS, "--encoder", given["encoder"], _EDGES))


def _clusters(usual: int | None, asked: int | None) -> int | None:
    if asked is not None and asked < 2:
        raise InputError(f"--clusters must be at least 2, got {asked}")
    return usual if asked is None else asked


def _anomalies(usual: Anomalies | None, given: Mapping[str, Any]) -> Anomalies | None:
    """Two soft clusters for each that was asked for, as CARE's trial has two a block."""
    if not given["anomalies"]:
        return usual
    if given["node_type"] is not None:
        raise InputError("--anomalies does not go with --node-type: a graph of one type is looked through")
    return Anomalies() if given["clusters"] is None else Anomalies(clusters=2 * given["clusters"])


def _meta_paths(usual: MetaPaths | None, given: Mapping[str, Any]) -> MetaPaths | None:
    node_type = given["node_type"] or (None if usual is None else usual.node_type)
    if node_type is None:
        if given["meta_path"]:
            raise InputError("--meta-path goes with --node-type, the type of the nodes that it starts from")
        return None
    if usual is not None and node_type == usual.node_type and not given["meta_path"]:
        return usual
    paths = [tuple(step.strip() for step in path.split(">")) for path in given["meta_path"] or []]
    if odd := [path for path in paths if not all(path)]:
        raise InputError(f"--meta-path must name types of edges, such as 'by author > at institute', got {odd[0]}")
    return MetaPaths(node_type=node_type, paths=tuple(paths))


def _joined(
    plan: NodeLearner, objective: Any, loop: NodeLoop, meta_paths: MetaPaths, given: Mapping[str, Any]
) -> NodeLearner:
    if plan.nodes is None:
        raise InputError("--node-type goes with --nodes: a file of all nodes with a column of their types")
    for name in ("encoder", "layers", "views"):
        if given[name] is not None:
            raise InputError(f"--{name} does not go with --node-type: meta-paths bring their encoder and views")
    if isinstance(objective, (Masking, PamC)):
        own = given["objective"] or type(objective).__name__
        raise InputError(f"--objective {own} does not go with --node-type: two views are compared")
    return replace(plan, objective=objective, loop=loop, meta_paths=meta_paths)


def _contrasted(plan: NodeLearner, objective: Loss, loop: NodeLoop, given: Mapping[str, Any]) -> NodeLearner:
    spread, diffusion = _spread(plan.spread or _SPREAD.get(given["encoder"]), given["layers"]), plan.diffusion
    if given["views"] is not None:
        diffusion = named_one(VIEWS, "--views", given["views"], _EDGES)
    if diffusion is not None and spread is not None:
        raise InputError(f"--views diffusion goes with --encoder {', '.join(_LAYERS)}: {_called(spread)} sees no edges")
    return replace(plan, objective=objective, loop=loop, spread=spread, diffusion=diffusion, clustering=None)


def _masked(plan: NodeLearner, objective: Masking, loop: NodeLoop, given: Mapping[str, Any]) -> NodeLearner:
    _refuse(given, GRAPH_MAE, views="features are hidden in the graph itself, which has no second view")
    if given["encoder"] in _SPREAD or given["layers"] is not None:
        raise InputError(
            f"--objective {GRAPH_MAE} goes with --encoder {', '.join(_LAYERS)}: hidden features are rebuilt from "
            "neighbours, which features that were spread beforehand do not have"
        )
    return replace(plan, objective=objective, loop=loop, clustering=None)


def _clustered(
    plan: NodeLearner, objective: PamC, loop: NodeLoop, given: Mapping[str, Any], *, named: bool
) -> NodeLearner:
    """With an encoder that reads features alone: that of the recipe, where one was named."""
    _refuse(given, "pam-c", views="clusters are contrasted, and no views", batch_size="a step takes in all nodes")
    if plan.clusters is None:
        raise InputError("--objective pam-c contrasts clusters that it finds: say how many with --clusters")
    encoder = encoder_name(plan) if named and not isinstance(plan.objective, PamC) else given["encoder"]
    if encoder not in (None, "mlp"):
        raise InputError(f"--objective pam-c goes with --encoder mlp, got {encoder}")
    rates = {"steps": given["steps"], "learning_rate": given["learning_rate"]}
    clustering = plan.clustering or CLUSTERING
    return replace(
        plan,
        objective=objective,
        clustering=replace(clustering, **{name: value for name, value in rates.items() if value is not None}),
        loop=loop if named else replace(loop, layer=Layer.NONE),
        spread=_spread(plan.spread if named else _SPREAD["mlp"], given["layers"]),
    )


def _refuse(given: Mapping[str, Any], objective: str, **reasons: str) -> None:
    for name, reason in reasons.items():
        if given[name] is not None:
            raise InputError(f"--{name.replace('_', '-')} does not go with --objective {objective}: {reason}")


def _spread(spread: Spread | None, layers: int | None) -> Spread | None:
    if layers is None:
        return spread
    if spread is None:
        raise InputError(f"--layers goes with --encoder {' or '.join(_SPREAD)} for {_EDGES}")
    if layers < 0:
        raise InputError(f"--layers must be at least 0, got {layers}")
    return replace(spread, hops=layers)


def encoder_name(recipe: NodeLearner) -> str:
    """What ``--encoder`` calls its encoder."""
    return recipe.loop.layer.value if recipe.spread is None else _called(recipe.spread)


def _called(spread: Spread) -> str:
    return next(name for name, one in _SPREAD.items() if one.linear is spread.linear)
