"""Events of the data plane: a set of files of its own, next to the event loop's.

A loop takes longer to dispatch an event than a small message takes to be passed on. So all of the
data plane's sockets are one file to the loop; what is ready among them is handled in one go.
Between the messages of a conversation the next one is looked for without sleeping, as long as it
mostly comes soon: to be woken takes longer than the message itself.
"""

import asyncio
import select
import time
from collections.abc import Callable
from weakref import WeakKeyDictionary

Call = Callable[[], None]

_WINDOW_S = 100e-6
"""The time for which the next message is looked for."""
_TURN_S = 1e-3
"""After so long the loop gets its turn: its timers, the control plane."""
_LUCK = 16
"""The balance from which it is looked for: each message within the window adds 1, each other one
takes `_LOSS`."""
_MOST_LUCK = 4 * _LUCK
_LOSS = 8
"""The cost of a failure: looking in vain takes a small part of the time."""
_EVENTS = 256


class Reactor:
    """A set of sockets; it calls back when one can be read or written."""

    def __init__(self) -> None:
        self._calls: dict[int, dict[int, Call]] = {}
        """By file: what is called, by the event that it waits for."""
        self._epoll = select.epoll()
        self._luck = 0
        self._idle_s = 0.0
        self._bulk = False
        asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._turn)

    def watch(self, number: int, event: int, call: Call) -> None:
        """Call back from now on whenever a file is ready for this event."""
        calls = self._calls.get(number)
        if calls is None:
            self._calls[number] = {event: call}
            self._epoll.register(number, event)
        else:
            calls[event] = call
            self._epoll.modify(number, sum(calls))

    def forget(self, number: int, event: int) -> None:
        """Stop calling back for this event."""
        calls = self._calls.get(number, {})
        if calls.pop(event, None) is None:
            return
        if calls:
            self._epoll.modify(number, sum(calls))
        else:
            del self._calls[number]
            self._epoll.unregister(number)

    def note_bulk(self) -> None:
        """Note that much data is under way: looking out for it would only cost processor time."""
        self._bulk = True

    def _turn(self) -> None:
        """Handle all that is ready, and what comes soon after."""
        now_s = time.monotonic()
        end_s = now_s + _TURN_S
        if now_s - self._idle_s > _WINDOW_S:
            self._learn(lucky=False)
        poll = self._epoll.poll
        while True:
            self._bulk = False
            while ready := poll(0, _EVENTS):
                self._dispatch(ready)
                now_s = time.monotonic()
                if now_s > end_s:
                    self._idle_s = now_s
                    return
            self._idle_s = now_s
            if self._bulk or self._luck < _LUCK:
                self._learn(lucky=True)  # unless the next turn comes too late
                return
            until_s = min(now_s + _WINDOW_S, end_s)
            while not (ready := poll(0, _EVENTS)):
                if time.monotonic() > until_s:
                    self._idle_s = 0.0
                    return
            self._learn(lucky=True)
            self._dispatch(ready)
            now_s = time.monotonic()

    def _dispatch(self, ready: list[tuple[int, int]]) -> None:
        for number, events in ready:
            calls = self._calls.get(number)
            if calls is None:  # it was closed meanwhile
                continue
            failed = events & ~(select.EPOLLIN | select.EPOLLOUT)
            for event in tuple(calls):
                if (events & event or failed) and event in calls:
                    try:
                        calls[event]()
                    except Exception as error:  # noqa: BLE001 - as the loop does: others go on
                        context = {"message": "a socket's event failed", "exception": error}
                        asyncio.get_running_loop().call_exception_handler(context)

    def _learn(self, *, lucky: bool) -> None:
        self._luck = min(self._luck + 1, _MOST_LUCK) if lucky else max(self._luck - _LOSS, 0)


class LoopReactor:
    """The same by the event loop alone, for systems without epoll."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def watch(self, number: int, event: int, call: Call) -> None:
        """Call back from now on whenever a file is ready for this event."""
        (self._loop.add_reader if event == READ else self._loop.add_writer)(number, call)

    def forget(self, number: int, event: int) -> None:
        """Stop calling back for this event."""
        (self._loop.remove_reader if event == READ else self._loop.remove_writer)(number)

    def note_bulk(self) -> None:
        """Do nothing: the loop looks out for nothing."""


READ, WRITE = 1, 4
"""Events, as epoll numbers them."""

_REACTORS: WeakKeyDictionary[asyncio.AbstractEventLoop, Reactor | LoopReactor] = WeakKeyDictionary()


def reactor() -> Reactor | LoopReactor:
    """Return the running loop's reactor."""
    loop = asyncio.get_running_loop()
    if loop not in _REACTORS:
        _REACTORS[loop] = Reactor() if hasattr(select, "epoll") else LoopReactor()
    return _REACTORS[loop]
