"""Does the relation of a recipe fit the rest of it, and the data; and what does it come to in a batch?"""

from collections.abc import Iterator

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Form
from counterpoint.data import Supervision
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data
from counterpoint.methods import StepOutput
from counterpoint.pairs.census import Census
from counterpoint.pairs.rules import Rule, check_rule
from counterpoint.pairwise import Objective


def check_relation(recipe: Recipe) -> None:
    """Whether the objective can be given a relation, and nothing else of the recipe stands in its way.

    Raises:
        InputError: It cannot, or there is a guide too many or too few.
    """
    rule, name = recipe.relation, type(recipe.objective).__name__
    if rule is None:
        if recipe.guide is not None:
            raise InputError(
                "the recipe does not fit itself: it has a guide and no relation that goes by one, such as "
                "relation=rules.BelowPositive()"
            )
        return
    check_rule(rule)
    if not isinstance(recipe.objective, Objective) or recipe.objective.features or recipe.objective.prototypes:
        raise InputError(
            f"the recipe does not fit itself: {name} does not compare rows with rows, and cannot be told by a relation "
            "who belongs to whom"
        )
    if recipe.supervision is Supervision.SCORES:
        raise InputError(
            "the recipe does not fit itself: scores say already how similar a pair should be; with a relation the "
            "supervision is views, labels or pairs, and rules.Graded() weighs positives by their scores"
        )
    if taken := [other for other in ("siamese", "prototypes") if getattr(recipe, other) is not None]:
        raise InputError(f"the recipe does not fit itself: with a relation there is no {' or '.join(taken)}")
    _check_places(recipe, rule)
    if rule.guided and recipe.guide is None:
        raise InputError(
            "the recipe does not fit itself: its relation goes by a guide, and there is none; give "
            "guide=Saved(folder=...), or go by=rules.Learner() or by=rules.Vectors(column=...)"
        )
    if recipe.guide is not None and not rule.guided:
        raise InputError("the recipe does not fit itself: it has a guide, and its relation does not go by one")


def _check_places(recipe: Recipe, rule: Rule) -> None:
    """Batches tell of the places of their rows what the rule reads, and no queue brings rows of other batches."""
    batches = recipe.training.batches
    wanted = [fact.column for fact in rule.facts if fact.form is Form.PLACE]
    if missing := [one for one in wanted if one not in batches.by_place(np.arange(1))]:
        raise InputError(
            f"the recipe does not fit itself: its relation reads {' and '.join(missing)} of a row in its batch, "
            f"and {type(batches).__name__} batches have none; Neighbourhood has"
        )
    if wanted and recipe.queue is not None:
        raise InputError(
            "the recipe does not fit itself: its relation goes by groups of a batch, and a queue holds rows of others"
        )


def check_known(recipe: Recipe, data: Data) -> None:
    """Whether what the relation reads was read, and a guide can look at both sides.

    Raises:
        InputError: It was not, or cannot.
    """
    there = {one.fact for one in data.roles.facts}
    if missing := [fact.column for fact in recipe.facts if fact not in there]:
        raise InputError(
            f"the relation of the recipe reads {', '.join(map(repr, missing))}, and the data were opened without: give "
            "DataSource(facts=recipe.facts)"
        )
    kind, other = data.roles.kind, data.roles.other_kind
    paired = recipe.supervision is Supervision.PAIRS
    if recipe.guide is not None and paired and other is not None and other is not kind:
        raise InputError(
            f"the recipe does not fit the data: its guide embeds one kind of content, and anchors are {kind} and their "
            f"positives {other}; go by=rules.Learner() or by=rules.Vectors(column=...)"
        )


def told_counts(recipe: Recipe, output: StepOutput) -> Iterator[str]:
    """Warnings about the relation of a batch: anchors without a positive, and a relation without any negative.

    Args:
        recipe: Whose relation; nothing is said without one.
        output: Of the objective.
    """
    if recipe.relation is None:
        return
    census = Census.of(output.relation)
    for what, count in (("positive", census.without_positive), ("negative", census.without_negative)):
        if count:
            yield f"{count:,} of {census.anchors:,} anchors have no {what} in the first batch; {census}"
