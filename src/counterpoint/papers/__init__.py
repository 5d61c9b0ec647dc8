"""One file per paper, found by scanning this folder."""

import importlib
import pkgutil

from counterpoint.base.errors import InputError
from counterpoint.experiments.claim import PaperFile


def all_papers() -> list[PaperFile]:
    """Every paper of the folder, by short name."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return sorted((PaperFile.of(module) for module in modules), key=lambda one: one.paper.short.lower())


def paper_named(short: str) -> PaperFile:
    """The paper of this short name, in any case.

    Raises:
        InputError: There is none; the message lists what there is.
    """
    papers = all_papers()
    for one in papers:
        if one.paper.short.lower() == short.lower():
            return one
    raise InputError(f"no paper {short!r}; there are: {', '.join(one.paper.short for one in papers)}")
