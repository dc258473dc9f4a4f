"""A coroutine is run to its end, or not at all; no half a loop is left."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from seatrial.system.loops import run_async


@pytest.fixture
def terminated() -> Iterator[None]:
    """SIGTERM ends the program, as the command line has it."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    yield
    signal.signal(signal.SIGTERM, before)


async def answer() -> int:
    """Do something that needs a loop."""
    await asyncio.sleep(0)
    return 42


def test_it_returns_what_the_coroutine_returns() -> None:
    assert run_async(answer()) == 42


@pytest.mark.usefixtures("terminated")
def test_a_signal_while_the_loop_is_made_waits_until_it_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[asyncio.AbstractEventLoop] = []
    new_event_loop = asyncio.new_event_loop

    def slowly() -> asyncio.AbstractEventLoop:
        os.kill(os.getpid(), signal.SIGTERM)
        made.append(new_event_loop())
        return made[0]

    monkeypatch.setattr(asyncio.events, "new_event_loop", slowly)
    with pytest.raises(SystemExit):
        run_async(answer())
    assert [loop.is_closed() for loop in made] == [True]


@pytest.mark.usefixtures("terminated")
def test_a_signal_waits_also_where_other_threads_could_take_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()
    other = threading.Thread(target=ended.wait)
    other.start()
    try:
        test_a_signal_while_the_loop_is_made_waits_until_it_is_whole(monkeypatch)
    finally:
        ended.set()
        other.join()


def test_the_handlers_are_put_back() -> None:
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    run_async(answer())
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_outside_the_main_thread_it_runs_all_the_same() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run_async, answer()).result() == 42
