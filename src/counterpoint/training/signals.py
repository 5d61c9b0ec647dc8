"""Ctrl-C and SIGTERM, turned into a request to stop after the step at hand."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """While active, the first signal asks to stop; a second Ctrl-C interrupts at once.

    What was asked inside another request is asked of that one too: it came too late for the last step of what is
    inside, but not for what follows.

    Outside the main thread, where Python allows no handlers, it does nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            self._previous = {one: signal.signal(one, self._on_signal) for one in SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for one, handler in self._previous.items():
            signal.signal(one, handler)
            around = getattr(handler, "__self__", None)
            if self.asked and isinstance(around, StopRequest):
                around.asked = True

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True


def leave_to_parent(_worker: int) -> None:
    """Make a loader's worker ignore them: Ctrl-C reaches the whole process group, and the parent stops its workers."""
    for one in SIGNALS:
        signal.signal(one, signal.SIG_IGN)
