"""Who takes part in ``counterpoint compare`` on the edges of a graph: objectives and encoders."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import product
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.compare_entry import BETWEEN, SHARED, Entry, check_once, fitting, names_of
from counterpoint.cli.fitting_recipe import as_recipe, check_encoder_is, check_recipe_fits
from counterpoint.cli.node_recipe import ENCODERS, GRAPH_MAE, encoder_name, is_graph_mae, learner_of
from counterpoint.cli.options import any_recipe_named, named_one
from counterpoint.experiments.catalogue import loss_named, name_of
from counterpoint.experiments.compare import NodeContest
from counterpoint.experiments.graph_job.opening import open_graph
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.jobs import Job
from counterpoint.experiments.source import DataSource
from counterpoint.methods.masked_graph import Masking
from counterpoint.objectives import PamC

APPLY = SHARED | {"nodes", "steps"}
CLUSTERS = name_of(PamC)
OTHERS = (GRAPH_MAE, "nt-xent", "barlow-twins", "decorrelation")
"""Take part beside the usual objective when none are named: what GraphMAE, GRACE, G-BT and CCA-SSG learn by."""


def node_entry(given: Mapping[str, Any], source: DataSource) -> Entry[NodeLearner]:
    """Open, split, and see who can learn from it.

    Args:
        given: The options of ``compare``, by name.
        source: The edges.

    Raises:
        InputError: A name that is none, options that do not go together, or edges that cannot be used.
    """
    plan = _plan(given)
    named = as_recipe(plan, NodeLearner) if given["recipe"] is not None else None
    usual = _called(plan.objective)
    objectives = _objectives(given["objectives"]) or list(dict.fromkeys((usual, *OTHERS)))
    encoders = _encoders(given["encoders"], named)
    opened = open_graph(source, plan.nodes)
    console.say(opened.told)
    if len(opened.test) < 2:
        raise InputError(
            f"{source.data} holds no edges out: there is nothing to compare on; leave out --test-fraction 0"
        )
    contest = NodeContest(opened)

    def recipe(name: str) -> NodeLearner:
        objective, *encoder = name.split(BETWEEN)
        if objective == CLUSTERS and plan.clusters is None:
            raise InputError("it contrasts clusters: say in a recipe how many, and name that with --recipe")
        asked = {
            # The usual one keeps its numbers.
            "objective": None if objective == usual else objective,
            "encoder": next(iter(encoder or encoders), None),
            **{option: given[option] for option in ("nodes", "batch_size", "seed")},
        }
        found = learner_of(defaultdict(lambda: None, asked), named).fitted(len(opened.names))
        contest.rehearse(found)
        return found

    candidates, left_out = fitting(_crossed(objectives, encoders), recipe)
    return Entry(
        contest=contest,
        candidates=tuple(candidates),
        left_out=tuple(left_out),
        usual=max(one.recipe.steps for one in candidates),
        length=given["steps"],
        told=f"learnt from edges; steps and trials are chosen by the AUC of links, judged by {contest.measure}",
    )


def _plan(given: Mapping[str, Any]) -> NodeLearner:
    """The recipe that objectives and encoders are put into."""
    named = None if given["recipe"] is None else any_recipe_named(given["recipe"])
    check_recipe_fits(named, Job.EDGES, recipe=given["recipe"], data=given["data"])
    plan = as_recipe(named, NodeLearner)
    if plan is not None and (plan.meta_paths is not None or plan.anomalies is not None):
        raise InputError("--recipe: graphs of one type are compared, without anomalies, and this recipe has either")
    return learner_of(defaultdict(lambda: None, nodes=given["nodes"]), plan)


def _objectives(text: str | None) -> list[str]:
    """Their names as the catalogue spells them."""
    typed = names_of(text, "--objectives")
    names = [GRAPH_MAE if is_graph_mae(one) else name_of(loss_named(one, argument="--objectives")) for one in typed]
    check_once(names, typed, "--objectives")
    return names


def _encoders(text: str | None, named: NodeLearner | None) -> list[str]:
    names = names_of(text, "--encoders")
    check_once(names, names, "--encoders")
    for one in names:
        named_one(ENCODERS, "--encoders", one, "the edges of a graph")
        if named is not None:
            check_encoder_is(encoder_name(named), one)
    return names


def _crossed(objectives: list[str], encoders: list[str]) -> list[str]:
    """Names of all who might take part: objectives, with each encoder where there are several."""
    if len(encoders) < 2:
        return objectives
    return [BETWEEN.join(pair) for pair in product(objectives, encoders)]


def _called(objective: object) -> str:
    return GRAPH_MAE if isinstance(objective, Masking) else name_of(type(objective))  # pyright: ignore[reportArgumentType]
