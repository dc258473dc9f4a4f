"""A tap in the loop that runs, as a simulation has it, and its control without a port."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from seatrial.tap.barrier import BarrierOrder, BarrierPlace, BarrierState
from seatrial.tap.client import TapClient
from seatrial.tap.consumer import ConsumerConnection
from seatrial.tap.interception import Interceptor
from seatrial.tap.journal import JournalPage
from seatrial.tap.plan import Match, PlanState, Rule
from seatrial.tap.provider import ProviderAddress
from seatrial.tap.recording import Recordings
from seatrial.tap.state import Tap


class LoopTap(TapClient):
    """Controls a tap of this process, as `TapClient` does one of another."""

    def __init__(self, tap: Tap, name: str, port: int) -> None:
        """Take the tap, its name for messages, and the port at which it listens."""
        self.control_url = name
        self.port = port
        self._tap = tap

    def lead_to(self, provider: str) -> None:
        """Let requests from now on go to the provider at this URL."""
        self._tap.provider = ProviderAddress.of(provider)

    def intercept(self, interceptor: Interceptor | None) -> None:
        """Let code decide about each request from now on; None: the plan alone does again."""
        self._tap.interceptor = interceptor

    async def aclose(self) -> None:
        """Nothing is open."""

    async def page(self, since: int = 0) -> JournalPage:
        """Return the journal after an id, with its counts and the id to go on from."""
        return self._tap.journal.page(since)

    async def clear_journal(self) -> None:
        """Forget all entries; ids go on."""
        self._tap.journal.clear()

    async def recordings(self) -> Recordings:
        """Return the exchanges that the action `Record` kept."""
        return self._tap.recorder.recordings()

    async def clear_recordings(self) -> None:
        """Forget them."""
        self._tap.recorder.clear()

    async def plan(self, *rules: Rule) -> None:
        """Put these rules in force, in place of those before; one with the same id goes on."""
        self._tap.set_plan(rules)

    async def plan_state(self) -> PlanState:
        """Return the rules in force, and how often each matched and was applied."""
        return self._tap.plan.state(self._tap.clock())

    async def clear(self) -> None:
        """Take out all rules and the barrier; the journal stays."""
        self._tap.set_plan(())
        self._tap.release()

    async def set_barrier(
        self,
        match: Match | None = None,
        *,
        until: int | None = None,
        place: BarrierPlace = "request",
        timeout_s: float = 10.0,
        hold_s: float | None = None,
    ) -> None:
        """Hold requests that match from now on; see `TapClient.set_barrier`."""
        order = BarrierOrder(
            match=match or Match(), until=until, place=place, timeout_s=timeout_s, hold_s=hold_s
        )
        self._tap.set_barrier(order)

    async def barrier(self, at_least: int | None = None, timeout_s: float = 10.0) -> BarrierState:
        """Return the barrier; with `at_least`, once N wait, it has ended or the time is over."""
        barrier = self._tap.barrier
        if barrier is None:
            return BarrierState(active=False, waiting=0, held=0)
        return await barrier.gathered(at_least, timeout_s) if at_least else barrier.state

    async def release(self) -> int:
        """Let all go that is held, and hold nothing more; return their number."""
        return self._tap.release()


@asynccontextmanager
async def serve_tap(
    provider: str,
    host: str,
    port: int,
    *,
    journal_headers: Sequence[str] = (),
    redact_headers: Sequence[str] = (),
) -> AsyncIterator[LoopTap]:
    """Serve a tap before a provider for the time of a block.

    Args:
        provider: its URL.
        host: where consumers connect.
        port: the port there; 0 is any free one.
        journal_headers: headers to write down, next to trace id and idempotency key.
        redact_headers: headers whose value is never written down.
    """
    tap = Tap(
        ProviderAddress.of(provider),
        headers=journal_headers,
        redact=redact_headers,
        clock=time.monotonic,
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: ConsumerConnection(tap), host, port)
    try:
        yield LoopTap(tap, host, port or server.sockets[0].getsockname()[1])
    finally:
        server.close()
        tap.release()
        tap.disconnect_all()
