"""Time and memory of the engine against the bare matrix products and the plain dense loss, side by side.

python benchmarks/engine.py                      # every objective at N = 1,024, 4,096 and 16,384, D = 256
python benchmarks/engine.py --sizes 512 --json   # other sizes; one JSON line a case

A round times every contender once, in the same process and in alternating order; the table shows the median over
rounds of the ratio to the bare products of the same round, with the range. Peaks are of processes of their own.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, logsigmoid, normalize

from counterpoint.objectives import CLIP, InfoNCE, NTXent, SigLIP, SupCon

DENSE_UP_TO = 16_384
CLASSES = 1_000
BLOCK = 256
Run = Callable[[Tensor, Tensor], None]


def products(a: Tensor, b: Tensor) -> None:
    """The three products that no method avoids: scores, and the gradients of both sides; block by block."""
    ga, gb = torch.empty_like(a), torch.zeros_like(b)
    scores = a.new_empty(BLOCK, len(b))
    for start in range(0, len(a), BLOCK):
        rows = slice(start, min(start + BLOCK, len(a)))
        s = torch.mm(a[rows], b.T, out=scores[: rows.stop - rows.start])
        torch.mm(s, b, out=ga[rows])
        gb.addmm_(s.T, a[rows])


def twice(run: Run) -> Run:
    """Two views stacked and compared among themselves."""
    return lambda a, b: run(torch.cat([a, b]), torch.cat([a, b]))


def trained(loss: Callable[[Tensor, Tensor], Tensor]) -> Run:
    """Forward and backward."""

    def run(a: Tensor, b: Tensor) -> None:
        loss(a.requires_grad_(), b.requires_grad_()).backward()
        a.grad = b.grad = None

    return run


def classes(n: int) -> Tensor:
    """Labels, the same for the same N."""
    return torch.randint(CLASSES, (n,), generator=torch.Generator().manual_seed(1))


def dense_logits(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    """Cosines over temperature."""
    return normalize(a) @ normalize(b).T / temperature


def dense_info_nce(a: Tensor, b: Tensor) -> Tensor:
    """One direction."""
    return cross_entropy(dense_logits(a, b, 0.07), torch.arange(len(a)))


def dense_clip(a: Tensor, b: Tensor) -> Tensor:
    """Both directions."""
    logits, own = dense_logits(a, b, 0.07), torch.arange(len(a))
    return (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2


def dense_nt_xent(a: Tensor, b: Tensor) -> Tensor:
    """Stacked views."""
    z, n = torch.cat([a, b]), len(a)
    logits = dense_logits(z, z, 0.5).fill_diagonal_(-torch.inf)
    return cross_entropy(logits, torch.arange(2 * n).roll(n))


def dense_sup_con(a: Tensor, b: Tensor) -> Tensor:
    """Stacked views with labels."""
    z, y = torch.cat([a, b]), classes(len(a)).repeat(2)
    logits = dense_logits(z, z, 0.1).fill_diagonal_(-torch.inf)
    log_p = logits - torch.logsumexp(logits, 1, keepdim=True)
    mask = (y[:, None] == y[None, :]).fill_diagonal_(False)
    return -(torch.where(mask, log_p, 0.0).sum(1) / mask.sum(1)).mean()


def dense_sig_lip(a: Tensor, b: Tensor) -> Tensor:
    """Every pair its own question."""
    signs = 2 * torch.eye(len(a)) - 1
    return -logsigmoid(signs * (10 * normalize(a) @ normalize(b).T - 10)).sum() / len(a)


CASES: dict[str, dict[str, Run]] = {
    "info-nce": {"products": products, "dense": trained(dense_info_nce), "counterpoint": trained(InfoNCE())},
    "clip": {"products": products, "dense": trained(dense_clip), "counterpoint": trained(CLIP())},
    "nt-xent": {"products": twice(products), "dense": trained(dense_nt_xent), "counterpoint": trained(NTXent())},
    "sup-con": {
        "products": twice(products),
        "dense": trained(dense_sup_con),
        "counterpoint": trained(lambda a, b: SupCon()(a, b, labels=classes(len(a)))),
    },
    "sig-lip": {"products": products, "dense": trained(dense_sig_lip), "counterpoint": trained(SigLIP())},
}


def inputs(n: int, d: int) -> tuple[Tensor, Tensor]:
    """Two views of one random batch."""
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(n, d, generator=generator)
    return a, a + torch.randn(n, d, generator=generator)


def peak(case: str, contender: str, n: int, d: int) -> None:
    """Bytes above what is there before the run, as JSON; read from /proc, hence on Linux only."""
    a, b = inputs(n, d)
    CASES[case][contender](*inputs(128, d))
    # The high-water mark that getrusage knows is inherited from the parent; this one can be reset.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _high_water()
    CASES[case][contender](a, b)
    print(json.dumps(_high_water() - before))


def _high_water() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def times(case: str, n: int, d: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each contender, one entry a round; one more round, first, is thrown away."""
    runs = {name: run for name, run in CASES[case].items() if name != "dense" or n <= DENSE_UP_TO}
    found: dict[str, list[float]] = {name: [] for name in runs}
    a, b = inputs(n, d)
    for turn in range(rounds + 1):
        for name in list(runs) if turn % 2 else reversed(runs):
            began = time.perf_counter()
            runs[name](a.detach(), b.detach())
            found[name].append(time.perf_counter() - began)
    return {name: seconds[1:] for name, seconds in found.items()}


def measure(case: str, n: int, d: int, rounds: int) -> dict[str, dict[str, float]]:
    """Seconds, ratios to the bare products and peak bytes of every contender."""
    seconds = times(case, n, d, rounds)
    found = {}
    for name, mine in seconds.items():
        command = [sys.executable, __file__, "--peak", case, name, str(n), str(d)]
        measured = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        ratios = [one / bare for one, bare in zip(mine, seconds["products"], strict=True)]
        found[name] = {
            "seconds": statistics.median(mine), "ratio": statistics.median(ratios), "low": min(ratios),
            "high": max(ratios), "peak": json.loads(measured),
        }  # fmt: skip
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--sizes", nargs="+", type=int, default=[1024, 4096, 16384])
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peak", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        case, contender, n, d = given.peak
        peak(case, contender, int(n), int(d))
        return
    if not given.json:
        print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, D = {given.dim}, float32")
        print(f"{'case':>9} {'N':>7} {'contender':>13} {'seconds':>9} {'x products':>11} {'range':>13} {'peak MiB':>9}")
    for case in given.cases:
        for n in given.sizes:
            found = measure(case, n, given.dim, given.rounds)
            if given.json:
                print(json.dumps({"case": case, "n": n, "d": given.dim, **found}), flush=True)
                continue
            for name, one in found.items():
                print(f"{case:>9} {n:>7} {name:>13} {one['seconds']:>9.4f} {one['ratio']:>11.2f}", end=" ")
                print(f"{one['low']:>6.2f}-{one['high']:<6.2f} {one['peak'] / 2**20:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
