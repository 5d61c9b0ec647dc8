"""Time and memory of the engine against the bare matrix products, the plain dense loss and the peers, side by side.

python benchmarks/engine.py run                       # N = 1,024, 4,096 and 16,384, D = 256, float32; every case
python benchmarks/engine.py run --sizes 128 256 512   # where dense is chosen: never slower than dense by over 10 %
python benchmarks/engine.py run --sizes 65536 --dims 768 --dtypes bfloat16 --cases clip
python benchmarks/engine.py check                     # do all contenders of a case compute the same loss?
python benchmarks/engine.py table                     # Markdown tables of all that was measured, beside the JSON lines

Peers take part where they are installed: run it with the Python of ``make peers``. Results are appended to a file of
JSON lines as they come; what is already there is not measured again, so the same command goes on after a kill.
"""

import argparse
import itertools
import json
import sys
from pathlib import Path

import contenders
import engine_tables
import measuring
import products
import records
import torch
from contenders import PRODUCTS, Missing

SCRIPT = Path(__file__)
FILE = records.RESULTS / "engine.jsonl"
SAFETY = 1.5
Key = tuple[str, int, int, str]


def key_of(record: records.Record) -> Key:
    """What was measured: case, N, D and dtype."""
    return record["case"], record["n"], record["d"], record["dtype"]


