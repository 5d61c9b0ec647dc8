"""Is the gradient on several processes that of one process? Ours and the peers', measured in the same way.

python benchmarks/parity.py run        # 2 and 4 gloo processes; run it with the Python of ``make peers``
python benchmarks/parity.py table      # the Markdown table of what was measured

A linear encoder embeds two views; every process holds its share of the rows, takes the loss and its backward pass, and
the gradients of the encoder are averaged over processes, as data-parallel training does. Against that stands one
process with the whole batch and the same loss. Adam hides a gradient that is off by a factor; clipping, weight decay
and every other optimiser do not.
"""

import argparse
import sys
from pathlib import Path

import parity_losses
import records
import torch
import torch.distributed as dist
from parity_losses import CHUNK, Entry
from torch import Tensor, nn

import processes
from counterpoint.methods.base import Prepared, StepOutput
from counterpoint.training import caching
from peers import losses as peers

FILE = records.RESULTS / "parity.jsonl"
ROWS, INPUTS, OUTPUTS, CLASSES = 16, 12, 8, 4
EXACT = 1e-6
"""Relative error up to which a result counts as equal; everything is computed in float64."""


def entries() -> list[Entry]:
    """Every row of the table that this environment can measure."""
    return parity_losses.ours() + (parity_losses.peers() if peers.libraries() else [])


def batch() -> tuple[nn.Linear, Tensor, Tensor, Tensor]:
    """The encoder, both views of the whole batch, and labels: the same in every process."""
    generator = torch.Generator().manual_seed(0)
    encoder = nn.Linear(INPUTS, OUTPUTS, dtype=torch.float64)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    a, noise = (torch.randn(ROWS, INPUTS, generator=generator, dtype=torch.float64) for _ in range(2))
    return encoder, a, a + noise, torch.arange(ROWS) % CLASSES


def share(rank: int, world: int, *, uneven: bool) -> slice:
    """Rows of a process; where uneven, all but the first hold one or two."""
    lengths = [1 + r % 2 for r in range(world)] if uneven else [ROWS // world] * world
    lengths[0] = ROWS - sum(lengths[1:])
    return slice(sum(lengths[:rank]), sum(lengths[: rank + 1]))


def gradients(entry: Entry, rank: int, world: int) -> tuple[Tensor, Tensor]:
    """The loss of this process's rows and the gradient of the encoder, flat."""
    encoder, a, b, labels = batch()
    rows = share(rank, world, uneven=entry.uneven)
    a, b, labels = a[rows], b[rows], labels[rows]
    loss = entry.build(rank, world)
    if entry.cached and entry.package == "Counterpoint":
        value = _cached(loss, encoder, a, b)
    elif entry.cached:
        value = loss(encoder, a, b)
        value.backward()
    else:
        value = loss(*encoder(torch.cat([a, b])).chunk(2), labels)
        value.backward()
    return value.detach().double(), torch.cat([parameter.grad.flatten() for parameter in encoder.parameters()])


def _cached(loss: parity_losses.Loss, encoder: nn.Module, a: Tensor, b: Tensor) -> Tensor:
    """Through the gradient caching of the training loop."""

    class Pairs(nn.Module):
        def encode(self, call: int, inputs: dict[str, Tensor]) -> Tensor:
            return encoder(inputs["x"])

        def objective(self, embeddings: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
            return StepOutput(loss=loss(*embeddings, None), anchors=None, candidates=None, relation=None)

    calls = [[{"x": chunk} for chunk in view.split(CHUNK)] for view in (a, b)]
    return caching.cached_backward(Pairs(), Prepared(calls=calls, size=len(a))).loss


def work() -> list[dict[str, object]]:
    """In each process: every entry, its gradient averaged over processes; or why it does not run."""
    rank, world = dist.get_rank(), dist.get_world_size()
    found: list[dict[str, object]] = []
    for entry in entries():
        try:
            value, gradient = gradients(entry, rank, world)
        except Exception as error:  # whatever a library raises is the finding
            found.append({"failed": f"{type(error).__name__}: {error}"})
            continue
        dist.all_reduce(gradient)
        found.append({"value": value, "gradient": gradient / world})
    return found


def compare(world: int) -> list[records.Record]:
    """Every entry on ``world`` processes against itself on one."""
    ranks = processes.run(work, world)
    compared = []
    for entry, found in zip(entries(), zip(*ranks, strict=True), strict=True):
        record = {"package": entry.package, "loss": entry.loss, "processes": world}
        failed = [one["failed"] for one in found if "failed" in one]
        compared.append({**record, **({"failed": failed[0]} if failed else _against_one(entry, found))})
    return compared


def _against_one(entry: Entry, found: tuple[dict[str, Tensor], ...]) -> records.Record:
    value, gradient = gradients(entry, 0, 1)
    values = torch.stack([one["value"] for one in found])
    averaged = found[0]["gradient"]
    return {
        "value_error": float((values.mean() - value).abs() / value.abs()),
        "value_ratio": float(values.mean() / value),
        "size": float(averaged.norm() / gradient.norm()),
        "direction": float(nn.functional.cosine_similarity(averaged, gradient, dim=0)),
        "error": float((averaged - gradient).norm() / gradient.norm()),
    }


def table(found: list[records.Record]) -> str:
    """Markdown: one row a loss, 2 and 4 processes side by side; what is not exact stands out."""
    worlds = sorted({one["processes"] for one in found})
    head = " | ".join(f"value, {w} processes | size | direction" for w in worlds)
    lines = [f"| package | loss | {head} |", "|---|---|" + "---:|---:|---:|" * len(worlds)]
    by_entry: dict[tuple[str, str], dict[int, records.Record]] = {}
    for one in found:
        by_entry.setdefault((one["package"], one["loss"]), {})[one["processes"]] = one
    for (package, loss), by_world in by_entry.items():
        cells = " | ".join(_cells(by_world[w]) if w in by_world else "- | - | -" for w in worlds)
        lines.append(f"| {package} | `{loss}` | {cells} |")
    return "\n".join(lines)


def _cells(one: records.Record) -> str:
    if "failed" in one:
        return f"does not run: {one['failed'][:120]} | - | -"
    value = "equal" if one["value_error"] < EXACT else f"**{one['value_ratio']:.3f} x**"
    return f"{value} | {_one_or(one['size'])} | {_one_or(one['direction'])}"


def _one_or(number: float) -> str:
    """1 where it is 1; else in bold."""
    return "1" if abs(number - 1) < EXACT else f"**{number:.4f}**"


def main() -> None:
    """Measure or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--worlds", nargs="+", type=int, default=[2, 4])
    parser.add_argument("--json", type=Path, default=FILE)
    given = parser.parse_args()
    if given.command == "run":
        found = [one for world in given.worlds for one in compare(world)]
        given.json.unlink(missing_ok=True)
        for one in found:
            records.append(given.json, one)
    printed = table(records.read(given.json))
    given.json.with_suffix(".md").write_text(printed + "\n", encoding="utf-8")
    print(printed)


if __name__ == "__main__":
    sys.exit(main())
