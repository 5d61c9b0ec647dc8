"""One file per paper, found by scanning this folder."""

import importlib
import pkgutil
from itertools import pairwise

from counterpoint.base.errors import InputError
from counterpoint.experiments.paper_file import PaperFile


def all_papers() -> list[PaperFile]:
    """Every paper of the folder, by short name.

    Raises:
        InputError: A file lacks something, or two papers have one name.
    """
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    papers = sorted((PaperFile.of(module) for module in modules), key=_key)
    for one, next_one in pairwise(papers):
        if _key(one) == _key(next_one):
            raise InputError(f"{one.file} and {next_one.file} both have the short name {one.paper.short!r}")
    return papers


def paper_named(short: str) -> PaperFile:
    """The paper of this short name, in any case.

    Raises:
        InputError: There is none; the message lists what there is.
    """
    papers = all_papers()
    for one in papers:
        if _key(one) == short.lower():
            return one
    raise InputError(f"no paper {short!r}; there are: {', '.join(one.paper.short for one in papers)}")


def _key(one: PaperFile) -> str:
    return one.paper.short.lower()