class Session:
    """One call of ``run``: what is asked for, and what is known from the file."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.known = records.read(given.json)
        self.shapes: dict[tuple[int, int, str], list[int]] = {}

    def measure(self, key: Key) -> None:
        """Whoever has no result yet, each alone for its peak; then all that can, side by side for their times."""
        wanted = [
            name
            for name in contenders.names(key[0], key[3])
            if name in self.given.contenders or not self.given.contenders
        ]
        timed = {name for one in self.matching(key, "times") for name in one["seconds"]}
        missing = [name for name in wanted if name not in timed and not self.gave_up(key, name)]
        if not missing:
            return
        # The products are the measure of every round.
        probed = {name: self.probed(key, name) for name in dict.fromkeys([PRODUCTS, *missing])}
        able = {name: seconds for name, seconds in probed.items() if seconds is not None}
        if len(able) > 1 or missing == [PRODUCTS]:
            self.time(key, able)

    def probed(self, key: Key, name: str) -> float | None:
        """Seconds of one run, whose peak goes into the file; None where it cannot be run within the limits."""
        known = [
            one for one in self.known
            if one["kind"] == "peak" and one["contender"] == name and self.same_work(key_of(one), key, name)
        ]  # fmt: skip
        if known:
            return known[-1]["seconds"]
        reason = self.hopeless(key, name)
        if reason is None:
            job = {**self.job(key), "what": "peak", "contender": name, "gigabytes": self.given.gigabytes}
            found = records.in_own_process(SCRIPT, job, timeout=self.given.limit + 60)
            reason = found.get("failed")
        if reason is None:
            self.keep({"kind": "peak", **self.named(key), "contender": name, **found})
            return found["seconds"]
        self.keep({"kind": "skipped", **self.named(key), "contender": name, "reason": reason})
        return None

    def same_work(self, one: Key, other: Key, name: str) -> bool:
        """Whether a contender does the same in both: the products know no case, only whether the views are stacked."""
        if name == PRODUCTS and (one[0] in contenders.STACKED) == (other[0] in contenders.STACKED):
            return one[1:] == other[1:]
        return one == other

    def time(self, key: Key, able: dict[str, float]) -> None:
        """As many rounds as asked for and as there is time for, but at least two."""
        total = sum(able.values())
        count = max(2, min(self.given.rounds, int(self.given.case_limit / total)))
        job = {**self.job(key), "what": "times", "contenders": list(able), "rounds": count, "warm": total < 10}
        found = records.in_own_process(SCRIPT, job)
        if "failed" in found:
            print(f"{key}: {found['failed']}", file=sys.stderr)
            return
        self.keep({"kind": "times", **self.named(key), **found})

    def hopeless(self, key: Key, name: str) -> str | None:
        """Why it would take too long, judged from smaller sizes: time and dense memory grow with the square of N."""
        case, n, d, dtype = key
        smaller = [
            one for one in self.known
            if one["kind"] in ("peak", "skipped") and one["contender"] == name and key_of(one)[0] == case
            and key_of(one)[2:] == (d, dtype) and one["n"] < n
        ]  # fmt: skip
        if not smaller:
            return None
        last = max(smaller, key=lambda one: one["n"])
        if last["kind"] == "skipped":
            return f"at N = {last['n']:,} already: {last['reason'].removeprefix('at N')}"
        expected = last["seconds"] * (n / last["n"]) ** 2
        if expected > SAFETY * self.given.limit:
            return f"about {expected:.0f} s expected from N = {last['n']:,}, over the limit of {self.given.limit:.0f} s"
        return None

    def job(self, key: Key) -> records.Record:
        """What a process of its own needs to know; the shape of blocks is found once for each kind of matrix."""
        case, n, d, dtype = key
        rows = 2 * n if case in contenders.STACKED else n
        kind = (min(rows, products.SAMPLE_COLS), d, dtype)
        if kind not in self.shapes:
            job = {"what": "shape", "n": kind[0], "d": d, "dtype": dtype, "device": self.given.device}
            found = records.in_own_process(SCRIPT, job)
            self.shapes[kind] = found["shape"]
        return {**self.named(key), "shape": self.shapes[kind]}

    def named(self, key: Key) -> records.Record:
        """The key, spelt out."""
        return dict(zip(("case", "n", "d", "dtype"), key, strict=True)) | {"device": self.given.device}

    def matching(self, key: Key, kind: str) -> list[records.Record]:
        """Known records of this kind, case and size."""
        return [one for one in self.known if one["kind"] == kind and key_of(one) == key]

    def gave_up(self, key: Key, name: str) -> bool:
        """Whether the file already says why there is no result."""
        return any(one["contender"] == name for one in self.matching(key, "skipped"))

    def keep(self, record: records.Record) -> None:
        """Into the file and to the screen."""
        self.known.append(record)
        records.append(self.given.json, record)
        print(engine_tables.line(record), flush=True)


def work(job: records.Record) -> records.Record:
    """What one process of its own does."""
    if job["what"] == "shape":
        return {"shape": products.fastest_shape(*measuring.inputs(job["n"], job["d"], job["dtype"], job["device"]))}
    a, b = measuring.inputs(job["n"], job["d"], job["dtype"], job["device"])
    shape = tuple(job["shape"])
    if job["what"] == "peak":
        try:
            run = contenders.run_of(job["case"], job["contender"], shape)
            measuring.limit_memory(job["gigabytes"])
            peak, seconds = measuring.peak_of(run, a, b)
        except Missing as error:
            return {"failed": str(error)}
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, MemoryError) or "allocate memory" in str(error) or "bad_alloc" in str(error):
                return {"failed": f"more than {job['gigabytes']:g} GB"}
            raise
        return {"peak": peak, "seconds": seconds}
    runs = {name: contenders.run_of(job["case"], name, shape) for name in job["contenders"]}
    seconds = measuring.rounds(runs, a, b, job["rounds"], warm=job["warm"])
    return {"shape": job["shape"], "seconds": seconds}


def check(cases: list[str]) -> int:
    """Value and gradient of every contender against dense, on 96 rows of 16 numbers in float64; the exit status."""
    a, b = (x.double() for x in measuring.inputs(96, 16))
    wrong = 0
    for case in cases:
        expected = _value_and_gradient(contenders.loss_of(case, contenders.DENSE), a, b)
        for name in contenders.names(case)[2:]:
            try:
                found = _value_and_gradient(contenders.loss_of(case, name), a, b)
            except Missing as error:
                print(f"{case:>10} {name:<30} {error}")
                continue
            errors = [float((x - y).norm() / y.norm()) for x, y in zip(found, expected, strict=True)]
            # sentence-transformers and lightly fall back to float32 here and there.
            agrees = max(errors) < 1e-5
            wrong += not agrees
            print(
                f"{case:>10} {name:<30} value {errors[0]:.1e}, gradient {errors[1]:.1e}{'' if agrees else '  DIFFERS'}"
            )
    return int(wrong > 0)


def _value_and_gradient(loss: contenders.Loss, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    a, b = a.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
    value = loss(a, b)
    if value.requires_grad:
        value.backward()
    return value.detach(), torch.cat([a.grad, b.grad])


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "check", "table", "work"])
    parser.add_argument("job", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--cases", nargs="+", choices=contenders.CASES, default=list(contenders.CASES))
    parser.add_argument("--sizes", nargs="+", type=int, default=[1024, 4096, 16384], help="N, rows of a view")
    parser.add_argument("--dims", nargs="+", type=int, default=[256])
    parser.add_argument("--dtypes", nargs="+", choices=list(measuring.DTYPES), default=["float32"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--contenders", nargs="+", default=[], help="all of this environment unless given")
    parser.add_argument("--limit", type=float, default=120, help="seconds of one run beyond which it is skipped")
    parser.add_argument("--case-limit", type=float, default=300, help="seconds of all rounds of a case, two at least")
    parser.add_argument("--gigabytes", type=float, default=12, help="memory of one run beyond which it is skipped")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, default=FILE, help="the file of JSON lines")
    return parser.parse_args()


def main() -> int:
    """Measure, check or print."""
    given = arguments()
    if given.command == "work":
        contenders.peers.libraries()
        print(json.dumps(work(json.loads(given.job))))
        return 0
    if given.command == "check":
        return check(given.cases)
    if given.command == "run":
        session = Session(given)
        for dtype, d, n, case in itertools.product(given.dtypes, given.dims, sorted(given.sizes), given.cases):
            session.measure((case, n, d, dtype))
    engine_tables.write(given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
