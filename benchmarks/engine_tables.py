"""From JSON lines of the engine's benchmark to Markdown: times, memory, and where Counterpoint is slower than dense."""

import statistics
from collections.abc import Iterable
from pathlib import Path

import records
from contenders import COUNTERPOINT, DENSE, PRODUCTS, TITLES

SLOWER = 1.10
MIB = 2**20
Key = tuple[str, int, int, str]


def line(record: records.Record) -> str:
    """A record for the screen."""
    begin = f"{record['case']:>10} {record['n']:>6} x {record['d']:<4} {record['dtype']:>8}"
    if record["kind"] == "skipped":
        return f"{begin} {record['contender']}: skipped, {record['reason']}"
    if record["kind"] == "peak":
        return f"{begin} {record['contender']}: {record['peak'] / MIB:.0f} MiB, {record['seconds']:.3f} s alone"
    ratios = {name: spread(over(record, name, PRODUCTS)) for name in record["seconds"] if name != PRODUCTS}
    return f"{begin} x products: " + "; ".join(f"{name} {ratio}" for name, ratio in ratios.items())


def over(record: records.Record, one: str, other: str) -> list[float]:
    """Ratios within the rounds of a record."""
    return [x / y for x, y in zip(record["seconds"][one], record["seconds"][other], strict=True)]


def spread(ratios: Iterable[float]) -> str:
    """Median and range."""
    found = list(ratios)
    digits = 2 if statistics.median(found) < 10 else 1 if statistics.median(found) < 100 else 0
    return f"{statistics.median(found):.{digits}f} ({min(found):.{digits}f}-{max(found):.{digits}f})"


def write(path: Path) -> None:
    """``engine-times.md``, ``engine-memory.md`` and ``engine-slower.md`` beside the file; the last also printed."""
    known = records.read(path)
    keys = sorted({_key(one) for one in known}, key=lambda key: (key[3], key[2], list(TITLES).index(key[0]), key[1]))
    for name, table in (("times", times(known, keys)), ("memory", memory(known, keys))):
        path.with_name(f"{path.stem}-{name}.md").write_text(table + "\n", encoding="utf-8")
    found = slower(known, keys)
    path.with_name(f"{path.stem}-slower.md").write_text(found + "\n", encoding="utf-8")
    print(found)


def times(known: list[records.Record], keys: list[Key]) -> str:
    """One table for each dtype and D: ratios to the bare products, and of Counterpoint to dense."""
    parts = []
    for dtype, d in dict.fromkeys((key[3], key[2]) for key in keys):
        rows = [_time_row(known, key) for key in keys if (key[3], key[2]) == (dtype, d)]
        threads = sorted({one["threads"] for one in known if (one["dtype"], one["d"]) == (dtype, d)})
        parts += [f"{dtype}, D = {d}, {' and '.join(map(str, threads))} threads, times the bare products:", ""]
        parts += [
            "| objective | N | dense | Counterpoint | Counterpoint / dense | peers |",
            "|---|---:|---:|---:|---:|---|",
        ]
        parts += [*rows, ""]
    return "\n".join(parts).rstrip()


def memory(known: list[records.Record], keys: list[Key]) -> str:
    """One table for each dtype and D: what one forward and backward pass adds to the process, in MiB."""
    parts = []
    for dtype, d in dict.fromkeys((key[3], key[2]) for key in keys):
        rows = [_memory_row(known, key) for key in keys if (key[3], key[2]) == (dtype, d)]
        parts += [f"{dtype}, D = {d}, MiB beyond the inputs:", ""]
        parts += ["| objective | N | dense | Counterpoint | of dense | peers |", "|---|---:|---:|---:|---:|---|"]
        parts += [*rows, ""]
    return "\n".join(parts).rstrip()


def slower(known: list[records.Record], keys: list[Key]) -> str:
    """Every case where Counterpoint takes more than 1.1 times as long as dense, by the median of the rounds."""
    compared, found = 0, []
    for key in keys:
        for one in _records(known, key, "times"):
            if {COUNTERPOINT, DENSE} <= one["seconds"].keys():
                compared += 1
                ratios = over(one, COUNTERPOINT, DENSE)
                if statistics.median(ratios) > SLOWER:
                    found.append(f"- {TITLES[key[0]]}, N = {key[1]:,}, D = {key[2]}, {key[3]}: {spread(ratios)}")
    head = f"Counterpoint takes more than {SLOWER} times as long as dense in {len(found)} of {compared} measured cases"
    return "\n".join([head + (":" if found else "."), *found])


def _time_row(known: list[records.Record], key: Key) -> str:
    ratios: dict[str, str] = {}
    versus = "-"
    for one in _records(known, key, "times"):
        ratios |= {name: spread(over(one, name, PRODUCTS)) for name in one["seconds"] if name != PRODUCTS}
        if {COUNTERPOINT, DENSE} <= one["seconds"].keys():
            versus = spread(over(one, COUNTERPOINT, DENSE))
    return _row(known, key, ratios, versus)


def _memory_row(known: list[records.Record], key: Key) -> str:
    peaks = {one["contender"]: one["peak"] / MIB for one in _records(known, key, "peak")}
    cells = {name: f"{peak:,.0f}" if peak >= 9.95 else f"{peak:.1f}" for name, peak in peaks.items()}
    mine, dense = peaks.get(COUNTERPOINT), peaks.get(DENSE)
    return _row(known, key, cells, f"{100 * mine / dense:.1f} %" if mine and dense else "-")


def _row(known: list[records.Record], key: Key, cells: dict[str, str], versus: str) -> str:
    reasons = {one["contender"]: one["reason"] for one in _records(known, key, "skipped")}
    cells = {**reasons, **cells}
    peers = "; ".join(f"{name} {cell}" for name, cell in cells.items() if name not in (PRODUCTS, DENSE, COUNTERPOINT))
    dense, mine = (cells.get(name, "-") for name in (DENSE, COUNTERPOINT))
    return f"| {TITLES[key[0]]} | {key[1]:,} | {dense} | {mine} | {versus} | {peers} |"


def _records(known: list[records.Record], key: Key, kind: str) -> list[records.Record]:
    return [one for one in known if one["kind"] == kind and _key(one) == key]


def _key(record: records.Record) -> Key:
    return record["case"], record["n"], record["d"], record["dtype"]
