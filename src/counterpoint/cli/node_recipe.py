"""What the options of ``train`` say of vectors of nodes: what they are learnt from, their encoder and clusters."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.cli.options import named_one, objective_named
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
from counterpoint.views import Diffusion

ONLY_EDGES = ("nodes", "node_type", "meta_path", "views", "clusters", "anomalies")
"""Options that mean nothing for other data."""
GRAPH_MAE = "graph-mae"
"""An objective of graphs alone; the others are the catalogue's."""
VIEWS: dict[str, Diffusion | None] = {"drop": None, "diffusion": Diffusion()}
"""What the second view of a graph is; the first leaves out edges and features."""
_LAYERS = {layer.value: layer for layer in (Layer.GCN, Layer.GAT, Layer.GIN)}
_SPREAD = {"linear": Spread(linear=True), "mlp": Spread(linear=False)}
_EDGES = "the edges of a graph"


def learner_of(given: Mapping[str, Any]) -> NodeLearner:
    """The recipe that the options of ``train`` ask for.

    Args:
        given: Their values by name, None where one was not typed.

    Raises:
        InputError: A name that is none, a number out of its range, or options that do not go together.
    """
    plan = NodeLearner(seed=given["seed"] or 0)
    objective, meta_paths = _objective(given), _meta_paths(given)
    loop = _loop(
        given, MASKED if isinstance(objective, Masking) else plan.loop if meta_paths is None else BY_META_PATHS
    )
    nodes = None if given["nodes"] is None else str(Path(given["nodes"]).resolve())
    plan = replace(plan, loop=loop, nodes=nodes, clusters=_clusters(given), anomalies=_anomalies(given))
    if meta_paths is not None:
        return _joined(plan, objective, meta_paths, given)
    match objective:
        case Masking():
            return _masked(plan, objective, given)
        case PamC():
            return _clustered(plan, objective, given)
        case _:
            plan = plan if objective is None else replace(plan, objective=objective)
            return _contrasted(plan, given)


def encoder_of(recipe: NodeLearner) -> str:
    """Its encoder in words."""
    if recipe.meta_paths is not None:
        return f"a meta-path encoder of nodes {recipe.meta_paths.node_type!r}"
    if (spread := recipe.spread) is None:
        return recipe.loop.layer.value.upper() + (" on a diffused view" if recipe.diffusion is not None else "")
    return f"{'a linear map' if spread.linear else 'an MLP'} of features spread over {spread.hops} hops"


def objective_of(recipe: NodeLearner) -> str:
    """What it learns from, in a word."""
    return "GraphMAE" if isinstance(recipe.objective, Masking) else type(recipe.objective).__name__


def _objective(given: Mapping[str, Any]) -> Any:
    """A loss, a ``Masking``, or None where nothing was asked for."""
    name, temperature = given["objective"], given["temperature"]
    if name is not None and name.lower().replace("-", "").replace("_", "") == GRAPH_MAE.replace("-", ""):
        if temperature is not None:
            raise InputError(f"--temperature: --objective {GRAPH_MAE} has none")
        return Masking()
    if name is not None:
        return objective_named(name, temperature)
    usual = NodeLearner().objective
    return None if temperature is None else replace(usual, temperature=temperature)  # pyright: ignore[reportCallIssue]


def _loop(given: Mapping[str, Any], usual: NodeLoop) -> NodeLoop:
    sizes = {"steps": given["steps"], "batch": given["batch_size"], "learning_rate": given["learning_rate"]}
    loop = replace(usual, **{name: value for name, value in sizes.items() if value is not None})
    if given["encoder"] is None:
        return loop
    known = {**_LAYERS, **dict.fromkeys(_SPREAD, Layer.NONE)}
    return replace(loop, layer=named_one(known, "--encoder", given["encoder"], _EDGES))


def _clusters(given: Mapping[str, Any]) -> int | None:
    if given["clusters"] is not None and given["clusters"] < 2:
        raise InputError(f"--clusters must be at least 2, got {given['clusters']}")
    return given["clusters"]


