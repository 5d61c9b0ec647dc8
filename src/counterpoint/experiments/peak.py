"""Peak of the bytes that an action holds, from the allocator's own records."""

from collections.abc import Callable
from typing import Any

from torch.profiler import ProfilerActivity, profile


def peak_bytes(action: Callable[[], object]) -> int:
    """The most bytes of CPU tensors that ``action`` held at one time, beyond those that were there before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        action()
    profiler: Any = record.profiler  # torch's stubs know neither its results nor what an event weighs
    results = profiler.kineto_results
    changes = [(event.start_ns(), event.nbytes()) for event in results.events() if event.name() == "[memory]"]
    assert changes, "the profiler recorded no allocation"
    live = most = 0
    for _, change in sorted(changes, key=lambda one: one[0]):
        live += change
        most = max(most, live)
    return most
