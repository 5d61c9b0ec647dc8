"""What the options of ``train`` say of the items of a recommender: what is known of them, and which are taken out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from counterpoint.base.errors import InputError

NEW_ITEMS = 0.05
"""Share of the items that are taken out to judge how new ones are found, where they have features to be found by."""


def items_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields ``items`` and ``new_items`` of a recipe.

    Args:
        given: The options by name, None where one was not typed.

    Raises:
        InputError: Items are to be taken out where nothing is judged.
    """
    judged = given["test"] is not None or given["test_fraction"] > 0
    if given["new_items"] and not judged:
        raise InputError("--new-items is to judge by: leave out --test-fraction 0, which keeps nothing to judge by")
    items = None if given["items"] is None else str(Path(given["items"]).resolve())
    usual = NEW_ITEMS if items is not None and judged else 0.0
    return {"items": items, "new_items": usual if given["new_items"] is None else given["new_items"]}
