"""Requests to stop, one inside another."""

import signal
import threading

import pytest

from counterpoint.training.signals import StopRequest


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="handlers need the main thread")
def test_what_is_asked_inside_is_asked_outside_too():
    before = signal.getsignal(signal.SIGINT)
    with StopRequest() as outer:
        with StopRequest() as inner:
            signal.raise_signal(signal.SIGINT)
            assert inner.asked
        assert outer.asked
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="handlers need the main thread")
def test_a_second_ctrl_c_interrupts_at_once():
    with StopRequest() as request:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert request.asked
