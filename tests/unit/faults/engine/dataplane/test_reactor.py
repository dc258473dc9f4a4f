"""Events of sockets, on Linux's own way and on the event loop's."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from seatrial.faults.engine.dataplane.reactor import READ, WRITE, LoopReactor, Reactor

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture(params=[Reactor, LoopReactor])
async def events(request: pytest.FixtureRequest) -> Reactor | LoopReactor:
    """Both ways."""
    found: Reactor | LoopReactor = request.param()
    return found


@pytest.fixture
def ends() -> Iterator[Ends]:
    """A connection."""
    pair = socket.socketpair()
    for end in pair:
        end.setblocking(False)
    yield pair
    for end in pair:
        end.close()


async def _seen(calls: list[str], count: int) -> list[str]:
    async with asyncio.timeout(10):
        while len(calls) < count:  # noqa: ASYNC110 - what is waited for happens in the kernel
            await asyncio.sleep(0.001)
    return calls


async def test_what_can_be_read_and_written_is_reported(events: Any, ends: Ends) -> None:
    calls: list[str] = []

    def read() -> None:
        calls.append(ends[0].recv(10).decode())

    def written() -> None:
        calls.append("may write")
        events.forget(ends[0].fileno(), WRITE)

    events.watch(ends[0].fileno(), READ, read)
    ends[1].send(b"a")
    assert await _seen(calls, 1) == ["a"]
    events.watch(ends[0].fileno(), WRITE, written)
    assert await _seen(calls, 2) == ["a", "may write"]
    ends[1].send(b"b")
    assert (await _seen(calls, 3))[2:] == ["b"]
    events.forget(ends[0].fileno(), READ)
    events.forget(ends[0].fileno(), READ)
    ends[1].send(b"c")
    await asyncio.sleep(0.01)
    assert len(calls) == 3


async def test_conversation_leaves_the_loop_its_turns(events: Any, ends: Ends) -> None:
    """Two ends that never stop talking, and a timer that must come all the same."""
    turns = 0

    def echo(end: socket.socket) -> None:
        nonlocal turns
        turns += 1
        end.send(end.recv(10))

    for end in ends:
        events.watch(end.fileno(), READ, lambda end=end: echo(end))
    ends[0].send(b"x")
    async with asyncio.timeout(10):
        for _ in range(20):
            await asyncio.sleep(0.001)
    assert turns > 20
    for end in ends:
        events.forget(end.fileno(), READ)


async def test_end_of_the_other_side_is_reported_to_a_reader(events: Any, ends: Ends) -> None:
    calls: list[str] = []

    def read() -> None:
        calls.append(repr(ends[0].recv(10)))
        events.forget(ends[0].fileno(), READ)

    events.watch(ends[0].fileno(), READ, read)
    ends[1].close()
    assert await _seen(calls, 1) == ["b''"]


async def test_one_that_fails_doesnt_stop_the_others(events: Any, ends: Ends) -> None:
    reported: list[str] = []
    other = socket.socketpair()

    def fail() -> None:
        ends[0].recv(10)
        raise ZeroDivisionError

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: reported.append(repr(context["exception"])))
    events.watch(ends[0].fileno(), READ, fail)
    events.watch(other[0].fileno(), READ, lambda: reported.append(other[0].recv(10).decode()))
    ends[1].send(b"a")
    other[1].send(b"b")
    assert sorted(await _seen(reported, 2)) == ["ZeroDivisionError()", "b"]
    for end in (ends[0], other[0]):
        events.forget(end.fileno(), READ)
    for end in other:
        end.close()
