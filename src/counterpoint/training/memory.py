"""How much memory is free where a run computes, and which processes share it."""

import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import torch

_CGROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def free_memory(device: torch.device) -> int:
    """Bytes that tensors on ``device`` may still take.

    On a GPU: what the driver calls free, and what torch holds without using it. Elsewhere: what the system calls
    available, or less where the control group of this process is allowed less.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return min([psutil.virtual_memory().available, *allowances(_CGROUPS, _OWN)])


def memory_name(device: torch.device) -> str:
    """The same for all processes that take from the same memory, on this machine or another."""
    if device.type == "cuda":
        return f"{socket.gethostname()} {torch.cuda.get_device_properties(device).uuid}"
    return socket.gethostname()


def allowances(root: Path, own: Path) -> Iterator[int]:
    """Bytes left to this process by each control group that limits it; none where nothing does.

    Args:
        root: Where control groups are mounted, of either version.
        own: The file that names the groups of this process.
    """
    for line in own.read_text().splitlines() if own.is_file() else []:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        mount, names = (root / "memory", _V1) if controllers else (root, _V2)
        group = mount / path.strip("/")
        # A group is bound by those above it; in a container the path may be that of the host, and only the root there.
        for folder in (group, *group.parents):
            yield from _left(folder, *names)
            if folder == mount:
                break


def _left(folder: Path, limit: str, used: str, reclaimable: str) -> Iterator[int]:
    if not (folder / limit).is_file() or not (folder / used).is_file():
        return
    allowed = (folder / limit).read_text().strip()
    if allowed == "max":
        return
    counted = dict(line.split() for line in _lines(folder / "memory.stat"))
    # Pages of files that nobody needs count as used, but make way.
    yield max(0, int(allowed) - int((folder / used).read_text()) + int(counted.get(reclaimable, 0)))


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.is_file() else []
