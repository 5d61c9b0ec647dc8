"""What the options of ``train`` say of a recommender: its ranking, its contrast and its sizes."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from counterpoint.base.checks import check_not_negative
from counterpoint.base.errors import InputError
from counterpoint.cli.item_features import items_of
from counterpoint.cli.options import at_temperature, named_one, objective_named, whole_epochs
from counterpoint.experiments.catalogue import all_losses, loss_named, name_of
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.methods.graph_contrast import CrossLayer, EdgeDrop, GlobalView, GraphContrast, NoContrast, Noise
from counterpoint.methods.item_ranking import ItemRanking, PairwiseRanking, SampledSoftmax
from counterpoint.methods.objective_ranking import ObjectiveRanking, ranks_items
from counterpoint.pairwise import Objective

CONTRASTS: dict[str, GraphContrast] = {
    "none": NoContrast(),
    "edge-drop": EdgeDrop(),
    "noise": Noise(),
    "cross-layer": CrossLayer(),
    "global-view": GlobalView(),
}
RANKINGS: dict[str, ItemRanking] = {"info-nce": SampledSoftmax(), "bpr": PairwiseRanking()}
"""What these names stand for here; others are the catalogue's."""
ONLY_ITEMS = ("contrast", "contrast_weight", "noise", "layers", "dim", "items", "new_items")
"""Options that nothing but interactions have."""


def recommender_of(given: Mapping[str, Any], named: Recommender | None = None) -> Recommender:
    """The recipe that the options of ``train`` ask for.

    Args:
        given: Their values by name, None where one was not typed.
        named: What ``--recipe`` names; the usual one otherwise.

    Raises:
        InputError: A name that is none, a number out of its range, or one for something that has no such number.
    """
    plan = named or Recommender()
    asked = {
        "ranking": _ranking(plan.settings.ranking, given["objective"], given["temperature"]),
        "epochs": whole_epochs(given["epochs"]),
        "batch": given["batch_size"],
        **{name: given[name] for name in ("learning_rate", "layers", "dim")},
    }
    settings = replace(plan.settings, **{name: value for name, value in asked.items() if value is not None})
    seed = plan.seed if given["seed"] is None else given["seed"]
    contrast = _contrast(plan.contrast, given)
    return replace(plan, settings=settings, contrast=contrast, seed=seed, **items_of(given, named))


def told(recipe: Recommender) -> str:
    """What learns, in words and numbers."""
    settings, ranking = recipe.settings, recipe.settings.ranking
    by = ranking.objective if isinstance(ranking, ObjectiveRanking) else ranking
    contrast = (
        "no contrast" if isinstance(recipe.contrast, NoContrast) else f"contrast {_with_numbers(recipe.contrast)}"
    )
    features = "" if recipe.items is None else " over features of items"
    return (
        f"LightGCN of {settings.layers} layers and {settings.dim} dimensions{features}, {_with_numbers(by)}, {contrast}"
    )


def _with_numbers(part: object) -> str:
    """A part of the recipe and what in it can be set from here."""
    settable = ("temperature", "weight", "noise")
    found = [f"{name} {getattr(part, name):g}" for name in settable if hasattr(part, name)]
    return type(part).__name__ + (f" ({', '.join(found)})" if found else "")


def _ranking(usual: ItemRanking, name: str | None, temperature: float | None) -> ItemRanking:
    kind = None if name is None else loss_named(name, argument="--objective")
    ranking = usual if kind is None else RANKINGS.get(name_of(kind))
    if ranking is None:
        return ObjectiveRanking(objective=_objective(str(name), temperature))
    if temperature is None:
        return ranking
    if isinstance(ranking, ObjectiveRanking):
        return replace(ranking, objective=at_temperature(ranking.objective, temperature))
    return at_temperature(ranking, temperature, None if name is None else f"--objective {name}")


def _objective(name: str, temperature: float | None) -> Objective:
    found = objective_named(name, temperature)
    if isinstance(found, Objective) and ranks_items(found):
        return found
    able = [one.name for one in all_losses() if one.name not in RANKINGS and ranks_items(one.kind())]
    raise InputError(
        f"--objective {name} cannot rank a user's items before others; these can: {', '.join([*RANKINGS, *able])}"
    )


def _contrast(usual: GraphContrast, given: Mapping[str, Any]) -> GraphContrast:
    name = given["contrast"]
    contrast = usual if name is None else named_one(CONTRASTS, "--contrast", name, "interactions")
    numbers = {"weight": ("--contrast-weight", given["contrast_weight"]), "noise": ("--noise", given["noise"])}
    for field, (option, value) in numbers.items():
        if value is None:
            continue
        if isinstance(contrast, NoContrast):
            raise InputError(f"{option} goes with --contrast")
        if field not in {one.name for one in fields(contrast)}:
            raise InputError(f"{option}: {type(contrast).__name__ if name is None else f'--contrast {name}'} has none")
        check_not_negative(option, value)
        contrast = replace(contrast, **{field: value})
    return contrast
