"""The most memory that an action holds at one time, counted and not sampled."""

# What the profiler keeps is not declared.
# pyright: reportUnknownMemberType=false, reportAttributeAccessIssue=false, reportUnknownVariableType=false

from collections.abc import Callable

from torch.profiler import ProfilerActivity, profile


def peak_bytes(action: Callable[[], object]) -> int:
    """The most bytes of CPU tensors that ``action`` held at one time, beyond those that were there before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        action()
    assert record.profiler is not None
    results = record.profiler.kineto_results
    assert results is not None
    changes = [(event.start_ns(), event.nbytes()) for event in results.events() if event.name() == "[memory]"]
    live = most = 0
    for _, change in sorted(changes, key=lambda one: one[0]):
        live += change
        most = max(most, live)
    return most
