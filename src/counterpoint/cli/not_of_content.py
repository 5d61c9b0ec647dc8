"""Options of ``train`` that mean nothing where a file holds content."""

from collections.abc import Mapping
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.cli.item_recipe import ONLY_ITEMS
from counterpoint.cli.node_recipe import ONLY_EDGES

NOT_OF_CONTENT = {
    **dict.fromkeys(ONLY_ITEMS, "interactions: a file with columns user and item"),
    **dict.fromkeys(ONLY_EDGES, "edges: a file with columns source and target"),
    "layers": "interactions and edges: a file with columns user and item, or source and target",
}


def check_options_of_content(given: Mapping[str, Any]) -> None:
    """Refuse what is for interactions or edges alone.

    Args:
        given: The options by name, None, or for those with several values none of them, where one was not typed.

    Raises:
        InputError: Such an option was typed.
    """
    for name, data in NOT_OF_CONTENT.items():
        if given[name] not in (None, ()):
            raise InputError(f"--{name.replace('_', '-')} is for {data}")
