"""The engine's event loop: waits to the microsecond, and every event is seen."""

import asyncio
import socket
import statistics
import sys
import time

import pytest

from seatrial.faults.engine.dataplane import selector

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere asyncio's own loop")


def test_timers_are_exact_on_average_and_never_early() -> None:
    """Asyncio's own loop is late by half a millisecond on average, whatever the machine does."""

    async def lates() -> list[float]:
        loop = asyncio.get_running_loop()
        found = []
        for n in range(40):
            due_s = loop.time() + 0.0021 + n * 1e-5
            moment: asyncio.Future[None] = loop.create_future()
            loop.call_at(due_s, moment.set_result, None)
            await moment
            found.append(loop.time() - due_s)
        return found

    with asyncio.Runner(loop_factory=selector.new_loop) as runner:
        found = runner.run(lates())
    assert min(found) >= -1e-5
    assert statistics.quantiles(found, n=4)[0] < 0.0003


def test_select_returns_in_time_without_any_event() -> None:
    with_events = selector.ExactSelector()
    try:
        for timeout_s in (0.0, 1e-9, 1e-5, 0.002, 0.01):
            began_s = time.monotonic()
            assert with_events.select(timeout_s) == []
            assert time.monotonic() - began_s >= timeout_s - 1e-5
    finally:
        with_events.close()


@pytest.mark.parametrize("timeout_s", [None, 5.0])
def test_events_are_seen_whether_it_looks_or_sleeps(timeout_s: float | None) -> None:
    ends = socket.socketpair()
    watching = selector.ExactSelector()
    try:
        watching.register(ends[0], 1)
        for n in range(100):  # enough for its luck to turn to looking
            if n == 60:
                assert watching.select(0.001) == []
            ends[1].send(b"x")
            ((key, _),) = watching.select(timeout_s)
            assert key.fileobj is ends[0]
            ends[0].recv(1)
    finally:
        watching.close()
        for end in ends:
            end.close()


def test_timer_that_fired_doesnt_wake_anybody_again() -> None:
    ends = socket.socketpair()
    watching = selector.ExactSelector()
    try:
        watching.register(ends[0], 1)
        assert watching.select(0.001) == []
        for _ in range(3):
            began_s = time.monotonic()
            assert watching.select(0.02) == []
            assert time.monotonic() - began_s >= 0.02 - 1e-5
    finally:
        watching.close()
        for end in ends:
            end.close()


def test_idle_loop_sleeps() -> None:
    """It may look for a few events, and must not go on looking for one that doesn't come."""
    watching = selector.ExactSelector()
    try:
        used_s = time.process_time()
        for _ in range(20):
            watching.select(0.01)
        assert time.process_time() - used_s < 0.1
    finally:
        watching.close()
