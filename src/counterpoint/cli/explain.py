"""``counterpoint explain``: path, tiles, memory and time of an objective, before anything is trained."""

import re
from typing import Annotated

import torch
import typer

from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.cli.options import objective_named
from counterpoint.pairwise import explain as explained

DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


def explain(
    objective: Annotated[str, typer.Argument(help="A name that `counterpoint objectives` lists.")],
    n: Annotated[int, typer.Option("-n", help="Anchors of the global batch; of one view where two are stacked.")],
    m: Annotated[
        int | None,
        typer.Option("-m", help="Candidates, as many as anchors if not given; 0: anchors among themselves."),
    ] = None,
    d: Annotated[int, typer.Option("-d", help="Numbers of an embedding.")] = 256,
    ranks: Annotated[int, typer.Option(help="Processes that share the batch.")] = 1,
    budget: Annotated[str | None, typer.Option(help="Memory for each process, such as 500MB, 2GB or 2GiB.")] = None,
    dtype: Annotated[str, typer.Option(help="float32, float64, bfloat16, float16.")] = "float32",
    temperature: Annotated[float | None, typer.Option(help="Of the objective.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The prediction as JSON.")] = False,
) -> None:
    """Say how an objective would be computed at a size, and predict its peak memory and time on this machine."""
    if dtype not in DTYPES:
        raise InputError(f"--dtype must be one of {', '.join(DTYPES)}, got {dtype!r}")
    chosen = objective_named(objective, temperature, argument="objective")
    size = None if budget is None else bytes_of(budget)
    found = explained(chosen, n, m, d, ranks=ranks, budget=size, dtype=DTYPES[dtype])
    if json:
        console.machine(found.as_json())
    else:
        console.result(str(found))


def bytes_of(text: str) -> int:
    """A number of bytes as people write it.

    Raises:
        InputError: It is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if found is None or found[2].upper() not in UNITS:
        raise InputError(f"--budget must be a size such as 500MB, 2GB or 2GiB, got {text!r}")
    return int(float(found[1]) * UNITS[found[2].upper()])