def _anomalies(given: Mapping[str, Any]) -> Anomalies | None:
    """Two soft clusters for each that was asked for, as CARE's trial has two a block."""
    if not given["anomalies"]:
        return None
    if given["node_type"] is not None:
        raise InputError("--anomalies does not go with --node-type: a graph of one type is looked through")
    return Anomalies() if given["clusters"] is None else Anomalies(clusters=2 * given["clusters"])


def _meta_paths(given: Mapping[str, Any]) -> MetaPaths | None:
    if given["node_type"] is None:
        if given["meta_path"]:
            raise InputError("--meta-path goes with --node-type, the type of the nodes that it starts from")
        return None
    paths = [tuple(step.strip() for step in path.split(">")) for path in given["meta_path"] or []]
    if odd := [path for path in paths if not all(path)]:
        raise InputError(f"--meta-path must name types of edges, such as 'by author > at institute', got {odd[0]}")
    return MetaPaths(node_type=given["node_type"], paths=tuple(paths))


def _joined(plan: NodeLearner, objective: Any, meta_paths: MetaPaths, given: Mapping[str, Any]) -> NodeLearner:
    if plan.nodes is None:
        raise InputError("--node-type goes with --nodes: a file of all nodes with a column of their types")
    for name in ("encoder", "layers", "views"):
        if given[name] is not None:
            raise InputError(f"--{name} does not go with --node-type: meta-paths bring their encoder and views")
    if isinstance(objective, (Masking, PamC)):
        raise InputError(f"--objective {given['objective']} does not go with --node-type: two views are compared")
    return replace(plan, objective=plan.objective if objective is None else objective, meta_paths=meta_paths)


def _contrasted(plan: NodeLearner, given: Mapping[str, Any]) -> NodeLearner:
    spread, diffusion = _spread(given), None
    if given["views"] is not None:
        diffusion = named_one(VIEWS, "--views", given["views"], _EDGES)
    if diffusion is not None and spread is not None:
        raise InputError(
            f"--views diffusion goes with --encoder {', '.join(_LAYERS)}: {given['encoder']} sees no edges"
        )
    return replace(plan, spread=spread, diffusion=diffusion)


def _masked(plan: NodeLearner, objective: Masking, given: Mapping[str, Any]) -> NodeLearner:
    _refuse(given, GRAPH_MAE, views="features are hidden in the graph itself, which has no second view")
    if given["encoder"] in _SPREAD or given["layers"] is not None:
        raise InputError(
            f"--objective {GRAPH_MAE} goes with --encoder {', '.join(_LAYERS)}: hidden features are rebuilt from "
            "neighbours, which features that were spread beforehand do not have"
        )
    return replace(plan, objective=objective)


def _clustered(plan: NodeLearner, objective: PamC, given: Mapping[str, Any]) -> NodeLearner:
    _refuse(given, "pam-c", views="clusters are contrasted, and no views", batch_size="a step takes in all nodes")
    if plan.clusters is None:
        raise InputError("--objective pam-c contrasts clusters that it finds: say how many with --clusters")
    if given["encoder"] not in (None, "mlp"):
        raise InputError(f"--objective pam-c goes with --encoder mlp, got {given['encoder']}")
    rates = {"steps": given["steps"], "learning_rate": given["learning_rate"]}
    clustering = replace(CLUSTERING, **{name: value for name, value in rates.items() if value is not None})
    return replace(
        plan,
        objective=objective,
        clustering=clustering,
        loop=replace(plan.loop, layer=Layer.NONE),
        spread=_spread({**given, "encoder": "mlp"}),
    )


def _refuse(given: Mapping[str, Any], objective: str, **reasons: str) -> None:
    for name, reason in reasons.items():
        if given[name] is not None:
            raise InputError(f"--{name.replace('_', '-')} does not go with --objective {objective}: {reason}")


def _spread(given: Mapping[str, Any]) -> Spread | None:
    spread, layers = _SPREAD.get(given["encoder"]), given["layers"]
    if layers is None:
        return spread
    if spread is None:
        raise InputError(f"--layers goes with --encoder {' or '.join(_SPREAD)} for {_EDGES}")
    if layers < 0:
        raise InputError(f"--layers must be at least 0, got {layers}")
    return replace(spread, hops=layers)
