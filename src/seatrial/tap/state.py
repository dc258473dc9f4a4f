"""The state that the two planes of a tap share, on one event loop: nothing is locked."""

import asyncio
import time
from collections.abc import Callable, Iterable

from seatrial.tap.barrier import Barrier, BarrierOrder
from seatrial.tap.flow import FlowProtocol
from seatrial.tap.interception import Interceptor
from seatrial.tap.journal import RequestJournal
from seatrial.tap.plan import Plan, Rule
from seatrial.tap.provider import ProviderAddress
from seatrial.tap.recording import Recorder
from seatrial.tap.replay_store import ReplayStore

HEAD_S = 60.0
"""The time that a head may take from its first byte to its last, as in nginx."""


class Tap:
    """One tap before one provider.

    Args:
        provider: where requests go.
        journal_limit: how many entries are kept.
        headers: names of headers to write down.
        redact: names of headers whose value is never written down.
        clock: `time.monotonic`, or a test's own.
        head_timeout_s: the time that a consumer's head may take.
    """

    def __init__(
        self,
        provider: ProviderAddress,
        *,
        journal_limit: int = 100_000,
        headers: Iterable[str] = (),
        redact: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
        head_timeout_s: float = HEAD_S,
    ) -> None:
        self.provider = provider
        self.clock = clock
        self.head_timeout_s = head_timeout_s
        self.journal = RequestJournal(clock, journal_limit, headers, redact)
        self.plan = Plan((), clock())
        self.replay_store = ReplayStore()
        self.recorder = Recorder()
        self.interceptor: Interceptor | None = None
        """Decides in code about each request; None: the plan alone does."""
        self._barrier: Barrier | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._accepted = 0
        self._open: set[FlowProtocol] = set()

    def connected(self, connection: FlowProtocol) -> int:
        """Count a consumer's connection in; return its number, from 1."""
        self._accepted += 1
        self._open.add(connection)
        return self._accepted

    def disconnected(self, connection: FlowProtocol) -> None:
        """Count a consumer's connection out."""
        self._open.discard(connection)

    def disconnect_all(self) -> None:
        """End every connection of a consumer."""
        for connection in tuple(self._open):
            connection.transport.abort()

    def set_plan(self, rules: tuple[Rule, ...]) -> None:
        """Put a plan in force, in place of the one before; its rules that go on are kept."""
        self.plan = Plan(rules, self.clock(), self.plan)

    def set_barrier(self, order: BarrierOrder) -> Barrier:
        """Hold what comes from now on; an earlier barrier is released."""
        self.release()
        barrier = self._barrier = Barrier(order, self.clock)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(order.timeout_s, barrier.release, "timed out")
        return barrier

    @property
    def barrier(self) -> Barrier | None:
        """The last barrier that was set, also when it has ended."""
        return self._barrier

    def release(self) -> int:
        """Let all go that is held; return their number."""
        if self._timer is not None:
            self._timer.cancel()
        return self._barrier.release() if self._barrier is not None else 0
