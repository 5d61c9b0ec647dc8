"""What was measured, as JSON lines: appended as it comes, so that a run that is killed goes on where it was."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).parent
RESULTS = HERE / "results"
Record = dict[str, Any]


def read(path: Path) -> list[Record]:
    """Every record of a file; none where there is no file. A last line that a kill cut short is left out."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1] if line]


def append(path: Path, record: Mapping[str, Any]) -> None:
    """One more record, with what it was measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _drop_cut_line(path)
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps({**record, **_surroundings()}) + "\n")


def _drop_cut_line(path: Path) -> None:
    if path.is_file() and not (text := path.read_text(encoding="utf-8")).endswith("\n") and text:
        path.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")


def _surroundings() -> Record:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=HERE)
    return {
        "commit": found.stdout.strip(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
    }


def in_own_process(script: Path, job: Mapping[str, Any], timeout: float | None = None) -> Record:
    """The answer of ``script work JOB``, the last line that it prints; or why there is none, as ``failed``."""
    command = [sys.executable, "-W", "ignore", str(script), "work", json.dumps(job)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return {"failed": f"more than {timeout:.0f} s"}
    if done.returncode:
        errors = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        return {"failed": errors[-1][:200]}
    return json.loads(done.stdout.strip().splitlines()[-1])
