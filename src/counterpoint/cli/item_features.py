"""What the options of ``train`` say of the items of a recommender: what is known of them, and which are taken out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.experiments.recommender.recipe import Recommender

NEW_ITEMS = 0.05
"""Share of the items that are taken out to judge how new ones are found, where they have features to be found by."""


def items_of(given: Mapping[str, Any], named: Recommender | None) -> dict[str, Any]:
    """The fields ``items`` and ``new_items`` of a recipe.

    Args:
        given: The options by name, None where one was not typed.
        named: What ``--recipe`` names, whose share counts where it has features; None where there is none.

    Raises:
        InputError: Items are to be taken out where nothing is judged.
    """
    judged = given["test"] is not None or given["test_fraction"] > 0
    known = None if named is None else named.items
    items = known if given["items"] is None else given["items"]
    usual = NEW_ITEMS if items is not None and judged else 0.0
    if named is not None and (items is None or known is not None):
        usual = named.new_items
    new_items = usual if given["new_items"] is None else given["new_items"]
    if new_items and not judged:
        raise InputError("--new-items is to judge by: leave out --test-fraction 0, which keeps nothing to judge by")
    return {"items": None if items is None else str(Path(items).resolve()), "new_items": new_items}
