"""What the options of ``train`` say of a recommender of sequences: its contrast and its sizes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from counterpoint.base.checks import check_not_negative
from counterpoint.base.errors import InputError
from counterpoint.cli.item_recipe import CONTRASTS
from counterpoint.cli.options import named_one, whole_epochs
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender
from counterpoint.methods.sequence_contrast import DataAugmentation, MetaAugmentation, SequenceContrast

SEQUENCE_CONTRASTS: dict[str, SequenceContrast | None] = {
    "none": None,
    "crop-mask-reorder": DataAugmentation(),
    "learned": MetaAugmentation(weight=0.01, meta_weight=0.01),
}
"""Weights are those of CL4SRec and the usual ones of MCLRec's public code."""
ALL_CONTRASTS = f"{', '.join(CONTRASTS)}; with --encoder sasrec {', '.join(SEQUENCE_CONTRASTS)}"
"""What ``--contrast`` may be, for its help."""
NO_SEQUENCES = ("objective", "temperature", "noise", "items", "new_items")
"""Options of recommenders that mean nothing here: the next item is learnt by a softmax over all items."""
DATA = "interactions with --encoder sasrec"


def sequential_of(given: Mapping[str, Any], named: SequentialRecommender | None = None) -> SequentialRecommender:
    """The recipe that the options of ``train`` ask for.

    Args:
        given: Their values by name, None where one was not typed.
        named: What ``--recipe`` names; the usual one otherwise.

    Raises:
        InputError: A name that is none, or a number out of its range.
    """
    plan = named or SequentialRecommender()
    asked = {
        "epochs": whole_epochs(given["epochs"]),
        "batch": given["batch_size"],
        **{name: given[name] for name in ("learning_rate", "layers", "dim")},
    }
    settings = replace(plan.settings, **{name: value for name, value in asked.items() if value is not None})
    contrast = _contrast(plan.contrast, given["contrast"], given["contrast_weight"])
    seed = plan.seed if given["seed"] is None else given["seed"]
    return replace(plan, settings=settings, contrast=contrast, seed=seed)


def told_sequential(recipe: SequentialRecommender) -> str:
    """What learns, in words and numbers."""
    settings, contrast = recipe.settings, recipe.contrast
    beside = "no contrast" if contrast is None else f"contrast {type(contrast).__name__} (weight {contrast.weight:g})"
    sizes = f"{settings.layers} layers and {settings.dim} dimensions on the last {settings.longest} items of a user"
    return f"SASRec of {sizes}, {beside}"


def _contrast(usual: SequenceContrast | None, name: str | None, weight: float | None) -> SequenceContrast | None:
    contrast = usual if name is None else named_one(SEQUENCE_CONTRASTS, "--contrast", name, DATA)
    if weight is None:
        return contrast
    if contrast is None:
        raise InputError("--contrast-weight goes with --contrast")
    check_not_negative("--contrast-weight", weight)
    if isinstance(contrast, MetaAugmentation):
        return replace(contrast, weight=weight, meta_weight=weight)
    return replace(contrast, weight=weight)
