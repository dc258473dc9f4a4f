"""What the two planes of a tap share: it all lives on one event loop, so that nothing is locked."""

import asyncio
import time
from collections.abc import Callable, Iterable

from seatrial.tap.flow import FlowProtocol
from seatrial.tap.hold import Hold, HoldOrder
from seatrial.tap.journal import Journal
from seatrial.tap.memory import Memory
from seatrial.tap.plan import Plan, Rule
from seatrial.tap.provider import Address


class Tap:
    """One tap before one provider.

    Args:
        provider: where requests go.
        journal_limit: how many entries are kept.
        headers: names of headers to write down.
        redact: names of headers whose value is never written down.
        clock: `time.monotonic`, or a test's own.
    """

    def __init__(
        self,
        provider: Address,
        *,
        journal_limit: int = 100_000,
        headers: Iterable[str] = (),
        redact: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.provider = provider
        self.clock = clock
        self.journal = Journal(clock, journal_limit, headers, redact)
        self.plan = Plan((), clock())
        self.memory = Memory()
        self._hold: Hold | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._accepted = 0
        self._open: set[FlowProtocol] = set()

    def connected(self, connection: FlowProtocol) -> int:
        """A consumer has connected; says the connection's number, from 1."""
        self._accepted += 1
        self._open.add(connection)
        return self._accepted

    def disconnected(self, connection: FlowProtocol) -> None:
        """A consumer's connection has ended."""
        self._open.discard(connection)

    def disconnect_all(self) -> None:
        """End every connection of a consumer."""
        for connection in tuple(self._open):
            connection.transport.abort()

    def set_plan(self, rules: tuple[Rule, ...]) -> None:
        """Put a plan in force, in place of the one before; its rules that go on are kept."""
        self.plan = Plan(rules, self.clock(), self.plan)

    def set_hold(self, order: HoldOrder) -> Hold:
        """Hold what comes from now on; an earlier hold is released."""
        self.release()
        hold = self._hold = Hold(order)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(order.timeout_s, hold.release, "timed out")
        return hold

    @property
    def hold(self) -> Hold | None:
        """The last hold that was set, also when it has ended."""
        return self._hold

    def release(self) -> int:
        """Let all go that is held; says how many."""
        if self._timer is not None:
            self._timer.cancel()
        return self._hold.release() if self._hold is not None else 0
